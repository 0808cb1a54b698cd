package frame

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"heka/lib/msg"
)

// gap returns a whole record of bytes that are lost.
func gap(bytes int64) []byte {
	return AppendGap(nil, &Gap{Source: "f", Offset: 3, Bytes: bytes, Reason: "r"})
}

func TestGapRoundTrip(t *testing.T) {
	f := func(g Gap) {
		t.Helper()
		rec := AppendGap([]byte("before"), &g)[len("before"):]
		kind, size, err := next(rec, DefaultMaxRecord)
		if kind != KindGap || size != len(rec) || err != nil {
			t.Fatalf("%+v: %q, %d bytes, %v", g, kind, size, err)
		}
		if got, err := ParseGap(rec[msg.HeaderSize:]); err != nil || got != g {
			t.Errorf("%+v, %v; want %+v", got, err, g)
		}
		var all []any
		if err := msgpack.Unmarshal(rec[msg.HeaderSize:], &all); err != nil || len(all) != 4 ||
			all[0] != g.Source || fmt.Sprint(all[1]) != fmt.Sprint(g.Offset) ||
			fmt.Sprint(all[2]) != fmt.Sprint(g.Bytes) || all[3] != g.Reason {
			t.Errorf("msgpack: %v, %v; want %+v", all, err, g)
		}
	}
	f(Gap{})
	f(Gap{Source: "/var/log/x", Offset: 1 << 40, Bytes: 300, Reason: "rotated away"})
	for _, n := range []int64{127, 128, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, math.MaxInt64} {
		f(Gap{Offset: n, Bytes: n})
	}
	for _, n := range []int{31, 32, 255, 256, maxGapText} {
		f(Gap{Source: strings.Repeat("s", n), Reason: strings.Repeat("é", n/2)})
	}
	long := strings.Repeat("x", 1<<20)
	g, err := ParseGap(AppendGap(nil, &Gap{Source: long, Offset: -1, Bytes: -5, Reason: long})[8:])
	want := Gap{Source: long[:maxGapText], Reason: long[:maxGapText]}
	if err != nil || g != want {
		t.Errorf("long texts, negative numbers: %v", err)
	}
}

func TestParseGap(t *testing.T) {
	f := func(body string, want Gap) {
		t.Helper()
		got, err := ParseGap([]byte(body))
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", body, got, err)
		}
	}
	g := Gap{Source: "a", Offset: 1, Bytes: 2, Reason: "b"}
	f("\x94\xa1a\x01\x02\xa1b", g)
	f("\xdc\x00\x04\xa1a\xcc\x01\xd0\x02\xd9\x01b", g)
	f("\xdd\x00\x00\x00\x04\xda\x00\x01a\xd3\x00\x00\x00\x00\x00\x00\x00\x01\xce\x00\x00\x00\x02\xdb\x00\x00\x00\x01b", g)
	f("\x95\xa1a\x01\x02\xa1b\xc1", g) // what is behind is not ours to judge
	bad := func(body string) {
		t.Helper()
		if g, err := ParseGap([]byte(body)); !errors.Is(err, ErrDamaged) || g != (Gap{}) {
			t.Errorf("%q: %+v, %v", body, g, err)
		}
	}
	whole := "\x94\xa1a\x01\x02\xa1b"
	for n := range whole {
		bad(whole[:n])
	}
	bad(whole + "\x00")
	bad("\x93\xa1a\x01\x02")
	bad("\x94\xa1a\xff\x02\xa1b")                                 // -1
	bad("\x94\xa1a\xd1\x80\x00\x02\xa1b")                         // -32768
	bad("\x94\xa1a\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x02\xa1b") // beyond int64
	bad("\x94\x01\x01\x02\xa1b")
	bad("\xdd\xff\xff\xff\xff")
	bad("\x94\xdb\xff\xff\xff\xffa")
}

// TestReaderTellsOfGaps wants gaps told of between the messages that stand before
// and behind them, however the stream comes.
func TestReaderTellsOfGaps(t *testing.T) {
	stream := bytes.Join([][]byte{
		gap(1), numbers(0, 3), gap(2), gap(3), blocks(t, 3, 6, 2, LevelFastest), tick(), gap(4),
		numbers(6, 7), gap(5),
	}, nil)
	want := []string{"-1", "", "x", "xx", "-2", "-3", "xxx", "xxxx", "xxxxx", "-4", "xxxxxx", "-5"}
	for _, size := range []int{1, 7, len(stream)} {
		var got []string
		r := NewReader(&inPieces{stream, size}, Options{Gap: func(g Gap) {
			got = append(got, fmt.Sprint(-g.Bytes))
		}})
		var buf []byte
		var off []uint32
		var err error
		for err == nil {
			buf, off, err = r.Read(buf, off)
			for _, at := range off {
				var v msg.View
				v.Reset(buf[at+msg.HeaderSize:])
				got = append(got, string(v.Payload()))
			}
		}
		if err != io.EOF || !slices.Equal(got, want) || r.Stats != (Stats{}) {
			t.Errorf("in pieces of %d: %q, %+v, %v", size, got, r.Stats, err)
		}
	}
}

// inPieces gives a stream, so many bytes at a time.
type inPieces struct {
	rest []byte
	size int
}

func (r *inPieces) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:min(r.size, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
}

// TestBadGap wants a gap that is none to be damage, and what stands behind it read.
func TestBadGap(t *testing.T) {
	bad := []byte{msg.Sep, KindGap, 0, msg.Version, 0, 0, 0, 2, 0x94, 0xa1}
	r := NewReader(bytes.NewReader(append(bad, numbers(0, 2)...)), Options{Gap: func(g Gap) {
		t.Errorf("%+v", g)
	}})
	_, off, err := r.Read(nil, nil)
	if len(off) != 2 || err != nil || r.Stats.Damaged != 1 || r.Stats.Skipped != int64(len(bad)) {
		t.Errorf("%d messages, %v, %+v", len(off), err, r.Stats)
	}
}

func FuzzParseGap(f *testing.F) {
	f.Add(gap(5)[msg.HeaderSize:])
	f.Add([]byte("\xdc\x00\x04\xa1a\xcc\x01\xd0\x02\xd9\x01b"))
	f.Add([]byte("\xdd\xff\xff\xff\xff\xdb\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		g, err := ParseGap(body)
		if err != nil {
			return
		}
		if g.Bytes < 0 || g.Offset < 0 {
			t.Fatalf("%+v", g)
		}
		if len(g.Source) > maxGapText || len(g.Reason) > maxGapText {
			return
		}
		if again, err := ParseGap(AppendGap(nil, &g)[msg.HeaderSize:]); err != nil || again != g {
			t.Fatalf("%+v, %v; want %+v", again, err, g)
		}
	})
}
