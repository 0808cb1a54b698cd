//go:build !linux

package supervise

import (
	"fmt"
	"os"
	"syscall"
)

const maxrssUnit = 1

// attributes returns those of a process in a group of its own. Here nothing kills it when
// we die: one of ours sees its socket close.
func attributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// memoryFile returns a file without a name with the content p.
func memoryFile(p []byte) (*os.File, error) {
	f, err := os.CreateTemp("", "setup")
	if err != nil {
		return nil, fmt.Errorf("file without a name: %w", err)
	}
	os.Remove(f.Name())
	if _, err := f.Write(p); err != nil {
		f.Close()
		return nil, fmt.Errorf("file without a name: %w", err)
	}
	return f, nil
}

// awaitExit would wait for the end of child pid without taking it: not here.
func awaitExit(int) {}
