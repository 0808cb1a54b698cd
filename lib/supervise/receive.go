package supervise

import (
	"fmt"
	"io"
	"net"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// receiver reads batches and control records from a socket. It is for one goroutine,
// but for drain and hurry.
type receiver struct {
	*reader
	pool  *stage.Pool
	max   int  // longest body of a message
	check bool // the other end may be wrong about its records

	rest []byte // read and not used yet: rest[at:]
	at   int
}

func newReceiver(conn *net.UnixConn, pool *stage.Pool, max int) (*receiver, error) {
	r, err := newReader(conn)
	if err != nil {
		return nil, err
	}
	if max <= 0 {
		max = frame.DefaultMaxRecord
	}
	return &receiver{reader: r, pool: pool, max: max}, nil
}

// run is how far whole batches reach in what is being read.
type run struct {
	whole int         // bytes of whole batches, marks included
	recs  int         // records in them
	ack   stage.Range // of all of them
	have  bool        // there is one
	open  int         // records behind the last mark
}

// next returns the next batch, or the body of the next control record, which lives
// until the next call; io.EOF at the end. Neighbouring batches whose ranges touch come
// as one, as far as they are there. This is on the hot path of each isolated node:
// it looks at each header once and copies what is left over by a read.
func (r *receiver) next() (*stage.Batch, []byte, error) {
	for {
		if b, control, err := r.single(); b != nil || control != nil || err != nil {
			return b, control, err
		}
		b := r.pool.Get()
		have, err := r.fill(b)
		if err == nil && have && len(b.Off) > 0 {
			return b, nil, nil
		}
		ack := b.Ack
		b.Release()
		if err != nil {
			return nil, nil, err
		}
		if have {
			b = r.pool.Tick(0, false) // one without a buffer
			b.Ack = ack
			return b, nil, nil
		}
	}
}

// single returns the record at rest[at:] if it is a gap or a control record; nothing
// if it is another. It waits for its first bytes.
func (r *receiver) single() (*stage.Batch, []byte, error) {
	for {
		p := r.rest[r.at:]
		kind, size, err := header(p, r.max)
		if err != nil {
			return nil, nil, err
		}
		if size > 0 && kind != kindControl && kind != frame.KindGap {
			return nil, nil, nil
		}
		if size > 0 && size <= len(p) {
			r.at += size
			return r.one(kind, p[msg.HeaderSize:size])
		}
		if len(p) > 0 || size > 0 {
			if err := r.more(size); err != nil {
				return nil, nil, err
			}
			continue
		}
		return nil, nil, nil
	}
}

func (r *receiver) one(kind byte, body []byte) (*stage.Batch, []byte, error) {
	if kind == frame.KindGap {
		g, err := frame.ParseGap(body)
		if err != nil {
			return nil, nil, err
		}
		return r.pool.Gap(&g), nil, nil
	}
	if len(body) == 0 {
		return nil, nil, fmt.Errorf("%w: an empty control record", frame.ErrDamaged)
	}
	return nil, body, nil
}

// more reads behind what is in rest, which wants to be size long.
func (r *receiver) more(size int) error {
	r.rest = r.rest[:copy(r.rest, r.rest[r.at:])]
	r.at = 0
	r.rest = room(r.rest, size)
	n, err := r.Read(r.rest[len(r.rest):cap(r.rest)])
	r.rest = r.rest[:len(r.rest)+n]
	return eof(err, len(r.rest))
}

// eof makes of an end within a record what it is.
func eof(err error, pending int) error {
	if err == io.EOF && pending > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// fill puts whole batches into b: those in rest, and what can be read at once, but at
// least one; false if a record of another kind comes first. What follows is left in rest.
func (r *receiver) fill(b *stage.Batch) (have bool, err error) {
	var s run
	n, stop, err := r.scan(b, r.rest[r.at:], 0, &s)
	if err != nil {
		return false, err
	}
	if stop {
		b.Buf = append(b.Buf, r.rest[r.at:r.at+s.whole]...)
		r.at += s.whole
		return s.have, r.finish(b, &s)
	}
	b.Buf = append(b.Buf, r.rest[r.at:]...)
	if r.rest, r.at = r.rest[:0], 0; cap(r.rest) > 2*maxPiece {
		r.rest = nil
	}
	for at, want := n, 0; !stop; {
		if s.have && len(b.Buf) >= stage.BatchFull {
			break
		}
		if len(b.Buf)-s.whole > maxPiece+r.max+2*maxControl {
			return false, fmt.Errorf("%w: a batch without end", frame.ErrDamaged)
		}
		if _, want, err = header(b.Buf[at:], r.max); err != nil {
			return false, err
		}
		b.Buf = room(b.Buf, at+want)
		free := b.Buf[len(b.Buf):cap(b.Buf)]
		if s.have {
			if n, err = r.readNow(free); n == 0 {
				break // what there was of an end comes again
			}
		} else {
			n, err = r.Read(free)
		}
		if b.Buf = b.Buf[:len(b.Buf)+n]; err != nil {
			return false, eof(err, len(b.Buf))
		}
		n, stop, err = r.scan(b, b.Buf[at:], at, &s)
		if at += n; err != nil {
			return false, err
		}
	}
	r.rest = append(r.rest, b.Buf[s.whole:]...)
	b.Buf = b.Buf[:s.whole]
	return s.have, r.finish(b, &s)
}

func (r *receiver) finish(b *stage.Batch, s *run) error {
	b.Off, b.Ack = b.Off[:s.recs], s.ack
	if !r.check {
		return nil
	}
	for i := range b.Off {
		if err := msg.Check(b.Record(i)[msg.HeaderSize:]); err != nil {
			return err
		}
	}
	return nil
}

// scan goes over the records in p, which stands, or will, at b.Buf[base:], and notes
// where they start. It returns how many bytes of whole records there are, and whether a
// batch must end before what comes then.
func (r *receiver) scan(b *stage.Batch, p []byte, base int, s *run) (n int, stop bool, err error) {
	for {
		kind, size, err := header(p[n:], r.max)
		if err != nil {
			return n, false, err
		}
		if size == 0 || kind != kindControl && kind != frame.KindGap && size > len(p)-n {
			return n, false, nil
		}
		switch kind {
		case msg.KindMessage:
			b.Off = append(b.Off, uint32(base+n))
			s.open++
		case frame.KindAck:
			m, err := parseMark(p[n+msg.HeaderSize : n+size])
			if err != nil {
				return n, false, err
			}
			if !s.add(m, base+n+size, len(b.Off)) {
				return n, true, nil
			}
			if base+n+size >= stage.BatchFull {
				return n + size, true, nil
			}
		default:
			if s.open > 0 {
				return n, false, fmt.Errorf("%w: kind %q within a batch", frame.ErrDamaged, kind)
			}
			return n, true, nil
		}
		n += size
	}
}

// add takes the batch that ends here with m to those in s; false if it does not go with
// them.
func (s *run) add(m stage.Range, bytes, recs int) bool {
	switch {
	case !s.have:
		s.ack = m
	case m.Hops != s.ack.Hops:
		return false
	case m.Empty():
	case s.ack.Empty():
		s.ack = m
	case m.Source == s.ack.Source && m.From == s.ack.To:
		s.ack.To = m.To
	default:
		return false
	}
	s.whole, s.recs, s.have, s.open = bytes, recs, true, 0
	return true
}

// room makes room to read behind buf, which wants to be want long. It grows in steps of
// what it holds: a length that lies is paid for in bytes before it is in memory.
func room(buf []byte, want int) []byte {
	const step = 64 << 10
	if free := cap(buf) - len(buf); free >= step || free > 0 && cap(buf) >= want {
		return buf
	}
	size := max(stage.BatchSize, min(max(want, len(buf)+step), 2*len(buf)+step))
	return append(make([]byte, 0, size), buf...)
}
