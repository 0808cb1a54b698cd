package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"heka/lib/oneliner"
)

// line is a pipeline of real processes in a process group of its own, which the
// end of the test ends.
type line struct {
	t     *testing.T
	procs []*process
	in    *os.File // what the first reads, if it was to be given something
	out   *os.File // what the last writes
}

// process is one command of a line.
type process struct {
	cmd    *exec.Cmd
	stderr text
	peak   atomic.Int64 // VmHWM in bytes, as seen last
	done   chan struct{}
}

// text is a buffer that one goroutine writes and others look at.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// run starts the commands in dir. With feed, the first reads what the test writes to
// in, else nothing.
func run(t *testing.T, dir, pipeline string, feed bool) *line {
	t.Helper()
	calls, err := oneliner.Parse(pipeline)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{t: t}
	t.Cleanup(l.end)
	var stdin *os.File
	if feed {
		stdin, l.in = newPipe(t)
	}
	for _, c := range calls {
		if c.In != "" {
			if stdin, err = os.Open(filepath.Join(dir, c.In)); err != nil {
				t.Fatal(err)
			}
		}
		r, w := newPipe(t)
		l.start(dir, c.Words, stdin, w)
		w.Close()
		if stdin != nil {
			stdin.Close()
		}
		stdin = r
	}
	l.out = stdin
	for _, p := range l.procs { // none is waited for before all are in the group
		go p.watch()
	}
	return l
}

// noRaceSleep lets programs with the race detector in them end without the second
// that it waits for goroutines.
const noRaceSleep = "atexit_sleep_ms=0" // of GORACE, in the environment

func newPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func (l *line) start(dir string, words []string, stdin, stdout *os.File) {
	l.t.Helper()
	p := &process{done: make(chan struct{})}
	p.cmd = exec.Command(filepath.Join(bin, words[0]), words[1:]...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "HEKA_HOSTNAME=host.example", "TZ=UTC", "NO_COLOR=1")
	p.cmd.Stdout, p.cmd.Stderr = stdout, &p.stderr
	if stdin != nil {
		p.cmd.Stdin = stdin
	}
	group := 0
	if len(l.procs) > 0 {
		group = l.procs[0].cmd.Process.Pid
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group}
	if err := p.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.procs = append(l.procs, p)
}

// watch follows how much memory the process takes, until it ends.
func (p *process) watch() {
	ended := make(chan struct{})
	go func() {
		p.cmd.Wait()
		close(ended)
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if n := p.status("VmHWM"); n > 0 {
				p.peak.Store(n << 10)
			}
		case <-ended:
			close(p.done)
			return
		}
	}
}

// status returns a number of /proc/PID/status; 0 if it is not there.
func (p *process) status(name string) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(b), name+":")
	if !ok {
		return 0
	}
	var n int64
	fmt.Sscan(rest, &n)
	return n
}

// end kills what is left of the line.
func (l *line) end() {
	for _, p := range l.procs {
		select {
		case <-p.done:
		default:
			p.cmd.Process.Kill()
		}
	}
	l.out.Close()
	if l.in != nil {
		l.in.Close()
	}
	for _, p := range l.procs {
		<-p.done
	}
}

// signal sends sig to all processes, as a terminal does.
func (l *line) signal(sig syscall.Signal) {
	l.t.Helper()
	if err := syscall.Kill(-l.procs[0].cmd.Process.Pid, sig); err != nil {
		l.t.Fatal(err)
	}
}

// wait waits until all processes have ended, and checks that each has ended with
// one of the statuses wanted.
func (l *line) wait(within time.Duration, want ...int) {
	l.t.Helper()
	deadline := time.After(within)
	for _, p := range l.procs {
		select {
		case <-p.done:
		case <-deadline:
			l.t.Fatalf("%s: not ended after %v; stderr: %s", p.cmd.Args, within, p.stderr.String())
		}
		code, ok := p.cmd.ProcessState.ExitCode(), false
		for _, w := range want {
			ok = ok || code == w
		}
		if !ok {
			l.t.Errorf("%s: %v, want status %v; stderr: %s", p.cmd.Args, p.cmd.ProcessState, want,
				p.stderr.String())
		}
	}
}

// silent checks that nobody has said anything.
func (l *line) silent() {
	l.t.Helper()
	for _, p := range l.procs {
		if s := p.stderr.String(); s != "" {
			l.t.Errorf("%s: stderr: %s", p.cmd.Args, s)
		}
	}
}

// small checks that no process has taken more memory than limit bytes, as far as it was
// seen: one may have ended before it was looked at. The race detector's own is not to be
// told from the program's.
func (l *line) small(limit int64) {
	l.t.Helper()
	for _, p := range l.procs {
		peak := p.peak.Load()
		l.t.Logf("%s: at most %.1f MiB", p.cmd.Args, float64(peak)/(1<<20))
		if !raceDetector && peak > limit {
			l.t.Errorf("%s: %d bytes of memory, want at most %d", p.cmd.Args, peak, limit)
		}
	}
}

// feed gives data to the first process, waits until it has been read and the memory
// of all been looked at, and ends the input.
func (l *line) feed(data []byte) {
	l.t.Helper()
	l.in.SetWriteDeadline(time.Now().Add(patience))
	if _, err := l.in.Write(data); err != nil {
		l.t.Fatal(err)
	}
	poll(l.t, patience, "what is fed is read", func() bool {
		n, err := unix.IoctlGetInt(int(l.in.Fd()), unix.TIOCINQ)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, p := range l.procs {
			if p.peak.Load() == 0 {
				return false
			}
		}
		return n == 0
	})
	l.in.Close()
}

// lines calls f with each line that comes out, until f returns false or the end.
func (l *line) lines(within time.Duration, f func(line []byte) bool) {
	l.t.Helper()
	l.out.SetReadDeadline(time.Now().Add(within))
	s := bufio.NewScanner(l.out)
	s.Buffer(nil, 256<<20)
	for s.Scan() {
		if !f(s.Bytes()) {
			return
		}
	}
	if err := s.Err(); err != nil && !errors.Is(err, os.ErrClosed) {
		l.t.Fatalf("read what comes out: %v; stderr of the last: %s", err,
			l.procs[len(l.procs)-1].stderr.String())
	}
}

// poll calls f until it returns true.
func poll(t *testing.T, within time.Duration, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(within); !f(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}
