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

// reap waits for p and kills its group before its id can be another's.
func reap(p *os.Process) *os.ProcessState {
	for unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	unix.Kill(-p.Pid, unix.SIGKILL)
	state, _ := p.Wait()
	return state
}

// socketPair returns two connected sockets that programs do not inherit.
func socketPair() ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

// inPipe returns how many bytes of the pipe nobody has read yet.
func inPipe(fd uintptr) (n int, ok bool) {
	n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
	return n, err == nil
}
