package supervise

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"heka/lib/stage"
)

// Child is a stage that a child process does the work of: a program that calls Serve. It
// sends the child what it reads, and emits what comes back. What the child counts is
// added to the Stats of the Env, as if its stages ran here, and what it gives up goes to
// its Fail.
//
// Run starts a process and returns when that is gone. Its error is that of the child's
// pipeline, or a *Died. It may be called again.
type Child struct {
	env  *stage.Env
	spec Spec

	mu    sync.Mutex
	ready chan struct{}
}

// Remote returns the stage that s describes, in the middle or at the end of a pipeline.
func Remote(env *stage.Env, s Spec) *Child {
	pool(env)
	return &Child{env: env, spec: s, ready: make(chan struct{})}
}

// Ready returns what is closed when the pipeline of the child runs: that of the Run at
// hand, or of the next.
func (c *Child) Ready() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ready
}

// link is one child, and the way to it.
type link struct {
	c    *Child
	p    *process
	conn *net.UnixConn
	send *sender
	recv *receiver

	source bool // it has no input
	ready  bool
	last   bool  // no more records come
	well   bool  // its pipeline has ended well
	err    error // its pipeline has ended with
	lag    int64 // its share in the Stats
}

// connect starts a child.
func (c *Child) connect() (*link, error) {
	ours, theirs, err := pair()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.spec.Name, err)
	}
	defer theirs.Close()
	setup, err := memoryFile(c.spec.Setup)
	if err != nil {
		ours.Close()
		return nil, fmt.Errorf("start %s: %w", c.spec.Name, err)
	}
	defer setup.Close()
	l := &link{c: c, conn: ours, send: newSender(ours)}
	if l.recv, err = newReceiver(ours, c.env.Pool, c.env.MaxRecord); err != nil {
		ours.Close()
		return nil, fmt.Errorf("start %s: %w", c.spec.Name, err)
	}
	l.recv.check = true
	s := c.spec.collecting()
	l.p, err = start(&s, launch{
		argv: c.spec.Argv, files: []*os.File{nil, nil, theirs, setup}, attr: attributes(true),
	})
	if err != nil {
		ours.Close()
		return nil, err
	}
	l.recv.busy = l.p.busy
	if err := c.spec.Limits.rlimits(l.p.pid, true); err != nil && !l.p.over() {
		l.p.kill("its limits could not be set")
		ours.Close()
		l.p.close()
		return nil, fmt.Errorf("start %s: %w", c.spec.Name, err)
	}
	return l, nil
}

// pair returns a pair of connected sockets, the second one for a child.
func pair() (*net.UnixConn, *os.File, error) {
	fds, err := socketPair()
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	for _, fd := range fds { // room for a batch, so that who writes one need not wait
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 2*stage.BatchSize)
	}
	f := os.NewFile(uintptr(fds[0]), "child")
	defer f.Close()
	theirs := os.NewFile(uintptr(fds[1]), "parent")
	c, err := net.FileConn(f)
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	return c.(*net.UnixConn), theirs, nil
}

// Run implements stage.Stage.
func (c *Child) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	l, err := c.connect()
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	batches := feed(in, done)
	wg.Go(func() { l.give(batches, done) })
	err = l.follow(ctx, out)
	close(done)
	err = l.finish(ctx, err)
	wg.Wait()
	return err
}

// feed reads in and hands on what comes until done is closed. Its goroutine outlives
// that by the Read it is in: the end of a pipeline ends it, or the next batch, which is
// released.
func feed(in stage.Reader, done <-chan struct{}) <-chan *stage.Batch {
	ch := make(chan *stage.Batch)
	go func() {
		defer close(ch)
		for {
			b, err := in.Read()
			if err != nil {
				return
			}
			select {
			case ch <- b:
			case <-done:
				b.Release()
				return
			}
		}
	}()
	return ch
}

// give sends batches until there are no more, and the end then.
func (l *link) give(batches <-chan *stage.Batch, done <-chan struct{}) {
	for {
		select {
		case b, ok := <-batches:
			if !ok {
				l.conn.CloseWrite()
				l.recv.drain(l.c.spec.grace())
				return
			}
			err := l.send.batch(b)
			b.Release()
			if err != nil {
				return
			}
		case <-done:
			return
		}
	}
}
