//go:build !linux

package daemon

import "runtime"

// resident returns the bytes of memory that this process has from the system.
func resident() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
