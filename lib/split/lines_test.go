package split

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"heka/lib/msg"
)

// envelope is that of a file's lines, as heka-tail has it.
func envelope() *msg.Builder {
	b := &msg.Builder{}
	b.Reset()
	b.Type, b.Logger, b.Hostname = []byte("logfile"), []byte("a.log"), []byte("host")
	return b
}

// whole splits text given in one piece.
func inOne(text string, limit int, partial bool) string {
	return pieces(text, limit, 1<<30, partial, []int{max(len(text), 1)})
}

// pieces splits text given in pieces of the sizes in turn, and says what came out.
func pieces(text string, limit, full int, partial bool, sizes []int) string {
	l := NewLines(envelope(), limit)
	l.Hi, l.Base, l.Timestamp = 8<<12, 1000, 5
	var out strings.Builder
	var held []byte
	var dst []byte
	var off []uint32
	flush := func() {
		for _, at := range off {
			out.WriteString(describe(dst[at:]))
		}
		dst, off = dst[:0], off[:0]
	}
	for i := 0; len(text) > 0; i++ {
		n := min(len(text), max(sizes[i%len(sizes)], 1))
		held = append(held, text[:n]...)
		text = text[n:]
		for {
			var used int
			dst, off, used = l.Append(dst, off, held, full)
			held = held[used:]
			if len(dst) <= full {
				break
			}
			flush()
		}
	}
	if partial {
		dst, off = l.FinishPartial(dst, off, held)
	} else {
		dst, off = l.Finish(dst, off, held)
	}
	flush()
	return out.String()
}

func describe(rec []byte) string {
	var v msg.View
	n := int(rec[4])<<24 | int(rec[5])<<16 | int(rec[6])<<8 | int(rec[7])
	body := rec[msg.HeaderSize : msg.HeaderSize+n]
	if err := msg.Check(body); err != nil {
		panic(err)
	}
	v.Reset(body)
	m := v.Message()
	at := int(m.Uuid[14])<<8 + int(m.Uuid[15]) - 1000
	s := fmt.Sprintf("%d:%q", at, m.Payload)
	for _, f := range m.Fields {
		s += fmt.Sprintf(" %s=%v", f.Name, f.Value)
	}
	return s + "\n"
}

func TestLines(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		w := strings.Join(want, "\n")
		if w != "" {
			w += "\n"
		}
		if got := inOne(in, 8, false); got != w {
			t.Errorf("%q: got\n%swant\n%s", in, got, w)
		}
	}
	f("")
	f("\n\n", `0:""`, `1:""`)
	f("a\nb\r\nc", `0:"a"`, `2:"b"`, `5:"c"`)
	f("a\r", `0:"a"`)
	f("a\rb\r\r\n", `0:"a\rb\r"`)
	f("\x00\xff\xfe\n", `0:"\x00\xff\xfe"`)
	f("\ufeffa\n", `0:"\ufeffa"`)
	f("12345678\n", `0:"12345678"`)
	f("12345678\r\n", `0:"12345678"`)
	f("12345678\r", `0:"12345678"`)
	f("123456789\n", `0:"12345678" truncated=true truncated_bytes=1`)
	f("123456789abc\r\nx\n", `0:"12345678" truncated=true truncated_bytes=4`, `14:"x"`)
	f("x\n123456789", `0:"x"`, `2:"12345678" truncated=true truncated_bytes=1`)
}

func TestPartial(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := inOne(in, 4, true); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f("a\n", "0:\"a\"\n")
	f("a\nb", "0:\"a\"\n2:\"b\" partial=true\n")
	f("12345", "0:\"1234\" truncated=true truncated_bytes=1 partial=true\n")
}

// A stream that goes on behind a partial line keeps its offsets.
func TestGoesOn(t *testing.T) {
	l := NewLines(envelope(), 4)
	l.Base = 1000
	var dst []byte
	var off []uint32
	dst, off, used := l.Append(dst, off, []byte("a\nbc"), 1<<20)
	if used != 2 || l.Done() != 2 {
		t.Fatalf("used %d, done %d", used, l.Done())
	}
	dst, off = l.FinishPartial(dst, off, []byte("bc"))
	dst, off, _ = l.Append(dst, off, []byte("d\n"), 1<<20)
	if l.Done() != 6 || len(off) != 3 {
		t.Fatalf("done %d, %d records", l.Done(), len(off))
	}
	if got := describe(dst[off[2]:]); got != "4:\"d\"\n" {
		t.Error(got)
	}
	if _, _, used = l.Append(dst, off, []byte("12345"), 1<<20); used != 5 {
		t.Errorf("used %d of a line over the limit", used)
	}
	if !l.Pending() || l.Done() != 6 || l.Offset != 11 {
		t.Errorf("pending %v, done %d, offset %d", l.Pending(), l.Done(), l.Offset)
	}
}

func FuzzLines(f *testing.F) {
	f.Add("a\nb\r\nc", 8, []byte{1})
	f.Add("12345678\r\n123456789\r\nxyz\r", 8, []byte{9, 1, 3})
	f.Add("12345678901234567890\n\n\n", 4, []byte{5, 2})
	f.Fuzz(func(t *testing.T, text string, limit int, sizes []byte) {
		if len(text) > 4096 || len(sizes) == 0 {
			return
		}
		limit = limit&63 + 1
		var by []int
		for _, s := range sizes {
			by = append(by, int(s))
		}
		for _, partial := range []bool{false, true} {
			want := inOne(text, limit, partial)
			for _, full := range []int{0, 200, 1 << 30} {
				if got := pieces(text, limit, full, partial, by); got != want {
					t.Fatalf("limit %d, full %d, sizes %v: got\n%swant\n%s", limit, full, by, got, want)
				}
			}
		}
	})
}

// A line that comes a byte at a time is looked through once, not once a byte.
func TestNoQuadraticScan(t *testing.T) {
	l := NewLines(envelope(), 1<<20)
	line := bytes.Repeat([]byte{'x'}, 1<<20)
	for n := 1; n <= len(line); n++ {
		if _, _, used := l.Append(nil, nil, line[:n], 1<<20); used != 0 {
			t.Fatal("used an unfinished line")
		}
	}
	if l.seen != len(line) {
		t.Errorf("%d bytes known to hold no newline", l.seen)
	}
}

func text() []byte {
	line := strings.Repeat("x", 199) + "\n"
	return []byte(strings.Repeat(line, 256<<10/200))
}

func TestAppendAllocs(t *testing.T) {
	p, l := text(), NewLines(envelope(), 0)
	dst, off := make([]byte, 0, 1<<20), make([]uint32, 0, 1<<16)
	if n := testing.AllocsPerRun(10, func() { l.Append(dst, off, p, 1<<20) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	p, l := text(), NewLines(envelope(), 0)
	dst, off := make([]byte, 0, 1<<20), make([]uint32, 0, 1<<16)
	n := bytes.Count(p, []byte("\n"))
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		l.Append(dst, off, p, 1<<20)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/line")
}

func TestTrimCR(t *testing.T) {
	if got := trimCR([]byte("\r")); !slices.Equal(got, []byte{}) {
		t.Errorf("%q", got)
	}
}
