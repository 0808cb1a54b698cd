package position

import "sort"

// Tracker moves a position over what was acknowledged without a gap. A source tells it
// what it sends; acknowledgements come back in any order, and the position is the end of
// the longest run, from where it started, that is acknowledged. A Mark is what the
// caller wants back with the position: what the source was like just there.
//
// The zero Tracker is at 0. It holds an entry for each range in flight, allocates
// nothing once it has held as many before, and is for one goroutine at a time. Sent
// and an Acked in order take the same time whatever is in flight; one out of order
// takes the logarithm of that.
type Tracker[M any] struct {
	ring       []flight[M] // a power of two; entry i is at i & (len-1)
	head, tail uint64      // entries head to tail-1 are in flight
	at, end    int64
	mark       M
}

// flight is a range that was sent.
type flight[M any] struct {
	from, to int64
	mark     M
	acked    bool
}

// NewTracker returns a Tracker that is at this position.
func NewTracker[M any](at int64) *Tracker[M] {
	t := &Tracker[M]{}
	t.Start(at)
	return t
}

// Start forgets what is in flight and sets the position, with the zero Mark.
func (t *Tracker[M]) Start(at int64) {
	clear(t.ring)
	t.head, t.tail = 0, 0
	t.at, t.end = at, at
	var zero M
	t.mark = zero
}

// At returns the position.
func (t *Tracker[M]) At() int64 { return t.at }

// End returns the end of what was sent; End() - At() is what a crash repeats at most.
func (t *Tracker[M]) End() int64 { return t.end }

// Sent says that the range was sent, which begins where the one before it, or the
// position at the start, ended; it panics otherwise. mark comes back when
// the position is at to. An empty range is nothing: it is never acknowledged.
func (t *Tracker[M]) Sent(from, to int64, mark M) {
	if from != t.end || to < from {
		panic("position: Sent is not contiguous")
	}
	if from == to {
		return
	}
	if t.tail-t.head == uint64(len(t.ring)) {
		t.grow()
	}
	*t.entry(t.tail) = flight[M]{from: from, to: to, mark: mark}
	t.tail++
	t.end = to
}

// Acked says that the range was delivered: one that was sent, or several that touch,
// as one. It returns the position, its mark, and whether this moved it. What is
// not a whole range in flight is passed over: a range acknowledged before, or never sent.
func (t *Tracker[M]) Acked(from, to int64) (at int64, mark M, moved bool) {
	for i := t.find(from); i < t.tail; i++ {
		e := t.entry(i)
		if e.to > to {
			break
		}
		e.acked = true
	}
	for t.head < t.tail {
		e := t.entry(t.head)
		if !e.acked {
			break
		}
		t.at, t.mark, moved = e.to, e.mark, true
		*e = flight[M]{} // do not hold on to what the mark points to
		t.head++
	}
	return t.at, t.mark, moved
}

// find returns the first entry that does not begin before from.
func (t *Tracker[M]) find(from int64) uint64 {
	if t.head == t.tail || from <= t.at {
		return t.head
	}
	n := sort.Search(int(t.tail-t.head), func(i int) bool {
		return t.entry(t.head+uint64(i)).from >= from
	})
	return t.head + uint64(n)
}

func (t *Tracker[M]) entry(i uint64) *flight[M] {
	return &t.ring[i&uint64(len(t.ring)-1)]
}

func (t *Tracker[M]) grow() {
	bigger := make([]flight[M], max(8, 2*len(t.ring)))
	n := uint64(0)
	for i := t.head; i < t.tail; i++ {
		bigger[n] = *t.entry(i)
		n++
	}
	t.ring, t.head, t.tail = bigger, 0, n
}
