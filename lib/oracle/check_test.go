package oracle

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/msg"
)

// made returns a ledger of one source that wrote 100 lines, and the lines.
func made() (*Ledger, [][]byte) {
	l := NewLedger()
	src := l.source(7, "app.log")
	l.wrote(src, 0, 99)
	l.append("end %d", src)
	var lines [][]byte
	for n := range int64(100) {
		lines = append(lines, trimmed(src, n))
	}
	return l, lines
}

func trimmed(src uint32, seq int64) []byte {
	return bytes.TrimRight(AppendLine(nil, 7, src, seq), "\r\n")
}

// TestChecker wants each kind of mistake found, and nothing found where there is none.
func TestChecker(t *testing.T) {
	f := func(name, want string, spoil func(l *Ledger, lines [][]byte) [][]byte) {
		t.Run(name, func(t *testing.T) {
			l, lines := made()
			c := NewChecker(l)
			for _, line := range spoil(l, lines) {
				c.Line(line)
			}
			r := c.Report()
			err := r.Err(Allow{Repeats: name == "again"})
			if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
				t.Errorf("%v, want %s", err, want)
			}
			if c.Complete() != (r.Missing == 0) {
				t.Error("complete:", c.Complete(), r.Missing)
			}
		})
	}
	join := func(parts ...[][]byte) (all [][]byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	f("good", "", func(_ *Ledger, b [][]byte) [][]byte { return b })
	f("missing", "1 missing\n\tmissing: lines 7 to 7 of source 1 (app.log)",
		func(_ *Ledger, b [][]byte) [][]byte { return join(b[:7], b[8:]) })
	f("first", "2 missing", func(_ *Ledger, b [][]byte) [][]byte { return b[2:] })
	f("last", "2 missing", func(_ *Ledger, b [][]byte) [][]byte { return b[:98] })
	f("all", "100 missing", func(_ *Ledger, b [][]byte) [][]byte { return nil })
	f("lost", "1 missing", func(l *Ledger, b [][]byte) [][]byte {
		l.Lost(1, 5, 9)
		return join(b[:5], b[11:])
	})
	f("duplicate", "1 duplicate", func(_ *Ledger, b [][]byte) [][]byte { return join(b[:8], b[7:]) })
	f("again", "", func(_ *Ledger, b [][]byte) [][]byte { return join(b[:50], b[20:]) })
	f("disorder", "1 out of order", func(_ *Ledger, b [][]byte) [][]byte {
		return join(b[:7], b[8:10], b[7:8], b[10:])
	})
	f("swapped", "30 out of order", func(_ *Ledger, b [][]byte) [][]byte {
		return join(b[30:], b[:30])
	})
	f("half", "1 missing, 1 corrupt", func(_ *Ledger, b [][]byte) [][]byte {
		b[7] = b[7][:len(b[7])-1]
		return b
	})
	f("glued", "2 missing, 1 corrupt", func(_ *Ledger, b [][]byte) [][]byte {
		b[7] = append(b[7][:20:20], b[8]...)
		return join(b[:8], b[9:])
	})
	f("foreign", "1 foreign", func(_ *Ledger, b [][]byte) [][]byte { return join(b, [][]byte{[]byte("x")}) })
	f("empty", "1 foreign", func(_ *Ledger, b [][]byte) [][]byte { return join(b, [][]byte{nil}) })
	f("another", "1 foreign", func(_ *Ledger, b [][]byte) [][]byte {
		return join(b, [][]byte{trimmed(9, 1)})
	})
	f("never written", "1 foreign", func(_ *Ledger, b [][]byte) [][]byte {
		return join(b, [][]byte{trimmed(1, 100)})
	})
	f("unmarked half", "", func(l *Ledger, b [][]byte) [][]byte {
		l.append("half 1 100")
		return join(b, [][]byte{AppendLine(nil, 7, 1, 100)[:9]})
	})
}

// TestKilled is a writer whose last line, and last half, are not in the ledger.
func TestKilled(t *testing.T) {
	l := NewLedger()
	src := l.source(7, "app.log")
	l.wrote(src, 0, 1)
	c := NewChecker(l)
	for n := range int64(4) {
		c.Line(bytes.TrimSuffix(AppendLine(nil, 7, src, n), []byte("\n")))
	}
	if r := c.Report(); r.Err(Allow{}) != nil || r.Ahead != 2 {
		t.Errorf("%+v", r)
	}
	c = NewChecker(l)
	for n := range int64(2) {
		c.Line(bytes.TrimSuffix(AppendLine(nil, 7, src, n), []byte("\n")))
	}
	c.Line(AppendLine(nil, 7, src, 2)[:20])
	if r := c.Report(); r.Err(Allow{}) != nil || r.Partial != 1 {
		t.Errorf("%+v", r)
	}
}

// records makes messages of lines; the uuid of line n is made of id(n).
func records(lines [][]byte, id func(n int) uint64, mark func(n int, b *msg.Builder)) []byte {
	var b msg.Builder
	var out []byte
	for n, line := range lines {
		b.Reset()
		b.Payload = line
		msg.PutUuid(&b.Uuid, 1, id(n))
		if mark != nil {
			mark(n, &b)
		}
		out = b.Append(out)
	}
	return out
}

// TestMessages reads records, and looks at uuids and marks.
func TestMessages(t *testing.T) {
	l, lines := made()
	own := func(n int) uint64 { return uint64(n) }
	good := records(lines, own, nil)
	f := func(name, want string, allow Allow, stream []byte) {
		t.Run(name, func(t *testing.T) {
			c := NewChecker(l)
			if err := c.Read(bytes.NewReader(stream)); err != nil {
				t.Fatal(err)
			}
			r := c.Report()
			err := r.Err(allow)
			if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
	again := Allow{Repeats: true}
	f("good", "", Allow{}, good)
	f("again", "", again, append(good[:len(good):len(good)], good...))
	f("run", "100 duplicate in a row", Allow{Repeats: true, MaxRun: 99}, append(good[:len(good):len(good)], good...))
	f("exactly", "100 duplicate", Allow{}, append(good[:len(good):len(good)], good...))
	f("other uuid", "10 came again with another uuid", again, append(good[:len(good):len(good)],
		records(lines[:10], func(n int) uint64 { return 1000 + uint64(n) }, nil)...))
	f("shared uuid", "99 with the uuid of another line", Allow{},
		records(lines, func(int) uint64 { return 1 }, nil))
	f("damage", "1 missing, ", Allow{}, append(good[:len(good)-7:len(good)-7], good[:0]...))
	marked := records(lines, own, func(n int, b *msg.Builder) {
		if n == 99 {
			b.Payload = b.Payload[:20]
			b.Name([]byte("partial"))
			b.Bool(true)
		}
	})
	f("partial", "1 missing\n", Allow{}, marked)
	f("partial and whole", "", Allow{}, append(marked, good[len(good)-len(records(lines[99:], own, nil)):]...))
}

func TestGaps(t *testing.T) {
	l, lines := made()
	var b msg.Builder
	b.Type = []byte("heka.gap")
	b.Name([]byte("bytes"))
	b.Int(345)
	c := NewChecker(l)
	stream := append(records(lines, func(n int) uint64 { return uint64(n) }, nil), b.Append(nil)...)
	if err := c.Read(bytes.NewReader(stream)); err != nil {
		t.Fatal(err)
	}
	if r := c.Report(); r.Gaps != 1 || r.GapBytes != 345 || r.Err(Allow{}) != nil {
		t.Errorf("%+v", r)
	}
}

// TestLedgerFile wants a ledger read to say what it said when it was written, without
// the half entry of a writer that was killed, and a second writer to get a new source.
func TestLedgerFile(t *testing.T) {
	dir := t.TempDir()
	path, log := filepath.Join(dir, "led"), filepath.Join(dir, "app.log")
	for range 2 {
		l, err := OpenLedger(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := NewWriter(l, log, 7)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(10); err != nil {
			t.Fatal(err)
		}
		w.Half()
		if err := l.Close(); err != nil { // and w is never closed
			t.Fatal(err)
		}
		f, _ := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		f.WriteString("wrote 1 10-1")
		f.Close()
	}
	l, err := ReadLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := l.Wrote(); n != 20 || len(l.Sources()) != 2 {
		t.Errorf("%d lines of %v", n, l.Sources())
	}
	c := NewChecker(l)
	readAll(t, c, log)
	if r := c.Report(); r.Err(Allow{}) != nil || r.Partial != 2 {
		t.Errorf("%+v", r)
	}
	f := func(text string) {
		t.Helper()
		os.WriteFile(path, []byte(text), 0o644)
		if _, err := ReadLedger(path); err == nil {
			t.Errorf("%q is read", text)
		}
	}
	f("wrote 1 0-9\n")
	f("src 1 7 a\nwrote 1 9-0\n")
	f("src 1 7 a\nwrote 1 x\n")
	f("src 1 7 a\nfound 1 0-9\n")
	f("src x 7 a\n")
}

// TestFullDisk wants lines that did not fit to be no claims, and to be written whole
// when there is room.
func TestFullDisk(t *testing.T) {
	l := NewLedger()
	w, err := NewWriter(l, "/dev/full", 1)
	if err != nil {
		t.Skip(err)
	}
	if err := w.Write(10); err == nil || l.Wrote() != 0 {
		t.Errorf("%v, %d lines written", err, l.Wrote())
	}
}

func BenchmarkLine(b *testing.B) {
	var line []byte
	b.ReportAllocs()
	for n := range b.N {
		line = AppendLine(line[:0], 1, 1, int64(n))
	}
}

func BenchmarkCheck(b *testing.B) {
	l := NewLedger()
	l.source(7, "f")
	c := NewChecker(l)
	var line []byte
	b.ReportAllocs()
	for n := range b.N {
		line = AppendLine(line[:0], 7, 1, int64(n))
		c.Line(line[:len(line)-1])
	}
}
