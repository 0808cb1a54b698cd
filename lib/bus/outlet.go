package bus

import (
	"context"
	"io"
	"math/bits"
	"sync"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
)

// Outlet returns the last stage of a pipeline of the node: it publishes what comes,
// and acknowledges what all have done with. At the end of its input it waits until that
// is all of it, or ctx ends.
//
// If the pipeline has failed, it waits for a moment alone: what is not done with by then
// comes again, from who is run next.
func (p *Port) Outlet() stage.Stage { return &outlet{port: p} }

// lastWait is how long an outlet waits for others when its pipeline has failed.
const lastWait = time.Second

type outlet struct {
	port *Port
	ctx  context.Context
	view msg.View
	hits []uint64
	off  [][]uint32 // by node of the route

	mu      sync.Mutex
	cond    sync.Cond
	out     stage.Writer
	pending []stage.Range
	telling bool // somebody tells the source of what is pending
	open    int  // tickets that are out
	closed  bool
	bereft  bool               // a stage before it has failed
	cancel  context.CancelFunc // of the run; nil: it has not begun
	timer   *time.Timer        // calls it
}

// Bereft implements stage.Bereft.
func (o *outlet) Bereft() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bereft = true; o.cancel != nil && o.timer == nil {
		o.timer = time.AfterFunc(lastWait, o.cancel)
	}
}

// begin returns the ctx of a run, which ends a while after the pipeline has failed.
func (o *outlet) begin(ctx context.Context) (run context.Context, end func()) {
	o.mu.Lock()
	run, o.cancel = context.WithCancel(ctx)
	failed := o.bereft
	o.mu.Unlock()
	if failed {
		o.Bereft()
	}
	return run, func() {
		o.cancel()
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.timer != nil {
			o.timer.Stop()
		}
	}
}

func (o *outlet) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	ctx, end := o.begin(ctx)
	defer end()
	o.ctx, o.out = ctx, out
	o.cond.L = &o.mu
	defer o.close()
	for {
		b, err := in.Read()
		if err == io.EOF {
			return o.wait(ctx)
		}
		if err != nil {
			return err
		}
		if err := o.take(b); err != nil {
			return err
		}
	}
}

// take publishes b, which it takes over.
func (o *outlet) take(b *stage.Batch) error {
	defer b.Release()
	switch {
	case b.Interim || b.Tick != 0:
		return nil
	case b.Hurry:
		o.hurry()
		return nil
	case b.Gap != nil && o.port.bus.opt.Gap != nil:
		o.port.bus.opt.Gap(o.port.name, b.Gap)
	}
	if b.Len() > 0 {
		return o.publish(b)
	}
	if !b.Ack.Empty() {
		o.tell(b.Ack)
	}
	return nil
}

// publish offers b to all that want some of it. It is on the hot path.
func (o *outlet) publish(b *stage.Batch) error {
	p := o.port
	p.stats.out.Add(int64(b.Len()))
	p.stats.outBytes.Add(int64(len(b.Buf)))
	p.Alive()
	p.taps.show(b)
	hops := b.Ack.Hops
	if !p.source {
		hops++
	}
	if int(hops) > p.bus.opt.MaxLoops {
		p.stats.looped.Add(int64(b.Len()))
		if !b.Ack.Empty() {
			o.tell(b.Ack)
		}
		return nil
	}
	r := p.route.Load()
	o.sort(r, b)
	var t *ticket
	if !b.Ack.Empty() {
		t = &ticket{out: o, r: b.Ack}
		t.left.Store(1) // our own, until all have been offered it
		o.mu.Lock()
		o.open++
		o.mu.Unlock()
	}
	err := o.offer(r, b, t, hops)
	if t != nil && err == nil {
		t.done()
	}
	return err
}

// sort works out which records of b each node of r is offered.
func (o *outlet) sort(r *route, b *stage.Batch) {
	for len(o.off) < len(r.to) {
		o.off = append(o.off, nil)
	}
	for i := range r.to {
		o.off[i] = o.off[i][:0]
	}
	if r.set == nil {
		return
	}
	if r.set.UsesNow() {
		r.set.SetNow(time.Now().UnixNano())
	}
	if n := (r.set.Len() + 63) / 64; cap(o.hits) < n {
		o.hits = make([]uint64, n)
	}
	hits := o.hits[:(r.set.Len()+63)/64]
	for i, at := range b.Off {
		b.View(i, &o.view)
		r.set.Select(&o.view, hits)
		for w, word := range hits {
			for ; word != 0; word &= word - 1 {
				to := r.nth[w*64+bits.TrailingZeros64(word)]
				o.off[to] = append(o.off[to], at)
			}
		}
	}
}

// offer hands what sort found to the nodes: first to all that have room.
func (o *outlet) offer(r *route, b *stage.Batch, t *ticket, hops uint8) error {
	m := o.port.markOf(b)
	var late []int
	for i, to := range r.to {
		off := o.off[i]
		if r.all[i] {
			off = append(off, b.Off...)
		}
		off = to.resume.rest(b, m, off, &to.stats)
		o.off[i] = off
		if len(off) == 0 {
			continue
		}
		if !r.fed[i] {
			r.fed[i] = true
			o.port.bus.fed(o.port, to)
		}
		if to.full() {
			late = append(late, i)
			continue
		}
		if err := o.give(to, b, off, t, m, hops); err != nil {
			return err
		}
	}
	for _, i := range late {
		if err := o.give(r.to[i], b, o.off[i], t, m, hops); err != nil {
			return err
		}
	}
	return nil
}

// give offers records of b to one node.
func (o *outlet) give(
	to *Port, b *stage.Batch, off []uint32, t *ticket, m mark, hops uint8,
) error {
	it := item{mark: m, hops: hops, t: t}
	n := size(b, off)
	if n < compactUnder && n < cap(b.Buf)/2 {
		it.b, it.bytes = b.Compact(off), int64(n)
	} else {
		it.b, it.bytes = b.Retain().Select(off), int64(cap(b.Buf))
	}
	it.b.Ack = stage.Range{Hops: hops}
	it.bytes += itemBytes
	if t != nil {
		t.left.Add(1)
	}
	to.stats.in.Add(int64(len(off)))
	to.stats.inBytes.Add(int64(n))
	to.inTaps.show(it.b)
	return to.deliver(o.ctx, o.port, it)
}

// compactUnder says when records are copied out of a batch: they may wait for long, and
// would keep its whole buffer from being used again.
const compactUnder = 16 << 10

// itemBytes is what a batch takes besides its bytes, about.
const itemBytes = 256

// size returns how many bytes the records at off have.
func size(b *stage.Batch, off []uint32) (n int) {
	if len(off) == b.Len() {
		return len(b.Buf)
	}
	return len(b.Buf) * len(off) / b.Len() // near enough
}

// full reports whether p has less room than a batch may take, and blocks.
func (p *Port) full() bool {
	if p.queue == nil {
		_, full := p.spool.Waiting()
		return full && p.blocks
	}
	p.queue.mu.Lock()
	defer p.queue.mu.Unlock()
	return p.queue.full == Block && p.queue.end > p.queue.done &&
		p.queue.bytes+stage.BatchSize > p.queue.max
}

// settled notes that all have done with r.
func (o *outlet) settled(r stage.Range) {
	o.mu.Lock()
	o.open--
	if o.open == 0 {
		o.cond.Broadcast()
	}
	o.mu.Unlock()
	o.tell(r)
}

// tell tells the source of the pipeline that r is done with. Who comes while another
// tells leaves it to that one: nobody waits, so that acknowledgements that go in a
// circle can't.
func (o *outlet) tell(r stage.Range) {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return
	}
	o.pending = append(o.pending, r)
	if o.telling {
		o.mu.Unlock()
		return
	}
	o.telling = true
	for len(o.pending) > 0 && !o.closed {
		all := o.pending
		o.pending = nil
		o.mu.Unlock()
		for _, r := range all {
			o.out.Write(o.port.bus.pool.Ack(r))
		}
		o.mu.Lock()
	}
	o.telling = false
	o.cond.Broadcast()
	o.mu.Unlock()
}

// wait waits until nothing is out any more.
func (o *outlet) wait(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.cond.Broadcast()
	})
	defer stop()
	o.hurry()
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.open > 0 || o.telling {
		if err := ctx.Err(); err != nil {
			return err
		}
		o.cond.Wait()
	}
	return nil
}

// hurry asks those who are offered what comes from here for acknowledgements.
func (o *outlet) hurry() {
	for _, to := range o.port.route.Load().to {
		to.hurry()
	}
}

// close ends it: what is done with from now on tells nobody.
func (o *outlet) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.pending = true, nil
	for o.telling {
		o.cond.Wait()
	}
}
