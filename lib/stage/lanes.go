package stage

import (
	"context"
	"io"
	"sync"
)

// laneGroup runs neighbouring Parallel stages in lanes, each of which calls one stage
// after another. A lane takes the next batch, and with it its turn; it writes what it
// made of it when the turns before have ended, so that batches come out in the order
// in which they came in. A lane that has its result before its turn waits: at most n
// batches are in the group.
type laneGroup struct {
	n      int
	stages []Parallel
}

// series is the lanes of several stages, called one after another.
type series []Lane

func (s series) Do(b *Batch) (*Batch, error) {
	if b.bare() {
		return b, nil
	}
	var err error
	for _, l := range s {
		var lerr error
		if b, lerr = l.Do(b); lerr != nil && err == nil {
			err = lerr
		}
		if b == nil {
			return nil, err
		}
	}
	if err != nil {
		b.Ack = Range{}
	}
	return b, err
}

func (g *laneGroup) newLane() series {
	s := make(series, len(g.stages))
	for i, p := range g.stages {
		s[i] = p.NewLane()
	}
	return s
}

// Run implements Stage.
func (g *laneGroup) Run(ctx context.Context, in Reader, out Writer) error {
	if g.n == 1 {
		return runLane(ctx, g.newLane(), in, out)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	q := &queue{ctx: ctx, cancel: cancel, in: in, out: out, last: make(chan struct{})}
	close(q.last)
	var wg sync.WaitGroup
	for range g.n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			q.work(g.newLane())
		}()
	}
	wg.Wait()
	return q.err
}

// queue is where the lanes of a group meet.
type queue struct {
	ctx    context.Context
	cancel context.CancelFunc
	in     Reader
	out    Writer

	mu   sync.Mutex
	last chan struct{} // closed when the turn of the batch read last has ended
	over bool          // nothing is to be read any more

	// err is how the group ended, if not with the input. It is set by the lane whose
	// turn it is, or by the one that reads last.
	err error
}

// work runs one lane.
func (q *queue) work(l Lane) {
	for {
		b, mine, done := q.next()
		if b == nil {
			return
		}
		var made *Batch
		err := guard(func() (err error) {
			made, err = l.Do(b)
			return err
		})
		if !q.finish(made, err, mine) {
			return
		}
		close(done)
	}
}

// next returns the next batch, what is closed when its turn has come, and what to
// close when that has ended; nil at the end.
func (q *queue) next() (b *Batch, mine, done chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over {
		return nil, nil, nil
	}
	b, err := readUntil(q.ctx, q.in)
	if err != nil {
		q.over = true
		if err != io.EOF && q.ctx.Err() == nil {
			q.fail(err, q.last)
		}
		return nil, nil, nil
	}
	mine, done = q.last, make(chan struct{})
	q.last = done
	return b, mine, done
}

// finish writes what a lane made, when its turn has come. False: the group ends, and
// no later turn comes.
func (q *queue) finish(made *Batch, err error, mine chan struct{}) bool {
	select {
	case <-mine:
	case <-q.ctx.Done():
		if made != nil {
			made.Release()
		}
		return false
	}
	if made != nil {
		if werr := q.out.Write(made); werr != nil {
			err = werr
		}
	}
	if err != nil {
		q.err = err
		q.cancel()
		return false
	}
	return true
}

// fail ends the group with err, once the turns up to last have ended.
func (q *queue) fail(err error, last chan struct{}) {
	select {
	case <-last:
		q.err = err
		q.cancel()
	case <-q.ctx.Done():
	}
}
