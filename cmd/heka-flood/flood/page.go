package flood

import (
	"encoding/binary"
	"strconv"

	"heka/lib/msg"
	"heka/lib/stage"
)

// pages is how many pages are made; they are written in turn. So few stay in the
// processor's cache.
const pages = 4

// fieldRoom is more than a field takes, in bytes.
const fieldRoom = 64

// Where in a record its uuid and timestamp stand: heka-frame(5).
const (
	uuidAt      = msg.HeaderSize + 3
	timestampAt = msg.HeaderSize + 20
)

// page is records end to end, all of uuid and timestamp 0.
type page struct {
	buf []byte
	off []uint32 // where each starts, from where the first record of a whole page does
}

// cut returns up to n records of p from the i-th on.
func (p page) cut(i int, n int64) page {
	to, end := len(p.off), len(p.buf)
	if n < int64(to-i) {
		to = i + int(n)
		end = int(p.off[to])
	}
	return page{buf: p.buf[p.off[i]:end], off: p.off[i:to]}
}

// newPage returns a page of records, the first of which is the n-th of all.
func (s *source) newPage(n int) page {
	var p page
	var payload []byte
	var b msg.Builder
	for !s.full(&p) {
		b.Reset()
		i := n + len(p.off)
		size := s.bytes
		if s.variable {
			size = 1 + s.rng.IntN(2*size)
		}
		payload = s.payload(payload[:0], size)
		b.Type, b.Logger, b.Payload = []byte(s.types[i%len(s.types)]), []byte("flood"), payload
		b.Hostname, b.Pid = []byte(s.env.Hostname), s.pid
		s.addFields(&b)
		p.off = append(p.off, uint32(len(p.buf)))
		p.buf = b.Append(p.buf)
	}
	return p
}

// full reports whether p is large enough. It ends with the last of the types, so
// that they go on in turn when the pages come again, unless that makes it too large.
func (s *source) full(p *page) bool {
	return len(p.buf) >= 2*stage.BatchFull ||
		len(p.buf) >= stage.BatchFull && len(p.off)%len(s.types) == 0
}

// payload appends n random bytes.
func (s *source) payload(dst []byte, n int) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789"
	for range n {
		c := byte(s.rng.Uint32())
		if s.ascii {
			c = letters[c%byte(len(letters))]
		}
		dst = append(dst, c)
	}
	return dst
}

func (s *source) addFields(b *msg.Builder) {
	for i := range s.fields {
		b.Name([]byte("field" + strconv.Itoa(i)))
		switch i % 4 {
		case 0:
			b.Str(s.payload(nil, 4+s.rng.IntN(16)))
		case 1:
			b.Int(int64(s.rng.Uint32()))
		case 2:
			b.Float(s.rng.Float64())
		default:
			b.Bool(s.rng.IntN(2) == 1)
		}
	}
}

// stamps gives records their uuids and timestamps.
type stamps struct {
	timestamp int64  // of the next
	step      int64  // between two
	low       uint64 // half of the next uuid
}

// put stamps a record. It is on the hot path.
func (t *stamps) put(record []byte) {
	h := record[:timestampAt+8]
	binary.BigEndian.PutUint64(h[uuidAt:], uint64(t.timestamp/1e6)<<16|7<<12)
	binary.BigEndian.PutUint64(h[uuidAt+8:], 1<<63|t.low&(1<<62-1))
	binary.BigEndian.PutUint64(h[timestampAt:], uint64(t.timestamp))
	t.timestamp += t.step
	t.low++
}
