package bus

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"heka/lib/frame"
	"heka/lib/match"
	"heka/lib/spool"
	"heka/lib/stage"
)

// Full says what is done with messages that a full queue or spool has no room for.
type Full string

// The policies.
const (
	Block   Full = "block" // who emits them waits
	DropNew Full = "drop-new"
	DropOld Full = "drop-old"
)

// Options are those of a Bus.
type Options struct {
	MaxLoops int    // how often a chain of nodes may make messages of a message
	Marks    *Marks // how far nodes were delivered before a restart; nil: not kept
	Log      *slog.Logger

	// Gap is told of bytes that a node's source knows to be lost; nil: nobody is.
	Gap func(node string, g *frame.Gap)
}

// Bus is where nodes meet. Its methods may be called by any number of goroutines.
type Bus struct {
	opt   Options
	pool  *stage.Pool // of acknowledgements
	mu    sync.Mutex
	ports []*Port // in the order in which they were attached

	changing int // how many put off reroute
}

// New returns a Bus without nodes.
func New(opt Options) *Bus {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Marks == nil {
		opt.Marks = NewMarks()
	}
	return &Bus{opt: opt, pool: stage.NewPool(64)}
}

// Begin puts off working out who is offered what, until what it returns is called: for
// when many nodes come or go.
func (b *Bus) Begin() (end func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changing++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.changing--
		b.reroute()
	}
}

// Offer says what a node is offered.
type Offer struct {
	None    bool        // nothing: the node is a source
	Hasty   bool        // what it emits is given up where there is no room: it never waits
	Ordered bool        // what it emits of a content is in the order of that; see Marks
	Match   *match.Expr // what selects messages; nil: all
	From    []string    // the nodes whose messages it is offered; nil: all but its own
	Queue   int64       // bytes that its queue may hold
	Full    Full
	Spool   Spool // instead of the queue; nil: none. It is the caller's
}

// Spool is a queue on disk; lib/spool has it.
type Spool interface {
	// TryAppend takes b over, and calls done when it is on disk, or was given up: with
	// an error then. False: there is no room now, and b stays the caller's.
	TryAppend(b *stage.Batch, done func(error)) bool

	// Append is TryAppend that waits for room until ctx ends.
	Append(ctx context.Context, b *stage.Batch, done func(error)) error

	// Source returns the stage that reads it, with a position of this name.
	Source(env *stage.Env, name string) stage.Stage

	// Waiting returns how many bytes were not acknowledged, and whether it has no room.
	Waiting() (bytes int64, full bool)
}

// Port is where a node meets the bus. It outlives the node's pipelines: what is in its
// queue waits for the next one.
type Port struct {
	name    string
	bus     *Bus
	source  bool  // it is offered nothing
	spool   Spool // nil: it has a queue, or is a source
	blocks  bool  // the spool does, when it is full
	hasty   bool  // it waits for nobody
	ordered bool  // what it emits of a content is in order

	offer   Offer  // the bus's lock guards it, and stopped
	stopped bool   // it is offered nothing more
	queue   *queue // nil: a source, or a node with a spool

	route  atomic.Pointer[route] // who is offered what the node emits
	resume resume                // what it had before a restart

	blockedBy atomic.Pointer[Port]
	feeds     map[*Port]bool // to whom messages of it have gone; the bus's lock guards it
	jam       map[*Port]bool // nodes to whom what goes in a circle is given up; the outlet's
	suspect   suspect
	acked     atomic.Int64 // how often the pipelines have acknowledged something
	dead      func(record []byte, why string) error
	taps      taps // what it publishes
	inTaps    taps // what it is given
	stats     stats
}

// route is to whom a node's messages are offered. It is used by one outlet.
type route struct {
	to  []*Port
	all []bool     // by index in to: all messages, no expression
	set *match.Set // of the others, in their order
	nth []int      // by number in set: index in to
	fed []bool     // by index in to: something was given
}

// Attach adds a node. dead takes messages that killed its pipeline again and again; nil:
// they are given up, and counted.
func (b *Bus) Attach(name string, o Offer, dead func(record []byte, why string) error) *Port {
	p := &Port{
		name: name, bus: b, offer: o, source: o.None, spool: o.Spool, blocks: o.Full == Block,
		hasty: o.Hasty, ordered: o.Ordered, dead: dead,
		feeds: map[*Port]bool{}, jam: map[*Port]bool{},
	}
	if !o.None && o.Spool == nil {
		p.queue = newQueue(o.Queue, o.Full)
	}
	p.resume.load(b.opt.Marks.of(name))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ports = append(b.ports, p)
	b.reroute()
	return p
}

// Change gives the node of p another offer: what is in its queue stays. It must not
// turn a source, a queue or a spool into another of these.
func (b *Bus) Change(p *Port, o Offer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.queue != nil {
		p.queue.mu.Lock()
		p.queue.max, p.queue.full = o.Queue, o.Full
		p.queue.mu.Unlock()
		p.queue.wake()
	}
	p.offer, p.stopped = o, false
	b.reroute()
}

// Stop lets a node be offered nothing from now on; what it has it keeps.
func (b *Bus) Stop(p *Port) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.stopped = true
	b.reroute()
}

// Detach takes a node away: it is offered nothing any more, and what is in its queue is
// done with, as far as others wait for it.
func (b *Bus) Detach(p *Port) {
	b.mu.Lock()
	b.ports = slices.DeleteFunc(b.ports, func(q *Port) bool { return q == p })
	for _, other := range b.ports {
		delete(other.feeds, p)
	}
	b.reroute()
	b.mu.Unlock()
	if p.queue != nil {
		left := p.queue.leave()
		for i := range left {
			p.stats.dropped.Add(int64(left[i].b.Len()))
			left[i].finish()
		}
	}
}

// Again says that what some node publishes from now on may be what it has published
// before: it was started again. Who had it already is not given it again.
func (b *Bus) Again() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, to := range b.ports {
		to.resume.load(b.opt.Marks.of(to.name))
	}
}

// reroute works out anew to whom everything is offered.
func (b *Bus) reroute() {
	if b.changing > 0 {
		return
	}
	for _, p := range b.ports {
		r := &route{}
		var exprs []*match.Expr
		for _, to := range b.ports {
			o := &to.offer
			if to == p || to.stopped || o.None || o.From != nil && !slices.Contains(o.From, p.name) {
				continue
			}
			all := o.Match == nil || o.Match.String() == "TRUE"
			if !all {
				exprs = append(exprs, o.Match)
				r.nth = append(r.nth, len(r.to))
			}
			r.to, r.all, r.fed = append(r.to, to), append(r.all, all), append(r.fed, false)
		}
		if exprs != nil {
			r.set = match.NewSet(exprs...)
		}
		p.route.Store(r)
	}
}

// ticket joins what becomes of a batch at the nodes that it was offered to.
type ticket struct {
	out  *outlet
	r    stage.Range
	left atomic.Int32
}

// done says that one of those that wait for a part of the batch has it.
func (t *ticket) done() {
	if t.left.Add(-1) == 0 {
		t.out.settled(t.r)
	}
}

// finish is the end of an item that was delivered, or given up.
func (it *item) finish() {
	it.b.Release()
	if it.t != nil {
		it.t.done()
	}
}

// errOver is why a wait for another node ended that nobody wants any more.
var errOver = errors.New("the pipeline has ended")

// deliver offers an item to p, and waits for room if p's policy is to block. what is
// given up is finished.
func (p *Port) deliver(ctx context.Context, from *Port, it item) error {
	if p.spool != nil {
		return p.store(ctx, from, it)
	}
	o, up := p.queue.offer(it)
	for i := range up {
		p.stats.dropped.Add(int64(up[i].b.Len()))
		up[i].finish()
	}
	if o != noRoom {
		delete(from.jam, p)
		return nil
	}
	if from.hasty {
		p.stats.dropped.Add(int64(it.b.Len()))
		it.finish()
		return nil
	}
	if from.jam[p] {
		p.giveWay(it)
		return nil
	}
	defer from.waits(p)()
	for {
		wait, cancel := context.WithTimeout(ctx, lookEvery)
		p.queue.wait(wait, it.bytes)
		cancel()
		if ctx.Err() != nil {
			it.finish()
			return errOver
		}
		o, up := p.queue.offer(it)
		for i := range up {
			p.stats.dropped.Add(int64(up[i].b.Len()))
			up[i].finish()
		}
		if o != noRoom {
			return nil
		}
		if p.bus.reaches(p, from) {
			from.jam[p] = true
			p.giveWay(it)
			return nil
		}
	}
}

// giveWay puts an item into the queue that has no room for it, where waiting for room
// would be to wait for oneself, in a circle of nodes. Beyond a bound it gives it up, and
// goes on so until there is room again.
func (p *Port) giveWay(it item) {
	q := p.queue
	q.mu.Lock()
	over := q.gone || q.bytes > circleRoom*q.max
	if !over {
		q.push(it)
	}
	q.mu.Unlock()
	if over {
		p.stats.looped.Add(int64(it.b.Len()))
		it.finish()
	}
}

// circleRoom is how many times its bound a queue may hold of what goes in a circle.
const circleRoom = 2

// lookEvery is how long one waits for room before it looks whether it waits for itself.
const lookEvery = 20 * time.Millisecond

// store puts an item into the spool of p.
func (p *Port) store(ctx context.Context, from *Port, it item) error {
	n := int64(it.b.Len())
	done := func(err error) { // what it gives up the spool counts
		switch {
		case err == nil:
			p.bus.opt.Marks.put(p.name, it.mark)
		case !errors.Is(err, spool.ErrDropped):
			return // nobody has it: it has to come again
		}
		if it.t != nil {
			it.t.done()
		}
	}
	if p.spool.TryAppend(it.b, done) {
		return nil
	}
	if from.hasty {
		p.stats.dropped.Add(n)
		it.finish()
		return nil
	}
	defer from.waits(p)()
	if err := p.spool.Append(ctx, it.b, done); err != nil {
		return errOver
	}
	return nil
}

// waits notes that p waits for another node from now until what it returns is called.
func (p *Port) waits(to *Port) (over func()) {
	begun := time.Now()
	p.blockedBy.Store(to)
	p.stats.blockedSince.Store(begun.UnixNano())
	return func() {
		took := int64(time.Since(begun))
		p.stats.blocked.Add(took)
		to.stats.blocks.Add(took)
		p.stats.blockedSince.Store(0)
		p.blockedBy.Store(nil)
	}
}

// Order returns the names of the nodes, those that messages have gone from before those
// that they have gone to, as far as there are no circles.
func (b *Bus) Order() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var order []string
	seen := map[*Port]bool{}
	var visit func(p *Port)
	visit = func(p *Port) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, next := range b.ports {
			if p.feeds[next] {
				visit(next)
			}
		}
		order = append(order, p.name)
	}
	for _, p := range b.ports {
		visit(p)
	}
	slices.Reverse(order)
	return order
}

// reaches reports whether messages have gone from one node to another, by whatever way.
func (b *Bus) reaches(from, to *Port) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := map[*Port]bool{}
	var walk func(p *Port) bool
	walk = func(p *Port) bool {
		if p == to {
			return true
		}
		if seen[p] {
			return false
		}
		seen[p] = true
		for next := range p.feeds {
			if walk(next) {
				return true
			}
		}
		return false
	}
	return walk(from)
}

// fed notes that messages have gone from one node to another.
func (b *Bus) fed(from, to *Port) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from.feeds[to] = true
}
