package position

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// record returns a record that differs from that of every other id in every field.
func record(id uint64) Record {
	n := int64(id)
	return Record{
		ID: id, Stream: fmt.Sprintf("web-%d", id), Path: fmt.Sprintf("/var/log/\xff\x00/%d.log", id),
		Dev: 1<<40 + id, Ino: 1<<63 + id, Born: 1_700_000_000_000_000_000 + n,
		Gen: math.MaxUint32 - uint32(id), Packed: id%2 == 0, Offset: 1<<41 + n, Seen: n << 33,
		Head: NewSum([]byte(fmt.Sprint("head", id))), Tail: NewSum([]byte(fmt.Sprint("tail", id))),
		Size: 1<<42 + n, Mtime: -n, Time: math.MaxInt64 - n,
	}
}

func records(n int) []Record {
	all := make([]Record, n)
	for i := range all {
		all[i] = record(uint64(i + 1))
	}
	return all
}

func encode(generation uint64, records []Record) []byte {
	var e encoder
	return bytes.Clone(e.file(generation, records))
}

func TestRoundTrip(t *testing.T) {
	f := func(want ...Record) {
		t.Helper()
		p, err := parse(encode(7, want))
		if err != nil || p.err != nil || p.generation != 7 || !slices.Equal(p.records, want) {
			t.Errorf("%+v, error %v, %v\nfrom %+v", p, err, p.err, want)
		}
	}
	f()
	f(Record{})
	f(Record{ID: math.MaxUint64, Born: math.MinInt64, Seen: -1, Offset: math.MaxInt64})
	f(Record{Stream: strings.Repeat("s", 300), Path: strings.Repeat("\x1ePOS", 20_000)})
	f(records(100)...)
}

// TestBitFlip: wherever a bit is flipped, it shows, and no record comes back that was not
// put; only one is lost, unless the first line is hit, and then none.
func TestBitFlip(t *testing.T) {
	want := records(5)
	good := encode(3, want)
	line := bytes.IndexByte(good, '\n') + 1
	b := make([]byte, len(good))
	for bit := range 8 * len(good) {
		copy(b, good)
		b[bit/8] ^= 1 << (bit % 8)
		p, err := parse(b)
		if err != nil || p.err == nil {
			t.Fatalf("bit %d of %q: read without damage, error %v", bit, good[bit/8], err)
		}
		lost := 1
		if bit/8 < line {
			lost = 0
		}
		if len(p.records) != len(want)-lost {
			t.Fatalf("bit %d: %d records left of %d: %v", bit, len(p.records), len(want), p.err)
		}
		for _, r := range p.records {
			if !slices.Contains(want, r) {
				t.Fatalf("bit %d: %+v was never put", bit, r)
			}
		}
	}
}

func TestCutShort(t *testing.T) {
	good := encode(3, records(3))
	for n := range good {
		if p, err := parse(good[:n]); err != nil || p.err == nil {
			t.Fatalf("%d bytes of %d: no damage, error %v", n, len(good), err)
		}
		nuls := append(bytes.Clone(good[:n]), make([]byte, len(good)-n)...)
		if p, err := parse(nuls); err != nil || p.err == nil {
			t.Fatalf("NULs from byte %d of %d: no damage, error %v", n, len(good), err)
		}
	}
	if p, err := parse(append(good, 0)); err != nil || p.err == nil {
		t.Errorf("a byte too many: no damage, error %v", err)
	}
}

func line(s string) []byte { return []byte(s + lineSum(s) + "\n") }

func TestVersions(t *testing.T) {
	f := func(b []byte, newer bool, damage string) {
		t.Helper()
		p, err := parse(b)
		if errors.Is(err, ErrNewer) != newer || !newer && err != nil {
			t.Errorf("%q: error %v", b, err)
		}
		if got := fmt.Sprint(p.err); (damage == "") != (p.err == nil) || !strings.Contains(got, damage) {
			t.Errorf("%q: damage %v, want %q", b, p.err, damage)
		}
	}
	f(line("heka-positions 1 9 0 "), false, "")
	f(line("heka-positions 0 9 0 "), false, "format version 0 is not known")
	f(line("heka-positions 2 "), true, "")
	f(append(line("heka-positions 99 zstd whatever "), 1, 2, 3), true, "")
	f([]byte("heka-positions 2 9 0 00000000\n"), false, "checksum of the first line")
	f(line("heka-positions x "), false, "no number")
	f(line("heka-positions "), false, "no format version")
	f(line("heka-positions 1 9 "), false, "no number of records")
	f(line("heka-positions 1 9 1 "), false, "0 records of 1")
	f(nil, false, "empty")
	f(make([]byte, 4096), false, "no line")
	f([]byte(`{"positions": {}}`), false, "no line")
}

// TestLongerArray: a program of this version that keeps more can be read.
func TestLongerArray(t *testing.T) {
	want := record(1)
	b := encode(1, []Record{want})
	head := bytes.IndexByte(b, '\n') + 1
	body := append(bytes.Clone(b[head+recordHead:]), 0xc0)
	body[2]++ // the length of the array, behind 0xdc
	var d decoder
	if got, err := d.record(body); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestHostile: what a file promises costs no more than the file.
func TestHostile(t *testing.T) {
	f := func(name string, b []byte) {
		t.Helper()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		p, err := parse(b)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if p.err == nil || err != nil {
			t.Errorf("%s: damage %v, error %v", name, p.err, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > uint64(len(b)+16<<10) || took > 20*time.Second {
			t.Errorf("%s: %d bytes and %v for %d bytes", name, n, took, len(b))
		}
	}
	huge := append([]byte{0xdd, 0xff, 0xff, 0xff, 0xff, 1, 0xc6, 0xff, 0xff, 0xff, 0xff}, "abc"...)
	f("lengths in a record", append(line("heka-positions 1 1 1 "), framed(huge)...))
	f("count", line("heka-positions 1 1 18446744073709551615 "))
	f("length", []byte(recordMark+"\xff\xff\xff\xff    "))
	f("marks", bytes.Repeat([]byte("\x1ePOS\x00\x10\x00\x00"), 1<<18)) // 256 GiB to hash
}

// framed puts body into a record with the right checksum.
func framed(body []byte) []byte {
	n := uint32(len(body))
	b := []byte(recordMark)
	b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	sum := recordSum(b[4:8], body)
	b = append(b, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
	return append(b, body...)
}

func FuzzParse(f *testing.F) {
	f.Add(encode(1, records(2)))
	f.Add(encode(1, nil))
	f.Add(line("heka-positions 2 "))
	f.Add([]byte("\x1ePOS\x00\x00\x00\x01\x00\x00\x00\x00\xc0"))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parse(b)
		if err != nil || p.err != nil {
			return
		}
		again, err := parse(encode(p.generation, p.records))
		if err != nil || again.err != nil || !slices.Equal(again.records, p.records) {
			t.Errorf("%+v, then %+v, %v", p, again, err)
		}
	})
}

func FuzzRecord(f *testing.F) {
	b := encode(1, records(1))
	f.Add(b[bytes.IndexByte(b, '\n')+1+recordHead:])
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff, 1, 0xc6, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, body []byte) {
		var d decoder
		r, err := d.record(body)
		if err != nil {
			return
		}
		p, _ := parse(encode(1, []Record{r}))
		if p.err != nil || p.records[0] != r {
			t.Errorf("%+v, then %+v, %v", r, p.records, p.err)
		}
	})
}
