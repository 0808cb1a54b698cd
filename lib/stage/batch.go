package stage

import (
	"sync"
	"sync/atomic"

	"heka/lib/frame"
	"heka/lib/msg"
)

// Sizes of batches in bytes: what a new buffer holds, from when on a writer hands
// a batch on, and the largest buffer that a pool takes back.
const (
	BatchSize = 256 << 10
	BatchFull = BatchSize * 3 / 4
	maxPooled = 2 << 20
)

// Batch is a run of records that travels as one: encoded records and where they
// start, or rendered text, or a tick, or a gap, or nothing but an acknowledgement.
// Once written to a Writer it is immutable. It is counted: who holds it owns one
// reference, which Release gives back; Retain makes another. A batch that Select
// made shares the bytes of its parent.
//
// A batch with an acknowledgement goes on, down to the end of the pipeline, or
// something goes on in its place that has the acknowledgement: see Pass. A stage that
// gives up records which it should have delivered clears it: see Cut.
type Batch struct {
	Buf []byte   // the bytes; between records may stand some that Off does not name
	Off []uint32 // where each record starts in Buf

	Text    bool  // Buf is rendered text and Off is empty
	Tick    int64 // nanoseconds since 1970 UTC, if this is a tick: no records
	Live    bool  // with Tick: only a terminal wants to see how things stand
	Interim bool  // a snapshot of what will come again: for a terminal alone

	// Hurry asks those who hold acknowledgements back to let them go: somebody waits for
	// the memory of what they are for. No records. A sink flushes and syncs what it has to.
	Hurry bool

	// Gap, if not nil, says what of a source was lost at this place: no records. Only
	// who writes records looks at it.
	Gap *frame.Gap

	// Ack is what of a source is done with when this batch has come through. It is set
	// by the source, and passed on by all others. Not of ticks and Interim batches.
	Ack Range

	// Routes says which records go to each target of a router, beside those that go
	// on down the pipeline, which are in Off. All other stages leave it alone.
	Routes []Route

	unchecked bool // msg.Check has not seen the records yet: checkLane is next

	parent *Batch
	pool   *Pool
	refs   atomic.Int32
}

// Len returns the number of records.
func (b *Batch) Len() int { return len(b.Off) }

// Control reports whether b is a tick, a gap, or to hurry: it has no records, and stages
// that have no use for it pass it on as it is.
func (b *Batch) Control() bool { return b.Tick != 0 || b.Gap != nil || b.Hurry }

// bare reports whether lanes have nothing to do with b: it has neither records nor
// text.
func (b *Batch) bare() bool { return len(b.Off) == 0 && !b.Text }

// View makes v the view of record i.
func (b *Batch) View(i int, v *msg.View) { v.Reset(b.Record(i)[msg.HeaderSize:]) }

// Record returns record i with its header. It aliases the batch.
func (b *Batch) Record(i int) []byte { return b.recordAt(b.Off[i]) }

func (b *Batch) recordAt(at uint32) []byte {
	h := b.Buf[at : at+msg.HeaderSize]
	n := uint32(h[4])<<24 | uint32(h[5])<<16 | uint32(h[6])<<8 | uint32(h[7])
	return b.Buf[at : at+msg.HeaderSize+n]
}

// Bytes returns the text, or the records if they stand end to end; false if
// there are gaps between them, as in a selection.
func (b *Batch) Bytes() ([]byte, bool) {
	if b.Text || len(b.Off) == 0 {
		if b.Text {
			return b.Buf, true
		}
		return nil, true
	}
	next := b.Off[0]
	for i, at := range b.Off {
		if at != next {
			return nil, false
		}
		next = at + uint32(len(b.Record(i)))
	}
	return b.Buf[b.Off[0]:next], true
}

// AppendTo appends the text or the records to dst, end to end.
func (b *Batch) AppendTo(dst []byte) []byte {
	if p, ok := b.Bytes(); ok {
		return append(dst, p...)
	}
	for i := range b.Off {
		dst = append(dst, b.Record(i)...)
	}
	return dst
}

// Retain makes another reference to b and returns b.
func (b *Batch) Retain() *Batch {
	b.refs.Add(1)
	return b
}

// Release gives a reference back. The caller must not touch b any more.
func (b *Batch) Release() {
	if n := b.refs.Add(-1); n > 0 {
		return
	} else if n < 0 {
		panic("stage: batch released twice")
	}
	parent, pool := b.parent, b.pool
	if parent != nil {
		b.Buf = nil
	}
	pool.put(b)
	if parent != nil {
		parent.Release()
	}
}

// Select returns a batch of those records of b that stand at off, sharing b's
// bytes, with b's acknowledgement: the others are done with. It takes the caller's
// reference to b over, and copies off. Of a batch without records it is a copy.
func (b *Batch) Select(off []uint32) *Batch {
	s := b.pool.child()
	s.Buf, s.Off, s.Ack, s.parent = b.Buf, append(s.Off[:0], off...), b.Ack, b
	s.Text, s.Interim, s.Tick, s.Live, s.Gap = b.Text, b.Interim, b.Tick, b.Live, b.Gap
	s.Hurry = b.Hurry
	return s
}

// Cut is Select where the other records are not done with: the batch has no
// acknowledgement.
func (b *Batch) Cut(off []uint32) *Batch {
	s := b.Select(off)
	s.Ack = Range{}
	return s
}

// Compact returns a batch with a copy of those records of b that stand at off, in a
// buffer of just their size, with b's acknowledgement. It leaves b alone. It is for
// what may be kept for long.
func (b *Batch) Compact(off []uint32) *Batch {
	n := 0
	for _, at := range off {
		n += len(b.recordAt(at))
	}
	c := &Batch{Buf: make([]byte, 0, n), Off: make([]uint32, 0, len(off)), Ack: b.Ack, pool: b.pool}
	for _, at := range off {
		c.Off = append(c.Off, uint32(len(c.Buf)))
		c.Buf = append(c.Buf, b.recordAt(at)...)
	}
	c.refs.Store(1)
	return c
}

// NewText returns an empty batch of text, of the same pool, that stands for b: with
// its acknowledgement. It leaves b alone.
func (b *Batch) NewText() *Batch {
	t := b.pool.Get()
	t.Ack, t.Interim, t.Text = b.Ack, b.Interim, true
	return t
}

// Pool hands out batches and takes them back, those first that came back last: what
// is still in the processor's cache is used again. It keeps a bounded number; how many
// are in use is bounded by the channels between stages. Any number of goroutines may
// use it.
type Pool struct {
	mu       sync.Mutex
	max      int
	free     []*Batch // with buffers of BatchSize or more
	children []*Batch // without: for selections and ticks
}

// NewPool returns a pool that keeps at most n batches at rest.
func NewPool(n int) *Pool { return &Pool{max: n} }

// take returns the batch that came back last to one of the lists; nil if it is empty.
func (p *Pool) take(list *[]*Batch) *Batch {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(*list)
	if n == 0 {
		return nil
	}
	b := (*list)[n-1]
	*list = (*list)[:n-1]
	return b
}

// Get returns an empty batch with a buffer of at least BatchSize.
func (p *Pool) Get() *Batch {
	b := p.take(&p.free)
	if b == nil {
		b = &Batch{Buf: make([]byte, 0, BatchSize), Off: make([]uint32, 0, 1024), pool: p}
	}
	b.refs.Store(1)
	return b
}

// Tick returns a batch that is a tick at t, nanoseconds since 1970 UTC.
func (p *Pool) Tick(t int64, live bool) *Batch {
	b := p.child()
	b.Tick, b.Live = t, live
	return b
}

// Gap returns a batch that says what was lost. g must not change any more.
func (p *Pool) Gap(g *frame.Gap) *Batch {
	b := p.child()
	b.Gap = g
	return b
}

// Hurry returns a batch that asks for acknowledgements.
func (p *Pool) Hurry() *Batch {
	b := p.child()
	b.Hurry = true
	return b
}

// Ack returns a batch that is nothing but an acknowledgement.
func (p *Pool) Ack(r Range) *Batch {
	b := p.child()
	b.Ack = r
	return b
}

func (p *Pool) child() *Batch {
	b := p.take(&p.children)
	if b == nil {
		b = &Batch{pool: p}
	}
	b.refs.Store(1)
	return b
}

// put takes back b, to which nobody refers any more.
func (p *Pool) put(b *Batch) {
	to := &p.free
	if b.Buf == nil {
		to = &p.children
	}
	if n := cap(b.Buf); n > maxPooled || b.Buf != nil && n < BatchSize {
		return
	}
	b.Buf, b.Off = b.Buf[:0], b.Off[:0]
	b.Text, b.Tick, b.Live, b.Interim, b.Ack, b.parent = false, 0, false, false, Range{}, nil
	b.unchecked, b.Gap, b.Hurry = false, nil, false
	b.Routes = b.Routes[:0]
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(*to) < p.max {
		*to = append(*to, b)
	}
}
