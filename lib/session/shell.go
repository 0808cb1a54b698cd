package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// MaxOutput is how much a command may write to stdout, and to stderr, in bytes.
const MaxOutput = 16 << 20

// lag is how long a command that has ended may leave its output open, to processes
// that it started.
const lag = time.Second

// Shell runs commands in a folder. It may be used by several goroutines at once.
type Shell struct {
	Dir     string
	Env     []string
	Timeout time.Duration // for each command
	Merged  bool          // stderr goes where stdout goes: into Result.Out
}

// Run runs a program, "sh", "-c", LINE say, in a process group of its own, and waits
// for it; stdin is empty. It is looked for on the PATH of this process. After the
// timeout, or at the end of ctx, the group is killed. What stands between two runs of
// one command, such as uuids, is not taken out: Plain does that.
func (s *Shell) Run(ctx context.Context, words ...string) Result {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Dir, c.Env = s.Dir, s.Env
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = lag
	out, errs := &bounded{}, &bounded{}
	c.Stdout, c.Stderr = out, errs
	if s.Merged {
		c.Stderr = out
	}
	err := c.Run()
	r := Result{Out: out.buf.String(), Err: errs.buf.String()}
	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		r.Failure = fmt.Errorf("%w: not done after %v", errLate, s.Timeout)
	case ctx.Err() != nil:
		r.Failure = ctx.Err()
	case out.full || errs.full:
		r.Failure = fmt.Errorf("it wrote more than %d MiB", MaxOutput>>20)
	case errors.Is(err, exec.ErrWaitDelay):
		// Someone of the group holds the output, so that its number is not given anew.
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		r.Failure = errors.New("it ended, and left behind processes that can still write")
	case err != nil && !errors.As(err, &exit):
		r.Failure = err
	}
	r.Status = status(c)
	return r
}

// status returns the exit status of a command that was waited for.
func status(c *exec.Cmd) int {
	if c.ProcessState == nil {
		return -1
	}
	if w, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return c.ProcessState.ExitCode()
}

// errLate is the failure of a command that did not end in time.
var errLate = errors.New("it takes too long")

// errFull ends the copying of what a command writes.
var errFull = errors.New("too much output")

// bounded takes MaxOutput bytes.
type bounded struct {
	buf  bytes.Buffer
	full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.full = b.full || b.buf.Len()+len(p) > MaxOutput; b.full {
		return 0, errFull
	}
	return b.buf.Write(p)
}

// Quote returns s as one word of a shell.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
