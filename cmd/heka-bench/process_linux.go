package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// process is a program that runs while files are written, and whose output is read:
// what counts there is when a mark comes, which is a line that appendMark made.
type process struct {
	cmd     *exec.Cmd
	began   time.Time
	drained chan struct{}
	news    chan struct{} // has a value when a mark came

	mu    sync.Mutex
	bytes int64             // of output
	first time.Time         // when the first of it came
	marks map[int]time.Time // when they came first
}

const markLen = len("mark=00000000;")

// appendMark appends a line that process finds again in the output.
func appendMark(b []byte, n int) []byte {
	return fmt.Appendf(b, "2026-11-22T10:00:00Z web-1 app[4711]: mark=%08d; a request was served\n", n)
}

// launch starts a program.
func launch(bin, name string, args ...string) (*process, error) {
	p := &process{
		cmd: command(bin, name, args...), drained: make(chan struct{}),
		news: make(chan struct{}, 1), marks: map[int]time.Time{},
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	p.cmd.Stdout = w
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		r.Close()
		return nil, err
	}
	go func() {
		defer close(p.drained)
		defer r.Close()
		p.drain(r)
	}()
	return p, nil
}

// drain reads the output to its end.
func (p *process) drain(r io.Reader) {
	buf := make([]byte, markLen+256<<10)
	kept := 0 // bytes at the start that were looked at before
	for {
		n, err := r.Read(buf[kept:])
		if n > 0 {
			p.note(buf[:kept+n], n)
			kept = copy(buf, buf[max(0, kept+n-markLen+1):kept+n])
		}
		if err != nil {
			return
		}
	}
}

// note notes the marks in b, the last n bytes of which are new.
func (p *process) note(b []byte, n int) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bytes == 0 {
		p.first = now
	}
	p.bytes += int64(n)
	for {
		i := bytes.Index(b, []byte("mark="))
		if i < 0 || len(b) < i+markLen {
			return
		}
		number, err := strconv.Atoi(string(b[i+5 : i+13]))
		if _, had := p.marks[number]; err == nil && !had {
			p.marks[number] = now
			select {
			case p.news <- struct{}{}:
			default:
			}
		}
		b = b[i+markLen:]
	}
}

// at returns when mark n came, and whether it has.
func (p *process) at(n int) (t time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok = p.marks[n]
	return t, ok
}

// errLate says that a line did not come.
var errLate = errors.New("a line did not come in time")

// await waits for mark n and returns when it came.
func (p *process) await(n int, limit time.Duration) (time.Time, error) {
	over := time.NewTimer(limit)
	defer over.Stop()
	for {
		if t, ok := p.at(n); ok {
			return t, nil
		}
		select {
		case <-p.news:
		case <-p.drained:
			return time.Time{}, fmt.Errorf("%s has ended", p.cmd.Args[0])
		case <-over.C:
			return time.Time{}, fmt.Errorf("%s, %v: %w", p.cmd.Args[0], limit, errLate)
		}
	}
}

// patience is how long a first line may take.
const patience = time.Minute

// reach appends marks to f until one comes.
func (p *process) reach(f *os.File) error {
	const mark, often = 99999999, 50 * time.Millisecond
	for range int(patience / often) {
		if _, err := f.Write(appendMark(nil, mark)); err != nil {
			return err
		}
		if _, err := p.await(mark, often); err == nil {
			return nil
		}
	}
	_, err := p.await(mark, often)
	return err
}

// output returns how many bytes have come, and when the first did.
func (p *process) output() (int64, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes, p.first
}

// cpu returns the time that the process has run.
func (p *process) cpu() (time.Duration, error) {
	const sched = 2 // CPUCLOCK_SCHED: all threads, those that have ended too
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^p.cmd.Process.Pid<<3|sched), &t); err != nil {
		return 0, fmt.Errorf("clock of a process: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

// peak returns the resident bytes that the process has had at most. What wait4 says
// may be those of the parent before exec.
func (p *process) peak() (int64, error) { return p.status("VmHWM:") }

// resident returns the resident bytes of the process.
func (p *process) resident() (int64, error) { return p.status("VmRSS:") }

func (p *process) status(key string) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, s, _ := strings.Cut(string(b), key)
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	n, err := strconv.ParseInt(s, 10, 64)
	return n << 10, err
}

// spent returns the CPU seconds and the resident bytes so far.
func (p *process) spent() (cpu float64, peak int64, err error) {
	d, err := p.cpu()
	if err != nil {
		return 0, 0, err
	}
	peak, err = p.peak()
	return d.Seconds(), peak, err
}

// end sends the process a signal and waits for it.
func (p *process) end(sig os.Signal) {
	p.cmd.Process.Signal(sig)
	<-p.drained
	p.cmd.Wait() // it ends as the signal makes it
}
