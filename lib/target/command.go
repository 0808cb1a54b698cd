package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// command is a command that sh runs with the records as its standard input. It
// has a process group of its own, so that an interrupt from the terminal ends the
// program before it and not what is on its way through it. Its standard error is
// ours.
type command struct {
	text string
	opt  Options
	cmd  *exec.Cmd
	in   *os.File
}

func (c *command) String() string              { return "|" + c.text }
func (c *command) Flush(context.Context) error { return nil }
func (c *command) Holds() bool                 { return false }

func (c *command) start() error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("command %q: %w", c.text, err)
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", c.text)
	cmd.Stdin, cmd.Stderr = r, os.Stderr
	if c.opt.Stdout != nil {
		cmd.Stdout = c.opt.Stdout()
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return fmt.Errorf("command %q: %w", c.text, err)
	}
	c.cmd, c.in = cmd, w
	return nil
}

func (c *command) Write(ctx context.Context, p []byte) error {
	if c.cmd == nil {
		if err := c.start(); err != nil {
			return err
		}
	}
	err := writeCtx(ctx, c.in, p)
	if err == nil || err == ctx.Err() {
		return err
	}
	if errors.Is(err, unix.EPIPE) {
		if err := c.Close(ctx); err != nil {
			return err
		}
		return fmt.Errorf("command %q: it ended before its input did", c.text)
	}
	return fmt.Errorf("command %q: %w", c.text, err)
}

// Close ends the input of the command and waits for it. When ctx ends, the
// command is killed, with all of its process group.
func (c *command) Close(ctx context.Context) error {
	if c.cmd == nil {
		return nil
	}
	c.in.Close()
	pid := c.cmd.Process.Pid
	stop := context.AfterFunc(ctx, func() { unix.Kill(-pid, unix.SIGKILL) })
	err := c.cmd.Wait()
	stop()
	c.cmd = nil
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("command %q: %w", c.text, err)
	}
	return nil
}
