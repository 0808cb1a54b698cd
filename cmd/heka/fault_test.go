package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"heka/cmd/heka/demo"
	"heka/lib/msg"
)

// soon is what counts as at once; more on a busy machine under the race detector.
const soon = time.Second

func atOnce() time.Duration {
	if raceDetector {
		return 4 * soon
	}
	return soon
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
		dir := t.TempDir()
		write(t, filepath.Join(dir, "f"), newWriter(t, 1).lines(numLines))
		l := run(t, dir, pipeline, false)
		c := newChecker(t)
		pause := time.NewTicker(time.Millisecond)
		defer pause.Stop()
		l.lines(patience, func(line []byte) bool {
			if c.next[1]%1000 == 0 {
				<-pause.C
			}
			return c.check(line)
		})
		l.wait(patience, 0)
		l.silent()
		if c.next[1] != numLines {
			t.Errorf("%s: %d lines came out, want %d", pipeline, c.next[1], numLines)
		}
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
		dir := t.TempDir()
		write(t, filepath.Join(dir, "f"), newWriter(t, 1).lines(much))
		l := run(t, dir, pipeline, false)
		c := newChecker(t)
		l.lines(patience, func(line []byte) bool {
			if c.next[1] == 1000 {
				l.signal(sig)
			}
			return c.check(line)
		})
		l.wait(patience, 0)
		l.silent()
		if n := c.next[1]; n < 1000 || n == much {
			t.Errorf("%s: %d lines came out, want some of %d", pipeline, n, much)
		}
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
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), newWriter(t, 1).lines(20_000))
	l := run(t, dir, pipeline, false)
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
	l.wait(5*time.Second, 0, 75)
	if code := l.procs[1].cmd.ProcessState.ExitCode(); code != 75 {
		t.Errorf("status %d, want 75", code)
	}
}

// TestTruncated checks that a file that is emptied, and longer than before when it
// is looked at again, is read from its start, once.
func TestTruncated(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	old, fresh := newWriter(t, 1), newWriter(t, 2)
	write(t, path, old.lines(100))
	l := run(t, dir, "heka-tail -f --from-start f -o text", false)
	c := newChecker(t)
	l.lines(patience, func(line []byte) bool { return c.check(line) && c.next[1] < 100 })
	write(t, path, fresh.lines(400)) // truncates, and is longer at once
	l.lines(patience, func(line []byte) bool { return c.check(line) && c.next[2] < 400 })
	appendTo(t, path, fresh.lines(1))
	l.lines(5*time.Second, func(line []byte) bool { return c.check(line) && c.next[2] < 401 })
	l.signal(syscall.SIGTERM)
	l.lines(patience, c.check)
	l.wait(patience, 0)
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

// mega is a MiB.
const mega = 1 << 20

// TestHostileText checks that no content of a file makes a program grow, stop, or
// lose what stands behind it.
func TestHostileText(t *testing.T) {
	long, blank := scaled(100*mega), scaled(1_000_000)
	dir := t.TempDir()
	w := newWriter(t, 1)
	log := w.lines(1000)
	log = append(log, bytes.Repeat([]byte("x"), long)...)
	log = append(append(log, '\n'), w.lines(10)...)
	log = append(log, "\xff\xfea\x00b\x00\r\x00\n\x00\x1b]0;title\x07\n"...)
	log = append(log, bytes.Repeat([]byte{0}, 3*mega)...)
	log = append(append(log, '\n'), bytes.Repeat([]byte("\n"), blank)...)
	log = append(log, w.lines(10)...)
	write(t, filepath.Join(dir, "f"), log)
	l := run(t, dir, "heka-tail f | heka-filter where TRUE | heka-out -o template --template '%{truncated_bytes}/%{Payload}' -", false)
	c := newChecker(t)
	empty, cut := 0, ""
	l.lines(patience, func(line []byte) bool {
		missing, payload, _ := bytes.Cut(line, []byte("/"))
		switch {
		case len(missing) > 0:
			cut += fmt.Sprintf("%s+%d ", missing, len(payload))
		case len(payload) == 0:
			empty++
		case bytes.HasPrefix(payload, []byte("src=")):
			return c.check(payload)
		}
		return true
	})
	l.wait(patience, 0)
	l.silent()
	if want := fmt.Sprintf("%d+%d %d+%d ", long-mega, mega, 3*mega-mega, mega); cut != want {
		t.Errorf("cut lines %q, want %q", cut, want)
	}
	if empty != blank || c.next[1] != 1020 {
		t.Errorf("%d empty lines and %d others came out", empty, c.next[1])
	}
	l.small(64*mega + 4*mega)
}

// TestMemory sends more through a pipeline than it may hold.
func TestMemory(t *testing.T) {
	if raceDetector || testing.Short() {
		t.Skip("300 MB take their time")
	}
	f := func(pipeline string) {
		t.Helper()
		l := run(t, t.TempDir(), pipeline, false)
		l.lines(patience, func([]byte) bool { return true })
		l.wait(patience, 0)
		l.silent()
		l.small(64 * mega)
	}
	f("heka demo nginx --bytes 300000000 | heka-tail - | heka-decode nginx | heka-out -o json /dev/null")
}

// TestHostileRecords checks that lengths that lie and bodies that would unpack to
// more than memory holds cost nothing, and that what stands around them comes through.
func TestHostileRecords(t *testing.T) {
	const around = 2000
	var b msg.Builder
	good := func(dst []byte, n int) []byte {
		for range n {
			b.Reset()
			b.Payload = []byte("good")
			b.Uuid[0]++
			dst = b.Append(dst)
		}
		return dst
	}
	record := func(length uint32, body string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{msg.Sep, 'M', 0, msg.Version}, length), body...)
	}
	of := func(body string) []byte { return record(uint32(len(body)), body) }
	f := func(name string, junk []byte) {
		t.Helper()
		stream := good(append(good(nil, around), junk...), around)
		l := run(t, t.TempDir(), "heka-route TRUE | heka-decode json | heka-cat -o text", true)
		l.feed(stream)
		n := 0
		l.lines(patience, func(line []byte) bool { n++; return string(line) == "good" })
		l.wait(patience, 0)
		if n != 2*around {
			t.Errorf("%s: %d messages came out, want %d", name, n, 2*around)
		}
		if s := l.procs[0].stderr.String(); !strings.Contains(s, "the input was damaged") {
			t.Errorf("%s: stderr %q says nothing of damage", name, s)
		}
		l.small(64 * mega)
	}
	f("4 GiB", record(1<<32-1, "abc"))
	f("2 GiB", record(1<<31, ""))
	f("over the limit", record(8*mega+1, "abc"))
	f("at the limit", record(8*mega, "abc"))
	f("no body", record(0, ""))
	f("a header cut short", []byte{msg.Sep, 'M', 0, msg.Version, 0})
	f("4 billion elements", of("\xdd\xff\xff\xff\xff"))
	f("4 billion pairs", of("\x9b\xc4\x10"+strings.Repeat("u", 16)+"\xdf\xff\xff\xff\xff"))
	f("a string of 4 GiB", of("\x9b\xdb\xff\xff\xff\xff"))
	f("24000 arrays", of(strings.Repeat("\x91", 24000)))
	f("an extension", of("\x9b\xc9\xff\xff\xff\xff\x01"))
	f("a block of 4 GiB", append([]byte{msg.Sep, 'B', 1, msg.Version, 0, 0, 0, 40}, bytes.Repeat([]byte{0xff}, 40)...))
}

// TestGzipBomb checks that what is small on disk and large unpacked takes no memory.
func TestGzipBomb(t *testing.T) {
	size := scaled(200 * mega)
	dir := t.TempDir()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	zeros := make([]byte, mega)
	for range size / mega {
		w.Write(zeros)
	}
	w.Write([]byte("\nlast\n"))
	w.Close()
	write(t, filepath.Join(dir, "f.gz"), z.Bytes())
	l := run(t, dir, "heka-tail f.gz | heka-out -o template --template '%{truncated_bytes}' -", false)
	var got []string
	l.lines(patience, func(line []byte) bool { got = append(got, string(line)); return true })
	l.wait(patience, 0)
	l.silent()
	if want := fmt.Sprintf("%d|", size-mega); strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.small(64*mega + 2*mega)
}
