package bus

import (
	"context"
	"sync"

	"heka/lib/stage"
)

// item is a batch that is offered to a node: its own reference, where its records are
// told to, and what they were.
type item struct {
	b     *stage.Batch
	t     *ticket // nil: nobody waits to hear of it
	mark  mark
	hops  uint8
	bytes int64 // of memory that it holds

	from  int64 // its first unit; it has one for each record
	acked int64 // units that are acknowledged
	past  int64 // units from the first one on that are acknowledged or given up in a row
	units int64
	over  bool // all are: the batch is gone, and who waits for it has been told
}

// queue holds what a node is offered until its pipeline has acknowledged it.
//
//	done ──── handed out, not acknowledged ──── next ──── waiting ──── end
//
// It is bounded by the bytes of all of it.
type queue struct {
	max  int64
	full Full

	mu     sync.Mutex
	cond   sync.Cond // something has changed that somebody may wait for
	items  []item    // a ring; item i is at i % len
	done   int64
	next   int64
	end    int64
	units  int64 // of the next item
	bytes  int64
	closed bool // nothing comes any more: the inlet ends when all is handed out
	waits  int  // how many wait for room
	asked  bool // the pipeline was asked to hurry, and has done nothing since
	urged  bool // a node before this one was asked to hurry
	paused bool // nothing is handed out: the inlet ends
	gone   bool // the node is no more: what comes is done with at once

	acks    int64 // units acknowledged, in all
	dropped int64 // messages given up because the queue was full
}

func newQueue(max int64, full Full) *queue {
	q := &queue{max: max, full: full, items: make([]item, 64)}
	q.cond.L = &q.mu
	return q
}

func (q *queue) at(i int64) *item { return &q.items[i%int64(len(q.items))] }

// offered is what became of an item that was offered.
type offered int

const (
	taken offered = iota
	given         // up, by policy
	noRoom
)

// offer takes it if there is room, or policy makes some. What it gives up it returns,
// for its tickets to be done with outside the lock.
func (q *queue) offer(it item) (o offered, up []item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.gone:
		return given, []item{it}
	case q.bytes == 0 || q.bytes+it.bytes <= q.max:
	case q.full == DropNew:
		q.dropped += int64(it.b.Len())
		return given, []item{it}
	case q.full == DropOld:
		up = q.dropOld(it.bytes)
		if q.bytes > 0 && q.bytes+it.bytes > q.max { // all that is left was handed out
			q.dropped += int64(it.b.Len())
			return given, append(up, it)
		}
	default:
		return noRoom, nil
	}
	q.push(it)
	return taken, up
}

// push appends it, whatever the bound.
func (q *queue) push(it item) {
	if q.end-q.done == int64(len(q.items)) {
		q.grow()
	}
	it.from, it.units = q.units, int64(max(it.b.Len(), 1))
	q.units += it.units
	*q.at(q.end) = it
	q.end++
	q.bytes += it.bytes
	q.asked = false
	q.cond.Broadcast()
}

func (q *queue) grow() {
	items := make([]item, 2*len(q.items))
	for i := q.done; i < q.end; i++ {
		items[i%int64(len(items))] = *q.at(i)
	}
	q.items = items
}

// dropOld takes out what waits longest, until there is room for n more bytes. What was
// handed out stays.
func (q *queue) dropOld(n int64) (up []item) {
	k := q.next
	for ; k < q.end && q.bytes+n > q.max; k++ {
		it := q.at(k)
		q.bytes -= it.bytes
		q.dropped += int64(it.b.Len())
		up = append(up, *it)
	}
	if k == q.next {
		return nil
	}
	// Units have to go on without a hole: those of what is left move down.
	shift := q.at(k-1).from + q.at(k-1).units - q.at(q.next).from
	for i := k; i < q.end; i++ {
		it := *q.at(i)
		it.from -= shift
		*q.at(i - (k - q.next)) = it
	}
	for i := q.end - (k - q.next); i < q.end; i++ {
		*q.at(i) = item{}
	}
	q.end -= k - q.next
	q.units -= shift
	return up
}

// wait waits until it can be offered again, or ctx ends.
func (q *queue) wait(ctx context.Context, bytes int64) error {
	stop := context.AfterFunc(ctx, q.wake)
	defer stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waits++
	defer func() { q.waits-- }()
	q.cond.Broadcast()
	for !q.gone && q.bytes > 0 && q.bytes+bytes > q.max {
		if err := ctx.Err(); err != nil {
			return err
		}
		q.cond.Wait()
	}
	return ctx.Err()
}

func (q *queue) wake() {
	q.mu.Lock()
	q.cond.Broadcast()
	q.mu.Unlock()
}

// read returns the next item, to which the queue keeps its reference, and a reference
// of the caller's own to its batch; false when there will be none. An item without a
// batch says that somebody waits for what was handed out to be acknowledged.
func (q *queue) read(ctx context.Context) (it item, ok bool, err error) {
	stop := context.AfterFunc(ctx, q.wake)
	defer stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		for q.next < q.end && q.at(q.next).over {
			q.next++
		}
		if q.paused {
			return item{}, false, nil
		}
		if q.next < q.end {
			break
		}
		if err := ctx.Err(); err != nil {
			return item{}, false, err
		}
		if q.closed || q.gone {
			return item{}, false, nil
		}
		if (q.waits > 0 && !q.asked || q.urged) && q.done < q.end {
			q.asked, q.urged = true, false
			return item{}, true, nil
		}
		q.cond.Wait()
	}
	if err := ctx.Err(); err != nil {
		return item{}, false, err
	}
	it = *q.at(q.next)
	q.next++
	it.b.Retain()
	return it, true, nil
}

// ack notes that units from up to to are done with. It returns the items that are, in
// whatever order, and the marks of those behind which nothing is left out.
func (q *queue) ack(from, to int64) (finished []item, marks []mark) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := q.find(from); i < q.next && q.at(i).from < to; i++ {
		it := q.at(i)
		// What comes again after a restart was counted.
		lo, hi := max(from, it.from+it.past), min(to, it.from+it.units)
		if lo >= hi || it.over {
			continue
		}
		q.asked = false
		if it.acked = min(it.acked+hi-lo, it.units); lo == it.from+it.past {
			it.past += hi - lo
		}
		q.acks += hi - lo
		if it.acked == it.units {
			finished = append(finished, *it)
			q.bytes -= it.bytes
			it.over, it.b, it.t = true, nil, nil
		}
	}
	for q.done < q.next && q.at(q.done).over {
		marks = append(marks, q.at(q.done).mark)
		*q.at(q.done) = item{}
		q.done++
	}
	if finished != nil {
		q.cond.Broadcast()
	}
	return finished, marks
}

// hurry has the pipeline asked for acknowledgements when all is handed out.
func (q *queue) hurry() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.asked && q.done < q.end {
		q.urged = true
		q.cond.Broadcast()
	}
}

// find returns the item that has this unit, or the first that was handed out.
func (q *queue) find(unit int64) int64 {
	lo, hi := q.done, q.next
	for lo < hi {
		if mid := (lo + hi) / 2; q.at(mid).from+q.at(mid).units <= unit {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// first returns the first unit that is not acknowledged.
func (q *queue) first() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.done == q.end {
		return q.units
	}
	return q.at(q.done).from + q.at(q.done).past
}

// ready reports whether there is something to be handed out.
func (q *queue) ready() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.next < q.end
}

// acknowledged returns how many units were acknowledged, in all.
func (q *queue) acknowledged() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.acks
}

// rewind lets all be handed out again that is not acknowledged, and returns the unit
// behind what had been handed out.
func (q *queue) rewind() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	until := q.units
	if q.next < q.end {
		until = q.at(q.next).from
	}
	for i := q.done; i < q.next; i++ {
		if it := q.at(i); !it.over {
			it.acked = it.past // what was acknowledged out of order may come again
		}
	}
	q.next = q.done
	return until
}

// idle waits until all is acknowledged, or ctx ends.
func (q *queue) idle(ctx context.Context) error {
	stop := context.AfterFunc(ctx, q.wake)
	defer stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.done < q.end && !q.gone {
		if err := ctx.Err(); err != nil {
			return err
		}
		q.cond.Wait()
	}
	return nil
}

// close says that nothing comes any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.cond.Broadcast()
}

// pause says that nothing is handed out for now.
func (q *queue) pause() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.paused = true
	q.cond.Broadcast()
}

// reopen takes close and pause back.
func (q *queue) reopen() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.paused = false, false
}

// leave ends the queue for good and returns what was in it.
func (q *queue) leave() (left []item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := q.done; i < q.end; i++ {
		if it := q.at(i); !it.over {
			left = append(left, *it)
		}
		*q.at(i) = item{}
	}
	q.done, q.next, q.bytes, q.gone = q.end, q.end, 0, true
	q.cond.Broadcast()
	return left
}

// held returns the bytes in the queue, whether anything is, and how many units were
// acknowledged.
func (q *queue) held() (bytes int64, some bool, acks int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, q.end > q.done, q.acks
}
