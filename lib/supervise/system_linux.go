package supervise

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxrssUnit is what getrusage counts memory in, in bytes.
const maxrssUnit = 1 << 10

// attributes returns those of a process in a group of its own; one that is to die with us
// is killed by the kernel.
func attributes(dies bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if dies {
		a.Pdeathsig = syscall.SIGKILL
	}
	return a
}

// memoryFile returns a file in memory with the content p.
func memoryFile(p []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("setup", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("file in memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "setup")
	if _, err := f.Write(p); err != nil {
		f.Close()
		return nil, fmt.Errorf("file in memory: %w", err)
	}
	return f, nil
}

// awaitExit returns when child pid has ended, and leaves it to be waited for: until then
// no other process has its id.
func awaitExit(pid int) {
	for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}
