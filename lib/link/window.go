package link

import (
	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// slabSize is how many bytes a sender takes at a time for what it keeps, and about how
// much it sends as one batch.
const slabSize = stage.BatchSize

// maxUnsent is how much waits to be sent before whoever adds more has to wait: what is
// sent soon is in the processor's cache still.
const maxUnsent = 2 * slabSize

// maxPending is how many acknowledgements of batches wait; they take no bytes of the
// window, where all records were filtered out.
const maxPending = 8192

// idleSlabs is how many slabs are kept when the window is empty.
const idleSlabs = 8

// window is what was given to a sender and is not acknowledged: chunks, each of which
// is sent as one batch, one behind the other in slabs of memory.
//
//	slab  [ chunk | chunk | chu ]   [ nk... | open chunk ]      appended to at the end,
//	        ^ acked, to be freed              ^ next to be sent       freed at the start
//
// A chunk that was sent does not grow any more: sent again, it is the same. It is not
// for several goroutines at once.
type window struct {
	chunks []*chunk // in order; chunks[:sent] are on their way
	sent   int
	bytes  int64 // of all chunks
	unsent int64 // of chunks[sent:]
	next   int64 // number of the next record
	acked  int64 // all before it are acknowledged

	pending []pending // in the order of at
	free    []*slab
	spare   []*chunk
}

// pending is what to acknowledge when all records before at are.
type pending struct {
	at int64
	r  stage.Range
}

// slab is memory of chunks.
type slab struct {
	buf  []byte // never reallocated
	live int    // chunks in it
}

// chunk is a run of records that is sent as one batch.
type chunk struct {
	slab       *slab
	start, end int   // in slab.buf
	from, to   int64 // numbers of its records; to is behind the last
	hops       uint8
	closed     bool // nothing is added any more
}

// room returns a chunk that takes so many bytes, a new one if need be.
func (w *window) room(size int, hops uint8) *chunk {
	var last *chunk
	if n := len(w.chunks); n > 0 {
		last = w.chunks[n-1]
	}
	fits := last != nil && len(last.slab.buf)+size <= cap(last.slab.buf)
	if fits && !last.closed && last.end-last.start+size <= slabSize && last.hops == hops {
		return last
	}
	if last != nil {
		last.closed = true
	}
	var s *slab
	if fits {
		s = last.slab
	} else {
		s = w.slab(size)
	}
	c := &chunk{}
	if n := len(w.spare); n > 0 {
		c, w.spare = w.spare[n-1], w.spare[:n-1]
	}
	at := len(s.buf)
	*c = chunk{slab: s, start: at, end: at, from: w.next, to: w.next, hops: hops}
	s.live++
	w.chunks = append(w.chunks, c)
	return c
}

func (w *window) slab(size int) *slab {
	if n := len(w.free); n > 0 && size <= slabSize {
		s := w.free[n-1]
		w.free = w.free[:n-1]
		return s
	}
	return &slab{buf: make([]byte, 0, max(size, slabSize))}
}

// add appends n records, p, as they stand.
func (w *window) add(p []byte, n int, hops uint8) {
	c := w.room(len(p), hops)
	c.slab.buf = append(c.slab.buf, p...)
	w.grew(c, n)
}

// grew notes that n records were appended to the slab of c, its last chunk.
func (w *window) grew(c *chunk, n int) {
	w.bytes += int64(len(c.slab.buf) - c.end)
	w.unsent += int64(len(c.slab.buf) - c.end)
	c.end = len(c.slab.buf)
	c.to += int64(n)
	w.next = c.to
}

// batch appends the records of b, and holds its acknowledgement.
func (w *window) batch(b *stage.Batch) {
	hops := b.Ack.Hops
	switch p, whole := b.Bytes(); {
	case b.Gap != nil:
		w.gap(b.Gap, hops)
	case whole && len(p) <= slabSize:
		if len(p) > 0 {
			w.add(p, b.Len(), hops)
		}
	default:
		for i := range b.Off {
			w.add(b.Record(i), 1, hops)
		}
	}
	w.hold(b)
}

// gap appends a gap, which stands alone in its chunk.
func (w *window) gap(g *frame.Gap, hops uint8) {
	w.shut()
	w.add(frame.AppendGap(nil, g), 1, hops)
	w.shut()
}

// shut lets nothing be added to the last chunk.
func (w *window) shut() {
	if n := len(w.chunks); n > 0 {
		w.chunks[n-1].closed = true
	}
}

// hold keeps the acknowledgement of b until all before it is acknowledged.
func (w *window) hold(b *stage.Batch) {
	if b.Ack.Empty() || b.Interim {
		return
	}
	if n := len(w.pending); n > 0 {
		last := &w.pending[n-1]
		if last.at == w.next && last.r.Source == b.Ack.Source && last.r.To == b.Ack.From {
			last.r.To = b.Ack.To
			return
		}
	}
	w.pending = append(w.pending, pending{w.next, b.Ack})
}

// take returns the head and the bytes of the next chunk to be sent, which does not grow
// from then on; nil if there is none. The bytes stay until they are acknowledged.
func (w *window) take() (head, []byte) {
	if w.sent == len(w.chunks) {
		return head{}, nil
	}
	c := w.chunks[w.sent]
	c.closed = true
	w.sent++
	w.unsent -= int64(c.end - c.start)
	return head{from: c.from, to: c.to, bytes: int64(c.end - c.start), hops: c.hops},
		c.slab.buf[c.start:c.end]
}

// rewind goes back to the first record that a peer wants; false if that is none that
// the window has, or stands within a chunk.
func (w *window) rewind(to int64) bool {
	at := w.acked
	w.sent, w.unsent = 0, w.bytes
	for _, c := range w.chunks {
		if at == to {
			return true
		}
		w.sent++
		w.unsent -= int64(c.end - c.start)
		at = c.to
	}
	return at == to
}

// reached is the number behind the last record that was sent.
func (w *window) reached() int64 {
	if w.sent == 0 {
		return w.acked
	}
	return w.chunks[w.sent-1].to
}

// acknowledge frees what stands before to, and appends to done what is acknowledged by
// that. It is false if that was never sent.
func (w *window) acknowledge(to int64, done []stage.Range) ([]stage.Range, bool) {
	if to > w.reached() {
		return done, false
	}
	i := 0
	for ; i < len(w.chunks) && w.chunks[i].to <= to; i++ {
		w.drop(w.chunks[i])
	}
	w.chunks = w.chunks[:copy(w.chunks, w.chunks[i:])]
	w.sent -= i
	if len(w.chunks) > 0 && w.chunks[0].from < to {
		w.trim(w.chunks[0], to)
	}
	w.acked = max(w.acked, to)
	if len(w.chunks) == 0 {
		w.free = w.free[:min(len(w.free), idleSlabs)]
	}
	i = 0
	for ; i < len(w.pending) && w.pending[i].at <= w.acked; i++ {
		done = append(done, w.pending[i].r)
	}
	w.pending = w.pending[:copy(w.pending, w.pending[i:])]
	return done, true
}

// drop gives back what a chunk takes.
func (w *window) drop(c *chunk) {
	w.bytes -= int64(c.end - c.start)
	s := c.slab
	if s.live--; s.live == 0 && cap(s.buf) == slabSize {
		// The last chunk of the last slab may still be in use; a slab that is empty and
		// comes back starts anew.
		s.buf = s.buf[:0]
		w.free = append(w.free, s)
	}
	c.slab = nil
	w.spare = append(w.spare, c)
}

// trim takes the records before to from c, of which the peer wanted no more.
func (w *window) trim(c *chunk, to int64) {
	was := c.start
	for ; c.from < to; c.from++ {
		rec := c.slab.buf[c.start:c.end]
		c.start += msg.HeaderSize + int(rec[4])<<24 + int(rec[5])<<16 + int(rec[6])<<8 + int(rec[7])
	}
	w.bytes -= int64(c.start - was)
}
