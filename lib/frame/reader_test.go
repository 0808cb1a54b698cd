package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heka/lib/msg"
)

// number returns the message that test streams count with.
func number(i int) msg.Message {
	m := msg.Message{Timestamp: int64(i) * 1e9, Type: "n", Severity: 7, Hostname: "h"}
	m.Payload = strings.Repeat("x", i%300)
	m.Fields = []msg.Field{{Name: "seq", Value: int64(i)}}
	return m
}

func numbers(from, to int) []byte {
	var b []byte
	for i := from; i < to; i++ {
		m := number(i)
		b = m.Append(b)
	}
	return b
}

// blocks packs the messages from..to into blocks of n.
func blocks(t testing.TB, from, to, n int, level Level) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewBlockWriter(&out, BlockOptions{Level: level})
	for ; from < to; from += n {
		m := min(n, to-from)
		err := w.Write(numbers(from, from+m), m, int64(from)*1e9, int64(from+m-1)*1e9)
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func options() Options {
	return Options{Now: func() int64 { return 1e18 }}
}

// read reads everything and returns the field seq of each message, or its payload.
func read(t testing.TB, src io.Reader, opt Options) ([]string, *Reader) {
	t.Helper()
	r := NewReader(src, opt)
	var got []string
	buf, off := make([]byte, 0, 4096), []uint32(nil)
	for {
		var err error
		buf, off, err = r.Read(buf, off)
		if !r.Checked() {
			buf, off = salvage(r, buf, off)
		}
		for _, at := range off {
			var v msg.View
			n := binary.BigEndian.Uint32(buf[at+4:])
			v.Reset(buf[at+msg.HeaderSize : at+msg.HeaderSize+n])
			if err := msg.Check(v.Body()); err != nil {
				t.Fatal(err)
			}
			if f, ok := v.Field("seq", 0); ok {
				got = append(got, fmt.Sprint(f.Int()))
			} else {
				got = append(got, string(v.Payload()))
			}
		}
		if err == io.EOF {
			return got, r
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// salvage does what the caller of an unchecked Reader must do.
func salvage(r *Reader, buf []byte, off []uint32) (dst []byte, starts []uint32) {
	for _, at := range off {
		rec := buf[at : at+msg.HeaderSize+binary.BigEndian.Uint32(buf[at+4:])]
		if msg.Check(rec[msg.HeaderSize:]) == nil {
			starts, dst = append(starts, uint32(len(dst))), append(dst, rec...)
			continue
		}
		var skipped int
		if dst, starts, skipped = Salvage(dst, starts, rec); skipped > 0 {
			r.Stats.Damaged++
			r.Stats.Skipped += int64(skipped)
		}
	}
	return dst, starts
}

func sequence(parts ...int) []string {
	var s []string
	for i := 0; i < len(parts); i += 2 {
		for n := parts[i]; n < parts[i+1]; n++ {
			s = append(s, fmt.Sprint(n))
		}
	}
	return s
}

func TestReader(t *testing.T) {
	f := func(name string, stream []byte, want []string) {
		t.Helper()
		for how, src := range map[string]io.Reader{
			"whole":       bytes.NewReader(stream),
			"bytes":       iotest.OneByteReader(bytes.NewReader(stream)),
			"halves":      iotest.HalfReader(bytes.NewReader(stream)),
			"data at EOF": iotest.DataErrReader(bytes.NewReader(stream)),
		} {
			got, r := read(t, src, options())
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s, %s: want (-), got (+):\n%s", name, how, d)
			}
			if r.Stats != (Stats{}) {
				t.Errorf("%s, %s: %+v", name, how, r.Stats)
			}
		}
	}
	f("nothing", nil, nil)
	f("records", numbers(0, 500), sequence(0, 500))
	f("blocks", blocks(t, 0, 500, 70, LevelFastest), sequence(0, 500))
	f("blocks as they are", blocks(t, 0, 500, 70, LevelNone), sequence(0, 500))
	f("records, blocks, records",
		bytes.Join([][]byte{numbers(0, 10), blocks(t, 10, 60, 25, LevelFastest), numbers(60, 90)}, nil),
		sequence(0, 90))
	f("control records between",
		bytes.Join([][]byte{tick(), numbers(0, 3), tick(), tick(), numbers(3, 6), tick()}, nil),
		sequence(0, 6))
	f("text", []byte("one\ntwo\r\n\nlast"), []string{"one", "two", "", "last"})
	f("text that starts as a record", []byte("\x1eM"), []string{"\x1eM"})
	f("Heka's framing", hekaStream(0, 300), sequence(0, 300))
}

func tick() []byte {
	return []byte{msg.Sep, KindTick, 0, msg.Version, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1}
}

func hekaStream(from, to int) []byte {
	var b []byte
	for i := from; i < to; i++ {
		m := number(i)
		rec := m.Append(nil)
		var v msg.View
		v.Reset(rec[msg.HeaderSize:])
		b = AppendHeka(b, &v, nil)
	}
	return b
}

// TestForeign reads a message whose encoding is not ours, between some that are.
func TestForeign(t *testing.T) {
	m := number(5)
	body := m.Append(nil)[msg.HeaderSize:]
	long := append([]byte{0xdc, 0, 10}, body[1:]...)
	rec := append([]byte{msg.Sep, 'M', 0, msg.Version, 0, 0, 0, byte(len(long))}, long...)
	stream := bytes.Join([][]byte{numbers(0, 5), rec, rec, numbers(6, 9)}, nil)
	for _, unchecked := range []bool{false, true} {
		opt := options()
		opt.Unchecked = unchecked
		got, r := read(t, iotest.HalfReader(bytes.NewReader(stream)), opt)
		if d := cmp.Diff(append(sequence(0, 6), sequence(5, 9)...), got); d != "" || r.Stats != (Stats{}) {
			t.Errorf("%s %+v", d, r.Stats)
		}
	}
}

// TestDamage wants every message but those that the damage touches.
func TestDamage(t *testing.T) {
	a, b, c := numbers(0, 50), numbers(50, 51), numbers(51, 100)
	f := func(name string, bad []byte, skipped int) {
		t.Helper()
		stream := bytes.Join([][]byte{a, bad, c}, nil)
		for _, unchecked := range []bool{false, true} {
			opt := options()
			opt.Unchecked = unchecked
			got, r := read(t, iotest.HalfReader(bytes.NewReader(stream)), opt)
			if d := cmp.Diff(sequence(0, 50, 51, 100), got); d != "" {
				t.Errorf("%s: want (-), got (+):\n%s", name, d)
			}
			// What was not checked at once may be found to be damaged in two steps.
			if r.Stats.Damaged != 1 && !unchecked || r.Stats.Damaged == 0 || r.Stats.Skipped != int64(skipped) {
				t.Errorf("%s: %+v, want 1 place and %d bytes", name, r.Stats, skipped)
			}
		}
	}
	for cut := 1; cut < len(b); cut++ {
		f(fmt.Sprint("cut at ", cut), b[:cut], cut)
	}
	f("zeros", make([]byte, 5000), 5000)
	f("separators", bytes.Repeat([]byte{msg.Sep}, 5000), 5000)
	lies := func(length uint32) []byte {
		p := bytes.Clone(b)
		binary.BigEndian.PutUint32(p[4:], length)
		return p
	}
	f("a length of 4 GiB", lies(1<<32-1), len(b))
	f("a length of 1 MiB", lies(1<<20), len(b))
	f("a length too short", lies(uint32(len(b)-msg.HeaderSize-1)), len(b))
	f("a length of 0", lies(0), len(b))
	flipped := bytes.Clone(blocks(t, 50, 51, 1, LevelFastest))
	flipped[len(flipped)-1] ^= 1
	f("a block with a wrong checksum", flipped, len(flipped))
}

// TestTornEnd loses only the record at the end that is not whole.
func TestTornEnd(t *testing.T) {
	f := func(stream []byte, last int, want []string) {
		t.Helper()
		for cut := 1; cut < last; cut++ {
			got, r := read(t, bytes.NewReader(stream[:len(stream)-cut]), options())
			if d := cmp.Diff(want, got); d != "" || r.Stats.Skipped != int64(last-cut) {
				t.Fatalf("%d bytes short: %+v\n%s", cut, r.Stats, d)
			}
		}
	}
	f(numbers(0, 20), len(numbers(19, 20)), sequence(0, 19))
	f(hekaStream(0, 20), len(hekaStream(19, 20)), sequence(0, 19))
	f(blocks(t, 0, 20, 10, LevelFastest), len(blocks(t, 10, 20, 10, LevelFastest)), sequence(0, 10))
}

func TestSkipBlocks(t *testing.T) {
	opt := options()
	opt.Skip = func(s Span) bool { return s.Last < 30e9 || s.First > 59e9 }
	got, _ := read(t, bytes.NewReader(blocks(t, 0, 100, 10, LevelFastest)), opt)
	if d := cmp.Diff(sequence(30, 60), got); d != "" {
		t.Error(d)
	}
}

func TestLimits(t *testing.T) {
	opt := options()
	opt.MaxRecord, opt.MaxLine = 1000, 100
	big := number(1)
	big.Payload = strings.Repeat("y", 2000)
	stream := append(numbers(0, 3), big.Append(nil)...)
	stream = append(stream, numbers(3, 6)...)
	got, r := read(t, bytes.NewReader(stream), opt)
	if d := cmp.Diff(sequence(0, 6), got); d != "" || r.Stats.Damaged != 1 {
		t.Errorf("%+v\n%s", r.Stats, d)
	}
	text := strings.Repeat("z", 1<<20) + "\nshort\n"
	got, _ = read(t, iotest.OneByteReader(strings.NewReader(text)), opt)
	if len(got) != 2 || len(got[0]) != 100 || got[1] != "short" {
		t.Errorf("%d lines", len(got))
	}
}

// TestLongRecord reads a record many times as large as a batch.
func TestLongRecord(t *testing.T) {
	m := number(1)
	m.Payload = strings.Repeat("y", 5<<20)
	stream := append(m.Append(numbers(0, 1)), numbers(2, 3)...)
	got, _ := read(t, bytes.NewReader(stream), options())
	if d := cmp.Diff(sequence(0, 3), got); d != "" {
		t.Error(d)
	}
}

func TestSourceError(t *testing.T) {
	broken := errors.New("broken")
	src := io.MultiReader(bytes.NewReader(numbers(0, 3)), iotest.ErrReader(broken))
	r := NewReader(src, options())
	n := 0
	for {
		_, off, err := r.Read(nil, nil)
		n += len(off)
		if err != nil {
			if err != broken || n != 3 {
				t.Errorf("%d records, then %v", n, err)
			}
			return
		}
	}
}

// FuzzReader wants any stream read without panic, and what was good around it found.
func FuzzReader(f *testing.F) {
	f.Add(numbers(0, 3))
	f.Add(blocks(f, 0, 10, 5, LevelFastest))
	f.Add(hekaStream(0, 3))
	f.Add([]byte("\x1eM\x00\x01\xff\xff\xff\xff"))
	f.Add([]byte("text\nlines\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		opt := options()
		opt.MaxRecord, opt.MaxLine = 1<<16, 1<<12
		whole, r := read(t, bytes.NewReader(b), opt)
		parts, _ := read(t, iotest.OneByteReader(bytes.NewReader(b)), opt)
		// Where there is damage, the record before it may have been handed over already.
		if d := cmp.Diff(whole, parts); d != "" && r.Stats.Damaged == 0 {
			t.Errorf("whole (-), byte by byte (+):\n%s", d)
		}
		if len(b) > 0 && b[0] == msg.Sep {
			read(t, bytes.NewReader(append(numbers(0, 2), b...)), opt)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	stream := numbers(0, 3000)
	buf, off := make([]byte, 0, 256<<10), make([]uint32, 0, 4096)
	src := &endless{b: stream}
	r := NewReader(src, options())
	b.ReportAllocs()
	n, bytes := 0, 0
	for b.Loop() {
		var err error
		if buf, off, err = r.Read(buf, off); err != nil {
			b.Fatal(err)
		}
		n, bytes = n+len(off), bytes+len(buf)
	}
	b.SetBytes(int64(bytes / b.N))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
}

// endless repeats b, in portions that do not end where records do.
type endless struct {
	b  []byte
	at int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), 60000+rand.IntN(5000))], e.b[e.at:])
	e.at = (e.at + n) % len(e.b)
	return n, nil
}

// TestEffort reads claims inside claims, whose checks would take the square of their
// length, and what is good behind them.
func TestEffort(t *testing.T) {
	f := func(name string, claim []byte, n int) {
		t.Helper()
		stream := append(bytes.Repeat(claim, n), make([]byte, 1<<10)...)
		stream = append(stream, numbers(0, 3)...)
		began := time.Now()
		got, _ := read(t, bytes.NewReader(stream), options())
		if d := cmp.Diff(sequence(0, 3), got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
	f("blocks of 1 MiB", []byte{msg.Sep, KindBlock, 0, msg.Version, 0, 0x10, 0, 0, 0, 0, 0, 0}, 1<<20)
	f("messages of 1 MiB", []byte{msg.Sep, KindMessage, 0, msg.Version, 0, 0x10, 0, 0, 0, 0, 0, 0}, 1<<20)
}

// TestKeys wants only what a key signed, once there are keys.
func TestKeys(t *testing.T) {
	s, err := NewSigner("ops", 1, HashSHA1, []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	var stream []byte
	for i, signer := range []*Signer{s, nil, s} {
		m := number(i)
		v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		stream = AppendHeka(stream, &v, signer)
	}
	f := func(keys Keys, refused int64, want ...string) {
		t.Helper()
		opt := options()
		opt.Keys = keys
		got, r := read(t, bytes.NewReader(stream), opt)
		if d := cmp.Diff(want, got); d != "" || r.Stats != (Stats{Unsigned: refused}) {
			t.Errorf("%+v\n%s", r.Stats, d)
		}
	}
	f(nil, 0, "0", "1", "2")
	f(Keys{"ops_1": []byte("secret")}, 1, "0", "2")
	f(Keys{"ops_1": []byte("wrong")}, 3)
	f(Keys{}, 3)
}

// TestForeignInBlock reads a message whose encoding is not ours out of a block, in its
// place among the others.
func TestForeignInBlock(t *testing.T) {
	m := number(1)
	body := m.Append(nil)[msg.HeaderSize:]
	long := append([]byte{0xdc, 0, 10}, body[1:]...)
	rec := append([]byte{msg.Sep, 'M', 0, msg.Version, 0, 0, 0, byte(len(long))}, long...)
	raw := bytes.Join([][]byte{numbers(0, 1), rec, numbers(2, 4)}, nil)
	var out bytes.Buffer
	w := NewBlockWriter(&out, BlockOptions{Level: LevelFastest})
	if err := errors.Join(w.Write(raw, 4, 0, 3e9), w.Close()); err != nil {
		t.Fatal(err)
	}
	got, r := read(t, &out, options())
	if d := cmp.Diff(sequence(0, 4), got); d != "" || r.Stats != (Stats{}) {
		t.Errorf("%+v\n%s", r.Stats, d)
	}
}
