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

// reap waits for p and kills its group.
func reap(p *os.Process) *os.ProcessState {
	state, _ := p.Wait()
	syscall.Kill(-p.Pid, syscall.SIGKILL)
	return state
}

// socketPair returns two connected sockets that programs do not inherit.
func socketPair() ([2]int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	return fds, err
}

// inPipe can't tell how many bytes of the pipe nobody has read yet.
func inPipe(uintptr) (n int, ok bool) { return 0, false }
