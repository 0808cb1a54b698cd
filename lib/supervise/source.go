package supervise

import (
	"context"
	"io"
	"sync"

	"heka/lib/stage"
)

// maxQueued is how many ranges may wait for a child to take them: those that do not touch.
const maxQueued = 64 << 10

// ChildSource is a Child that is a source: the child's own source keeps the positions, and
// is told what came through here. The end of Env.Stop is handed on to it.
//
// Run returns when the child has no more records; the child lives on to hear what is
// acknowledged, and Settle ends it.
type ChildSource struct {
	Child

	link *link // of the Run at hand, or that Settle ends

	queue  sync.Mutex
	change sync.Cond // of what follows
	ranges []stage.Range
	closed bool // no more will come
	sent   chan struct{}
}

// RemoteSource returns the source that s describes.
func RemoteSource(env *stage.Env, s Spec) *ChildSource {
	c := &ChildSource{}
	c.env, c.spec, c.ready = env, s, make(chan struct{})
	c.change.L = &c.queue
	pool(env)
	return c
}

// Run implements stage.Stage.
func (c *ChildSource) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	l, err := c.connect()
	if err != nil {
		return err
	}
	l.source = true
	c.begin()
	sent := c.sent
	go c.send(l, sent)
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		select {
		case <-c.env.Stop:
			l.send.control(codeStop, nil)
			l.recv.drain(c.spec.grace())
		case <-done:
		}
	})
	err = l.follow(ctx, out)
	close(done)
	if err == nil && l.last && ctx.Err() == nil {
		wg.Wait()
		c.link = l
		return nil
	}
	c.end()
	err = l.finish(ctx, err)
	wg.Wait()
	<-sent
	return err
}

// begin opens the queue of ranges.
func (c *ChildSource) begin() {
	c.queue.Lock()
	defer c.queue.Unlock()
	c.ranges, c.closed, c.sent = nil, false, make(chan struct{})
}

// end closes it.
func (c *ChildSource) end() {
	c.queue.Lock()
	defer c.queue.Unlock()
	c.closed = true
	c.change.Broadcast()
}

// Acked implements stage.Acker. It does not wait for the child, unless that is very far
// behind.
func (c *ChildSource) Acked(r stage.Range) {
	c.queue.Lock()
	defer c.queue.Unlock()
	for len(c.ranges) >= maxQueued && !c.closed {
		c.change.Wait()
	}
	if c.closed {
		return
	}
	if n := len(c.ranges); n > 0 && c.ranges[n-1].Source == r.Source && c.ranges[n-1].To == r.From {
		c.ranges[n-1].To = r.To
	} else {
		c.ranges = append(c.ranges, r)
	}
	c.change.Broadcast()
}

// send sends the ranges that are queued, and the end behind the last.
func (c *ChildSource) send(l *link, sent chan<- struct{}) {
	defer close(sent)
	var list []stage.Range
	for {
		c.queue.Lock()
		for len(c.ranges) == 0 && !c.closed {
			c.change.Wait()
		}
		list, c.ranges = c.ranges, list[:0]
		c.change.Broadcast()
		c.queue.Unlock()
		if len(list) == 0 {
			l.conn.CloseWrite()
			return
		}
		for _, r := range list {
			if l.send.ack(r) != nil {
				c.end() // nobody is told any more
				return
			}
		}
	}
}

// Settle implements stage.Acker: it tells the child that it has heard all, and waits for
// its end.
func (c *ChildSource) Settle() error {
	l := c.link
	if l == nil {
		return nil
	}
	c.link = nil
	l.source = false // all that comes now is how it ends
	c.end()
	l.recv.drain(c.spec.grace())
	err := l.follow(context.Background(), late{})
	err = l.finish(context.Background(), err)
	<-c.sent
	return err
}

// late is where batches go that come behind the last.
type late struct{}

func (late) Write(b *stage.Batch) error {
	b.Release()
	return io.ErrUnexpectedEOF
}
