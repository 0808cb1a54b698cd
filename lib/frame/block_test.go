package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"

	"heka/lib/msg"
)

// records returns n messages end to end, of times 1 to n.
func records(n int) []byte {
	var b []byte
	m := example()
	for i := range n {
		m.Timestamp = int64(i + 1)
		m.Fields[0].Value = int64(200 + i%7)
		m.Payload = fmt.Sprintf("GET /%x/%d HTTP/1.1", i*7919, i)
		b = m.Append(b)
	}
	return b
}

// block returns one 'B' record of raw.
func block(level Level, raw []byte, count int, first, last int64) []byte {
	var b bytes.Buffer
	w := NewBlockWriter(&b, BlockOptions{Size: 1 << 30, Level: level})
	if err := w.Write(raw, count, first, last); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// unpack takes the record apart and unpacks it, as a Reader does.
func unpack(record []byte) ([]byte, BlockHead, error) {
	kind, n, err := next(record, DefaultMaxRecord)
	if err != nil {
		return nil, BlockHead{}, err
	}
	if kind != KindBlock || n != len(record) {
		return nil, BlockHead{}, ErrDamaged
	}
	var r BlockReader
	return r.Unpack(nil, record[2], record[msg.HeaderSize:])
}

func TestBlockRoundTrip(t *testing.T) {
	raw := records(300)
	var r BlockReader
	buf := make([]byte, 0, 1<<20)
	for l := LevelNone; l <= LevelBetter; l++ {
		b := block(l, raw, 300, 1, 300)
		want := BlockHead{Count: 300, First: 1, Last: 300, Raw: len(raw)}
		if h, err := ParseBlock(b[8:]); h != want || err != nil {
			t.Errorf("%v: %+v, %v", l, h, err)
		}
		buf = append(buf[:0], "before"...)
		out, h, err := r.Unpack(buf, b[2], b[8:])
		if err != nil || h != want || !bytes.Equal(out[6:], raw) || string(out[:6]) != "before" {
			t.Errorf("%v: %+v, %v", l, h, err)
		}
		if &out[0] != &buf[0] || cap(out) != cap(buf) {
			t.Errorf("%v: it did not unpack where there was room", l)
		}
		if (l == LevelNone) != (b[2] == 0) || (l == LevelNone) != (len(b) == front+len(raw)) {
			t.Errorf("%v: flags %d, %d bytes of %d", l, b[2], len(b), len(raw))
		}
		if got, err := ParseLevel(l.String()); got != l || err != nil {
			t.Errorf("%v: %v", l, err)
		}
	}
	if _, err := ParseLevel("best"); err == nil {
		t.Error("best was taken")
	}
}

func TestBlockThatDoesNotShrink(t *testing.T) {
	m := msg.Message{Payload: string(noise(1000))}
	raw := m.Append(nil)
	b := block(LevelBetter, raw, 1, 0, 0)
	if b[2] != 0 || len(b) != front+len(raw) {
		t.Errorf("flags %d, %d bytes", b[2], len(b))
	}
	if out, _, err := unpack(b); err != nil || !bytes.Equal(out, raw) {
		t.Error(err)
	}
}

func noise(n int) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// sink keeps each Write, and fails those that it is told to.
type sink struct {
	writes [][]byte
	err    error
	short  bool
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return len(p) / 2, s.err
	}
	if s.short {
		return len(p) - 1, nil
	}
	s.writes = append(s.writes, bytes.Clone(p))
	return len(p), nil
}

func TestBlockWriterGathers(t *testing.T) {
	rec := records(1)
	s := &sink{}
	w := NewBlockWriter(s, BlockOptions{Size: 3 * len(rec)})
	for i := range int64(7) {
		if err := w.Write(rec, 1, 100-i, 100+i); err != nil {
			t.Fatal(err)
		}
	}
	if w.Buffered() != len(rec) || len(s.writes) != 2 {
		t.Errorf("%d bytes held, %d blocks written", w.Buffered(), len(s.writes))
	}
	for range 2 { // the second has nothing to do
		if err := w.Close(); err != nil || w.Buffered() != 0 {
			t.Error(err)
		}
	}
	if err := w.Write(nil, 0, 0, 0); err != nil || w.Flush() != nil || len(s.writes) != 3 {
		t.Errorf("an empty run: %v, %d blocks", err, len(s.writes))
	}
	f := func(i int, want BlockHead) {
		t.Helper()
		want.Raw = want.Count * len(rec)
		out, h, err := unpack(s.writes[i])
		if err != nil || h != want || !bytes.Equal(out, bytes.Repeat(rec, h.Count)) {
			t.Errorf("block %d: %+v, %v", i, h, err)
		}
	}
	f(0, BlockHead{Count: 3, First: 98, Last: 102})
	f(1, BlockHead{Count: 3, First: 95, Last: 105})
	f(2, BlockHead{Count: 1, First: 94, Last: 106})
}

// A run longer than a block is a block; one longer than any block is refused.
func TestBlockWriterLongRuns(t *testing.T) {
	raw := records(50)
	s := &sink{}
	w := NewBlockWriter(s, BlockOptions{Size: 100, Level: LevelFastest})
	for range 2 {
		if err := w.Write(raw, 50, 1, 50); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write(make([]byte, maxRaw+1), 1, 0, 0); err == nil || w.Buffered() != len(raw) {
		t.Error("more than a block can hold was taken")
	}
	if err := w.Close(); err != nil || len(s.writes) != 2 {
		t.Fatal(err, len(s.writes))
	}
	if cap(w.raw)+cap(w.out) > 0 {
		t.Errorf("buffers of %d and %d bytes kept for blocks of 100", cap(w.raw), cap(w.out))
	}
	for _, b := range s.writes {
		if out, _, err := unpack(b); err != nil || !bytes.Equal(out, raw) {
			t.Error(err)
		}
	}
}

// A writer that fails loses nothing and takes nothing twice.
func TestBlockWriterErrors(t *testing.T) {
	rec := records(1)
	s := &sink{}
	w := NewBlockWriter(s, BlockOptions{Size: len(rec), Level: LevelDefault})
	if err := w.Write(rec, 1, 1, 1); err != nil {
		t.Fatal(err)
	}
	s.err = errors.New("disk full")
	if err := w.Write(rec, 1, 2, 2); !errors.Is(err, s.err) {
		t.Errorf("err %v", err)
	}
	s.err, s.short = nil, true
	if err := w.Flush(); !errors.Is(err, io.ErrShortWrite) || w.Buffered() != len(rec) {
		t.Errorf("err %v, %d bytes held", err, w.Buffered())
	}
	s.short = false
	if err := w.Write(rec, 1, 2, 2); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil || len(s.writes) != 2 {
		t.Fatal(err, len(s.writes))
	}
	for i, b := range s.writes {
		if out, h, err := unpack(b); err != nil || h.First != int64(i+1) || !bytes.Equal(out, rec) {
			t.Errorf("block %d: %+v %v", i, h, err)
		}
	}
}

func TestBlockEveryBit(t *testing.T) {
	raw := records(3)
	for _, l := range []Level{LevelNone, LevelDefault} {
		b := block(l, raw, 3, 1, 3)
		if _, _, err := unpack(b); err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(b) {
			b[bit/8] ^= 1 << (bit % 8)
			out, _, err := unpack(b)
			if err == nil || len(out) > 0 {
				t.Errorf("%v: bit %d of byte %d was not missed", l, bit%8, bit/8)
			}
			b[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestBlockTorn(t *testing.T) {
	for _, l := range []Level{LevelNone, LevelDefault} {
		b := block(l, records(3), 3, 1, 3)
		var r BlockReader
		for n := msg.HeaderSize; n < len(b); n++ {
			out, _, err := r.Unpack(nil, b[2], b[msg.HeaderSize:n])
			if !errors.Is(err, ErrDamaged) || len(out) > 0 {
				t.Errorf("%v: %d of %d bytes: %v", l, n, len(b), err)
			}
		}
	}
}

// body returns a block's body with a checksum that is right, whatever it says.
func body(count uint32, first, last int64, raw uint32, payload []byte) []byte {
	b := make([]byte, blockHead, blockHead+len(payload))
	binary.BigEndian.PutUint32(b[blockCount:], count)
	binary.BigEndian.PutUint64(b[blockFirst:], uint64(first))
	binary.BigEndian.PutUint64(b[blockLast:], uint64(last))
	binary.BigEndian.PutUint32(b[blockRaw:], raw)
	b = append(b, payload...)
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return b
}

func TestBlockLies(t *testing.T) {
	raw := records(3)
	size := uint32(len(raw))
	enc, _ := zstd.NewWriter(nil)
	zip := enc.EncodeAll(raw, nil)
	var r BlockReader
	f := func(want error, flags byte, b []byte) {
		t.Helper()
		out, _, err := r.Unpack([]byte("x"), flags, b)
		if err != want || want != nil && (string(out) != "x" || !errors.Is(err, ErrDamaged)) {
			t.Errorf("err %v, want %v", err, want)
		}
	}
	f(nil, 0, body(3, 1, 3, size, raw))
	f(nil, 1, body(3, 1, 3, size, zip))
	f(nil, 0, body(0, 0, 0, 0, nil))
	f(errBlockShort, 0, nil)
	f(errBlockShort, 0, make([]byte, blockHead-1))
	f(errBlockRaw, 1, body(3, 1, 3, MaxBlock+1, zip))
	f(errBlockRaw, 1, body(3, 1, 3, 1<<32-1, zip))
	f(errBlockCount, 1, body(1<<32-1, 1, 3, size, zip))
	f(errBlockTimes, 1, body(3, 3, 1, size, zip))
	f(errBlockFlags, 3, body(3, 1, 3, size, zip))
	f(errBlockLength, 0, body(3, 1, 3, size-1, raw))
	f(errBlockLength, 0, body(3, 1, 3, size+1, raw))
	f(errBlockLength, 0, body(3, 1, 3, size, zip))
	f(errBlockLength, 1, body(3, 1, 3, size, raw))
	f(errBlockLength, 1, body(3, 1, 3, size-1, zip))
	f(errBlockLength, 1, body(3, 1, 3, size+1, zip))
	f(errBlockLength, 1, body(3, 1, 3, size, append(bytes.Clone(zip), zip...)))
	f(errBlockLength, 1, body(3, 1, 3, size, zip[:len(zip)-1]))
	f(errBlockRecords, 0, body(2, 1, 3, size, raw))
	f(errBlockRecords, 1, body(4, 1, 3, size, zip))
	f(errBlockRecords, 0, body(3, 1, 3, size, append(bytes.Clone(raw[1:]), 0)))
	f(errBlockRecords, 0, body(0, 0, 0, 4, []byte("rest")))
}

// What unpacks to gigabytes costs no more than the raw length allows.
func TestBlockBombs(t *testing.T) {
	known, _ := zstd.NewWriter(nil)
	zeros := make([]byte, 32<<20)
	bomb := known.EncodeAll(zeros, nil)
	var stream bytes.Buffer // without its length in front
	unknown, _ := zstd.NewWriter(&stream)
	for range 8 {
		unknown.Write(zeros)
	}
	unknown.Close()
	f := func(raw uint32, payload []byte) {
		t.Helper()
		var r BlockReader
		r.Unpack(nil, 1, body(0, 0, 0, 0, nil)) // the decoder itself
		b := body(1, 0, 0, raw, payload)
		var was, is runtime.MemStats
		runtime.ReadMemStats(&was)
		_, _, err := r.Unpack(nil, 1, b)
		runtime.ReadMemStats(&is)
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("err %v", err)
		}
		if n := is.TotalAlloc - was.TotalAlloc; n > uint64(raw)+4<<20 {
			t.Errorf("raw length %d: %d bytes of memory for %d", raw, n, len(payload))
		}
	}
	f(1000, bomb)
	f(1000, stream.Bytes())
	f(1<<20, bytes.Repeat(bomb, 100))
	f(1<<20, stream.Bytes())
	f(MaxBlock+1, bomb)
}

func TestBlockAllocs(t *testing.T) {
	raw := records(100)
	for l := LevelNone; l <= LevelBetter; l++ {
		w := NewBlockWriter(io.Discard, BlockOptions{Level: l})
		n := testing.AllocsPerRun(50, func() {
			w.Write(raw, 100, 1, 100)
			w.Flush()
		})
		b := block(l, raw, 100, 1, 100)
		var r BlockReader
		var out []byte
		m := testing.AllocsPerRun(50, func() {
			var err error
			if out, _, err = r.Unpack(out[:0], b[2], b[8:]); err != nil {
				t.Fatal(err)
			}
		})
		// The decoder keeps tables in pools, which the race detector empties at random.
		if n != 0 || m > 4 {
			t.Errorf("%v: %v allocations to write a block, %v to read it", l, n, m)
		}
	}
}

func FuzzBlock(f *testing.F) {
	for _, l := range []Level{LevelNone, LevelDefault} {
		b := block(l, records(2), 2, 1, 2)
		f.Add(b[2], b[8:])
	}
	f.Add(byte(1), body(1, 0, 0, 1000, []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0, 1, 0, 0}))
	f.Add(byte(0), []byte{})
	f.Fuzz(func(t *testing.T, flags byte, b []byte) {
		if len(b) >= blockHead { // get past the checksum, and don't unpack megabytes
			b = bytes.Clone(b)
			b[blockRaw] = 0
			binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
		}
		var r BlockReader
		out, h, err := r.Unpack([]byte("x"), flags, b)
		if err != nil {
			if !errors.Is(err, ErrDamaged) || string(out) != "x" || h != (BlockHead{}) {
				t.Fatal(err)
			}
			return
		}
		if len(out) != 1+h.Raw || !holds(out[1:], h.Count) {
			t.Fatalf("%+v of %d bytes", h, len(out))
		}
		if h.Raw == 0 {
			return
		}
		back, h2, err := unpack(block(LevelFastest, out[1:], h.Count, h.First, h.Last))
		if err != nil || h2 != h || !bytes.Equal(back, out[1:]) {
			t.Fatal(h2, err)
		}
	})
}
