package source

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
)

// lines is a Writer that notes payloads, and fields behind them.
type lines struct{ got []string }

func (l *lines) Write(b *stage.Batch) error {
	var v msg.View
	for i := range b.Off {
		b.View(i, &v)
		m := v.Message()
		s := m.Payload
		for _, f := range m.Fields {
			s += fmt.Sprintf(" %s=%v", f.Name, f.Value)
		}
		l.got = append(l.got, s)
	}
	b.Release()
	return nil
}

func (l *lines) take() string {
	s := strings.Join(l.got, "|")
	l.got = nil
	return s
}

// followed is a File, and the file itself.
type followed struct {
	*File
	t   *testing.T
	w   *os.File
	out lines
	buf Buffer

	sink *Sink
}

// origin is the open file at path.
func (f *followed) origin(path string) Origin {
	f.t.Helper()
	fd, st, err := OpenFd(path)
	if err != nil {
		f.t.Fatal(err)
	}
	return Origin{Name: path, Path: path, FD: fd, Stat: st}
}

func newFollowed(t *testing.T, text string, start Start) *followed {
	t.Helper()
	path := t.TempDir() + "/a.log"
	w, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	w.WriteString(text)
	f := &followed{t: t, w: w}
	f.sink = NewSink(&stage.Env{MaxLine: 16}, &f.out)
	if f.File, err = NewFile(f.sink, f.origin(path), start); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func (f *followed) replace(text string) {
	f.t.Helper()
	if err := f.w.Truncate(0); err != nil {
		f.t.Fatal(err)
	}
	f.w.WriteString(text)
}

func (f *followed) reads(want string, wantChanged bool) {
	f.t.Helper()
	st, err := f.Status()
	if err != nil {
		f.t.Fatal(err)
	}
	more, err := f.Read(&f.buf, st)
	changed := err == ErrChanged
	if changed {
		f.Leave(false)
		o := f.origin(f.Path())
		o.Gen = f.Gen() + 1
		f.Close()
		if f.File, err = NewFile(f.sink, o, Start{}); err != nil {
			f.t.Fatal(err)
		}
		more, err = f.Read(&f.buf, o.Stat)
	}
	if err != nil || more {
		f.t.Fatal(more, err)
	}
	if got := f.out.take(); got != want || changed != wantChanged {
		f.t.Errorf("got %q, changed %v; want %q, %v", got, changed, want, wantChanged)
	}
	if st, _ := f.Status(); f.Unread(st) {
		f.t.Error("something is left unread")
	}
}

func TestFileGrows(t *testing.T) {
	f := newFollowed(t, "1\n2\n", Start{})
	f.reads("1|2", false)
	f.reads("", false)
	f.w.WriteString("3\nhal")
	f.reads("3", false)
	if !f.Partial() {
		t.Error("not partial")
	}
	f.Close()
	f.w.WriteString("f\n")
	if _, err := f.Open(); err != nil {
		t.Fatal(err)
	}
	f.reads("half", false)
	if f.Partial() {
		t.Error("partial")
	}
}

func TestFileTruncated(t *testing.T) {
	f := func(before, after, want string) {
		t.Helper()
		f := newFollowed(t, before, Start{})
		f.reads(strings.TrimSuffix(strings.ReplaceAll(before, "\n", "|"), "|"), false)
		f.replace(after)
		f.reads(want, true)
		f.w.WriteString("end\n")
		f.reads("end", false)
	}
	f("1\n2\n", "3\n", "3")
	f("1\n2\n", "3\n4\n", "3|4")
	f("1\n2\n", "3\n4\n5\n6\n", "3|4|5|6")
	f("1\n2\n", "1\n3\n", "1|3")
	f("1\n2\n", "1\n3\n4\n", "1|3|4")
	f("1\n2\n", "3\n2\n4\n", "3|2|4")
	long := strings.Repeat("0123456789abcde\n", 40)
	want := strings.TrimSuffix(strings.ReplaceAll(long, "\n", "|"), "|")
	f(long, "x"+long[1:]+"y\n", "x"+want[1:]+"|y")
	f(long, long[:600]+"y"+long[601:]+"z\n", want[:600]+"y"+want[601:]+"|z")
}

// The start of a line that was read before the truncation is not lost, and not
// joined with what comes after.
func TestFileTruncatedWithinLine(t *testing.T) {
	f := newFollowed(t, "1\nhal", Start{})
	f.reads("1", false)
	f.replace("f\n2\n")
	f.reads("hal partial=true|f|2", true)
}

// A line over the limit that is followed keeps its head and its count.
func TestFileLongLine(t *testing.T) {
	f := newFollowed(t, "", Start{})
	for range 5 {
		f.w.WriteString("0123456789")
		f.reads("", false)
	}
	f.w.WriteString("\r\nx\n")
	f.reads("0123456789012345 truncated=true truncated_bytes=34|x", false)
}

func TestFileStart(t *testing.T) {
	f := func(text string, start Start, want string) {
		t.Helper()
		f := newFollowed(t, text, start)
		f.w.WriteString("e\n")
		f.reads(want, false)
	}
	end := func(n int64) Start { return Start{FromEnd: true, Lines: n, Follow: true} }
	f("", end(0), "e")
	f("1\n2\n", end(0), "e")
	f("1\n2", end(0), "2e")
	f("1\n2", end(1), "2e")
	f("1\n2\n", end(1), "2|e")
	f("1\n2\n", end(2), "1|2|e")
	f("1\n2\n", end(3), "1|2|e")
	f("\n\n\n", end(2), "||e")
	f("1\n2\n", Start{Lines: 1}, "2|e")
	f("1\n2\n", Start{Lines: 2}, "e")
}

// After a start at the end, a truncation is noticed as well.
func TestFileStartAtEndTruncated(t *testing.T) {
	f := newFollowed(t, "1\n2\n", Start{FromEnd: true})
	f.replace("1\n3\n4\n")
	f.reads("1|3|4", true)
}

func TestLastLines(t *testing.T) {
	path := t.TempDir() + "/a"
	text := strings.Repeat(strings.Repeat("x", 99)+"\n", 5000)
	os.WriteFile(path, []byte(text), 0o600)
	fd, err := openFd(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &File{fd: fd}
	defer s.Close()
	for _, n := range []int64{0, 1, 2, 655, 656, 657, 4999, 5000, 6000} {
		want := max(0, int64(len(text))-100*n)
		if at, err := lastLines(fd, int64(len(text)), n); at != want || err != nil {
			t.Errorf("%d lines: at %d, %v; want %d", n, at, err, want)
		}
	}
}

func TestNewIdentity(t *testing.T) {
	k := Key{Dev: 1, Ino: 2, Born: 3}
	same := func(a, b Identity) {
		t.Helper()
		if a != b {
			t.Errorf("%x and %x differ", a, b)
		}
	}
	id := NewIdentity(k, 0, []byte("first\n"))
	same(id, NewIdentity(k, 0, []byte("first\nsecond\n")))
	long := []byte(strings.Repeat("x", 300))
	same(NewIdentity(k, 0, long), NewIdentity(k, 0, long[:lineSize]))
	if id>>12&15 != 8 {
		t.Errorf("%x is not of version 8", id)
	}
	for _, other := range []Identity{
		NewIdentity(k, 1, []byte("first\n")), NewIdentity(k, 0, []byte("f\n")), NewIdentity(Key{2, 2, 3}, 0, []byte("first\n")),
		NewIdentity(Key{1, 3, 3}, 0, []byte("first\n")), NewIdentity(Key{1, 2, 4}, 0, []byte("first\n")),
	} {
		if other == id {
			t.Error("two contents have one identity")
		}
	}
}

func TestReadAllocs(t *testing.T) {
	f := newFollowed(t, "1\n", Start{})
	f.reads("1", false)
	f.sink.Out = discard{}
	line := []byte("0123456789abcde\n")
	n := testing.AllocsPerRun(100, func() {
		f.w.Write(line)
		st, _ := f.Status()
		f.Read(&f.buf, st)
	})
	if n != 0 {
		t.Errorf("%v allocations a look", n)
	}
}

type discard struct{}

func (discard) Write(b *stage.Batch) error { b.Release(); return nil }
