//go:build !linux

package prog

import "os"

// widen does nothing here: the system sizes its pipes by itself.
func widen(*os.File) {}
