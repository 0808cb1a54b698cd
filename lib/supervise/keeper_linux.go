package supervise

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// keep is a keeper's work, and its exit status.
func keep(limits, path string, argv []string) int {
	say := os.NewFile(keeperFd, "lifeline")
	unix.CloseOnExec(keeperFd)
	var l Limits
	err := json.Unmarshal([]byte(limits), &l)
	if err == nil {
		err = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	}
	pid := 0
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	if err == nil {
		pid, err = startCommand(&l, path, argv)
	}
	if err != nil {
		json.NewEncoder(say).Encode(ending{Status: 127 << 8, Error: err.Error()})
		fmt.Fprintln(os.Stderr, err)
		return 127
	}
	silence()
	ended := make(chan syscall.WaitStatus)
	go func() { ended <- waitFor(pid) }()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for {
			if n, err := say.Read(make([]byte, 1)); n == 0 && err != nil {
				return
			}
		}
	}()
	for {
		select {
		case <-signals:
			unix.Kill(-pid, unix.SIGTERM)
		case <-closed:
			closed = nil
			killAll(pid)
		case ws := <-ended:
			killAll(pid)
			json.NewEncoder(say).Encode(ending{Status: int(ws)})
			if ws.Exited() {
				return ws.ExitStatus()
			}
			return 128 + int(ws.Signal())
		}
	}
}

// startCommand starts the command in a group of its own, which the kernel kills when the
// keeper dies: its thread stays.
func startCommand(l *Limits, path string, argv []string) (pid int, err error) {
	runtime.LockOSThread()
	pid, err = syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2},
		Sys: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	if err := l.rlimits(pid, false); err != nil {
		killAll(pid)
		return 0, err
	}
	return pid, nil
}

// silence lets go of the ends that are the command's alone.
func silence() {
	if fd, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0); err == nil {
		unix.Dup3(fd, 0, 0)
		unix.Dup3(fd, 1, 0)
	}
}

// waitFor waits for all that is ours to wait for until pid has ended.
func waitFor(pid int) syscall.WaitStatus {
	for {
		var ws syscall.WaitStatus
		id, err := syscall.Wait4(-1, &ws, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 127 << 8
		case id == pid:
			return ws
		}
	}
}

// killAll kills what descends from the keeper, until nothing does but what the kernel
// does not let go of.
func killAll(pid int) {
	unix.Kill(-pid, unix.SIGKILL)
	for range 1000 {
		left := tree(os.Getpid())[1:]
		if len(left) == 0 {
			return
		}
		for _, id := range left {
			unix.Kill(id, unix.SIGKILL)
		}
		for {
			var ws syscall.WaitStatus
			if id, err := syscall.Wait4(-1, &ws, syscall.WNOHANG, nil); err != nil || id == 0 {
				break
			}
		}
		unix.Poll(nil, 5) // they are ending
	}
}
