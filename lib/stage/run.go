package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
)

// depth is how many batches may wait between two stages.
const depth = 2

// Run runs stages as one pipeline, fused: in this process, handing batches over by
// reference. It returns when all have ended: nil if the input ended or a stage
// wanted no more, ctx.Err() if ctx ended first, else the first error. When a stage
// ends, those before it are cancelled and those behind it see the end of input.
//
// If the first stage is an Acker, it is told what came through, and is settled
// before Run returns.
func Run(ctx context.Context, env *Env, stages ...Stage) error {
	flat := flatten(stages)
	out, settle := ends(flat)
	err := run(ctx, env, addClocks(env, flat), empty{}, out)
	if serr := guard(settle); err == nil {
		err = serr
	}
	return err
}

// Bereft is implemented by stages that wait at the end of their input for something which
// others do. Bereft says that the end is one that a failure has made: the pipeline is to be
// run again, and must not wait for long. It is called by another goroutine than Run's, at
// any time after Run of the pipeline was called, once or more often.
type Bereft interface{ Bereft() }

// Continue runs st within a stage that has looked at its first batch and leaves the
// rest to st: on first, which it takes over, and on what in has.
func Continue(ctx context.Context, env *Env, first *Batch, in Reader, out Writer, st Stage) error {
	return run(ctx, env, flatten([]Stage{st}), &behind{first, in}, out)
}

// behind reads one batch and then what in has.
type behind struct {
	first *Batch
	in    Reader
}

func (r *behind) Read() (*Batch, error) {
	if b := r.first; b != nil {
		r.first = nil
		return b, nil
	}
	return r.in.Read()
}

func (r *behind) readUntil(ctx context.Context) (*Batch, error) {
	if r.first != nil {
		return r.Read()
	}
	return readUntil(ctx, r.in)
}

// pool returns the pool of e's pipeline.
func (e *Env) pool() *Pool {
	if e.Pool == nil {
		e.Pool = NewPool(32)
	}
	return e.Pool
}

func (e *Env) lanes() int {
	if e.Lanes > 0 {
		return e.Lanes
	}
	return runtime.GOMAXPROCS(0)
}

// flatten opens chains, and groups neighbours that are Parallel.
func flatten(stages []Stage) []Stage {
	var flat []Stage
	for _, s := range stages {
		if c, ok := s.(Chain); ok {
			flat = append(flat, flatten(c)...)
		} else {
			flat = append(flat, s)
		}
	}
	return flat
}

// run runs flat stages between in and out.
func run(ctx context.Context, env *Env, flat []Stage, in Reader, out Writer) error {
	env.pool() // before any goroutine asks for it
	nodes := group(env, flat)
	p := &pipeline{nodes: nodes, cancels: make([]context.CancelFunc, len(nodes))}
	ctxs := make([]context.Context, len(nodes))
	for i := range nodes {
		ctxs[i], p.cancels[i] = context.WithCancel(ctx)
		defer p.cancels[i]()
	}
	var wg sync.WaitGroup
	for i, n := range nodes {
		r, w := in, out
		var l *link
		if i < len(nodes)-1 {
			l = newLink(ctxs[i], ctxs[i+1])
			w, in = l.writer(), l
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			p.ended(i, guard(func() error { return n.Run(ctxs[i], r, w) }))
			if prev, ok := r.(*link); ok && i > 0 { // that of a chain's first is not ours
				close(prev.done)
			}
			if l != nil {
				close(l.ch)
			}
		}()
	}
	wg.Wait()
	if p.err == nil {
		return ctx.Err()
	}
	return p.err
}

// guard calls f and makes an error of its panic: one stage's mistake is not to take
// its neighbours with it.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", ErrBug, p, debug.Stack())
		}
	}()
	return f()
}

// pipeline is what the nodes of one run share.
type pipeline struct {
	nodes   []Stage
	mu      sync.Mutex
	err     error
	cancels []context.CancelFunc
}

// ended notes how node i ended, cancels those before it, and tells those behind it.
func (p *pipeline) ended(i int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && err != nil &&
		!errors.Is(err, ErrClosed) && !errors.Is(err, context.Canceled) {
		p.err = err
		for _, n := range p.nodes[i+1:] {
			if b, ok := n.(Bereft); ok {
				b.Bereft()
			}
		}
	}
	for _, cancel := range p.cancels[:i] {
		cancel()
	}
}

// group puts runs of Parallel stages together.
func group(env *Env, flat []Stage) []Stage {
	var nodes []Stage
	var run []Parallel
	flush := func() {
		if run != nil {
			nodes = append(nodes, &laneGroup{n: env.lanes(), stages: run})
			run = nil
		}
	}
	for _, s := range flat {
		if p, ok := s.(Parallel); ok {
			run = append(run, p)
			continue
		}
		flush()
		nodes = append(nodes, s)
	}
	flush()
	return nodes
}

// link is the way from one node to the next.
type link struct {
	ch   chan *Batch
	done chan struct{} // closed when the reader has ended
	from context.Context
	to   context.Context
}

func newLink(from, to context.Context) *link {
	return &link{
		ch: make(chan *Batch, depth), done: make(chan struct{}), from: from, to: to,
	}
}

// Read implements Reader for the node behind the link.
func (l *link) Read() (*Batch, error) { return l.readUntil(l.to) }

// readUntil is Read that ends with ctx, too.
func (l *link) readUntil(ctx context.Context) (*Batch, error) {
	select {
	case b, ok := <-l.ch:
		if !ok {
			return nil, io.EOF
		}
		return b, nil
	case <-l.to.Done():
		return nil, l.to.Err()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readUntil reads from in, whose wait ends with ctx if in is one of ours.
func readUntil(ctx context.Context, in Reader) (*Batch, error) {
	if r, ok := in.(interface {
		readUntil(context.Context) (*Batch, error)
	}); ok {
		return r.readUntil(ctx)
	}
	return in.Read()
}

func (l *link) writer() Writer { return linkWriter{l} }

type linkWriter struct{ *link }

// Write implements Writer for the node before the link.
func (l linkWriter) Write(b *Batch) error {
	select {
	case l.ch <- b:
		return nil
	case <-l.done:
		b.Release()
		return ErrClosed
	case <-l.from.Done():
		b.Release()
		return l.from.Err()
	}
}
