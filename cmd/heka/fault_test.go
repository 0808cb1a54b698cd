package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"heka/cmd/heka/demo"
	"heka/lib/oracle"
)

// atOnce is how long something may take that happens at once. What a busy machine
// needs for it says nothing: how fast it is, is measured where faults are wanted.
func atOnce() time.Duration {
	if faults && !raceDetector {
		return time.Second
	}
	return patience
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func appendTo(t *testing.T, path string, data []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
}

// TestReaderLeaves is `| head -1`: the whole line is gone at once, silently and with
// success, also when nothing more comes to be written.
func TestReaderLeaves(t *testing.T) {
	f := func(pipeline string) {
		t.Helper()
		dir := t.TempDir()
		write(t, filepath.Join(dir, "idle.log"), []byte("one\ntwo\nthree\n"))
		l := run(t, dir, pipeline, false)
		l.lines(patience, func([]byte) bool { return false })
		l.out.Close()
		l.wait(atOnce(), 0)
		l.silent()
	}
	f("heka-tail -f --from-start idle.log -o text")
	f("heka-tail -f --from-start idle.log | heka-decode logfmt -o text")
	f("heka-tail -f --from-start idle.log | heka-decode logfmt | heka-filter where TRUE | heka-out -o json -")
	f("heka-tail -f --from-start idle.log | heka-route TRUE | heka-filter set .a=1 -o logfmt")
	f("heka run 'heka-tail -f --from-start idle.log | heka-decode logfmt | heka-out -o text -'")
	f("heka demo nginx --lines 0 | heka-decode nginx | heka-out -o json -")
	f("heka demo nginx --rate 1000 --lines 0 | heka-tail - | heka-decode nginx -o json")
	f("heka-flood --count 0 | heka-filter where TRUE | heka-cat -o json")
}

// scaled is n, or a tenth of it under the race detector, which takes its time.
func scaled(n int) int {
	if raceDetector {
		return n / 10
	}
	return n
}

// numLines is how many lines go through a pipeline in one test.
var numLines = scaled(200_000)

// TestSlowSink checks that all lines reach a slow reader.
func TestSlowSink(t *testing.T) {
	f := func(pipeline string) {
		t.Helper()
		s := newScene(t)
		write(t, s.path("f"), s.lines(numLines))
		l := run(t, s.dir, pipeline, false)
		pause := time.NewTicker(time.Millisecond)
		defer pause.Stop()
		l.lines(patience, func(line []byte) bool {
			if s.check.Lines()%1000 == 0 {
				<-pause.C
			}
			s.check.Line(line)
			return true
		})
		l.wait(patience, 0)
		l.silent()
		s.well(oracle.Allow{})
	}
	f("heka-tail f | heka-filter where TRUE | heka-out -o text -")
	f("heka run 'heka-tail f | heka-filter where TRUE | heka-out -o text -'")
}

// TestStopped checks that a signal in the middle ends a pipeline cleanly: what came
// out is a prefix of what went in, of whole lines.
func TestStopped(t *testing.T) {
	const much = 150_000 // lines: more than pipes and batches on the way hold
	f := func(pipeline string, sig syscall.Signal) {
		t.Helper()
		s := newScene(t)
		write(t, s.path("f"), s.lines(much))
		l := run(t, s.dir, pipeline, false)
		l.lines(patience, func(line []byte) bool {
			s.check.Line(line)
			if s.check.Lines() == 1000 {
				l.signal(sig)
			}
			return true
		})
		l.wait(patience, 0)
		l.silent()
		n := s.check.Lines()
		if n < 1000 || n == much {
			t.Errorf("%s: %d lines came out, want some of %d", pipeline, n, much)
		}
		s.ledger.Lost(1, n, much-1)
		s.well(oracle.Allow{})
	}
	f("heka-tail f | heka-filter where TRUE | heka-out -o text -", syscall.SIGTERM)
	f("heka-tail f | heka-filter where TRUE | heka-out -o text -", syscall.SIGINT)
	f("heka-filter where TRUE -o text < f", syscall.SIGTERM)
	f("heka-route TRUE f | heka-out -o text -", syscall.SIGTERM)
	f("heka run 'heka-tail f | heka-filter where TRUE | heka-out -o text -'", syscall.SIGTERM)
}

// ready waits until the program has asked for its signals: before, they end it.
func (p *process) ready(t *testing.T, said string) {
	t.Helper()
	poll(t, patience, fmt.Sprintf("%s says %q", p.cmd.Args, said), func() bool {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		var caught uint64
		if _, rest, ok := strings.Cut(string(b), "SigCgt:"); ok {
			fmt.Sscanf(strings.TrimSpace(rest), "%x", &caught)
		}
		if caught&(1<<(syscall.SIGUSR1-1)) == 0 {
			return false
		}
		p.cmd.Process.Signal(syscall.SIGUSR1)
		return strings.Contains(p.stderr.String(), said)
	})
}

// TestInterruptShowsCounts is ^C of a pipeline that follows a file: the counts come
// out, and all end well. Before, USR1 asks what went through.
func TestInterruptShowsCounts(t *testing.T) {
	const lines = 300
	f := func(pipeline string) {
		t.Helper()
		dir := t.TempDir()
		var log []byte
		m := demo.New("nginx", 1, time.Unix(1e9, 0), false)
		for range lines {
			log = m.AppendLine(log)
		}
		write(t, filepath.Join(dir, "f"), log)
		l := run(t, dir, pipeline, false)
		for _, p := range l.procs {
			p.ready(t, fmt.Sprintf(" %d (", lines))
		}
		l.signal(syscall.SIGINT)
		total := 0
		l.lines(patience, func(line []byte) bool {
			var status, count int
			fmt.Sscanf(string(line), "status=%d count=%d", &status, &count)
			total += count
			return true
		})
		l.wait(patience, 0)
		if total != lines {
			t.Errorf("%s: counted %d, want %d", pipeline, total, lines)
		}
	}
	f("heka-tail -f --from-start f | heka-decode nginx | heka-filter count by .status -o logfmt --flat")
	f("heka run 'heka-tail -f --from-start f | heka-decode nginx | heka-filter count by .status -o logfmt --flat'")
}

// blocked starts a pipeline whose reader takes nothing, and returns when it is full.
func blocked(t *testing.T, pipeline string) *line {
	t.Helper()
	s := newScene(t)
	write(t, s.path("f"), s.lines(20_000))
	l := run(t, s.dir, pipeline, false)
	last, same := 0, 0
	poll(t, patience, "the pipe is full", func() bool {
		n, err := unix.IoctlGetInt(int(l.out.Fd()), unix.TIOCINQ)
		if err != nil {
			t.Fatal(err)
		}
		if same++; n != last || n == 0 {
			last, same = n, 0
		}
		return same > 20
	})
	return l
}

// TestSecondSignal checks that a pipeline whose reader is stuck waits after one
// signal, and ends at once after two, saying that there is more to do.
func TestSecondSignal(t *testing.T) {
	l := blocked(t, "heka-tail f | heka-filter where TRUE -o text")
	last := l.procs[1]
	l.signal(syscall.SIGINT)
	last.ready(t, "heka-filter: in")
	select {
	case <-last.done:
		t.Fatal("ended after one signal, with lines undelivered")
	default:
	}
	l.signal(syscall.SIGINT)
	l.wait(atOnce(), 0, 75)
	if code := last.cmd.ProcessState.ExitCode(); code != 75 {
		t.Errorf("status %d, want 75", code)
	}
}

// TestGrace checks that a stuck pipeline ends when its grace is over.
func TestGrace(t *testing.T) {
	l := blocked(t, "heka-tail f --grace 100ms | heka-filter where TRUE -o text --grace 100ms")
	l.signal(syscall.SIGTERM)
	l.wait(patience, 0, 75)
	if code := l.procs[1].cmd.ProcessState.ExitCode(); code != 75 {
		t.Errorf("status %d, want 75", code)
	}
}

// TestPartialLine checks what becomes of a line that is not complete when its file
// is rotated away.
func TestPartialLine(t *testing.T) {
	f := func(rest string, want ...string) {
		t.Helper()
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		write(t, path, []byte("first\nstale-prefix"))
		l := run(t, dir, "heka-tail -f --from-start f -o template --template '%{Payload} %{partial}'", false)
		var got []string
		more := func(n int) func([]byte) bool {
			return func(line []byte) bool {
				got = append(got, strings.TrimSpace(string(line)))
				return len(got) < n
			}
		}
		l.lines(patience, more(1))
		old, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		write(t, path, []byte("fresh\n"))
		if _, err := old.WriteString(rest); err != nil {
			t.Fatal(err)
		}
		l.lines(patience, more(len(want)))
		l.signal(syscall.SIGTERM)
		l.lines(patience, more(100))
		l.wait(patience, 0)
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(" and rest\n", "first", "stale-prefix and rest", "fresh")
	f("", "first", "stale-prefix true", "fresh")
}
