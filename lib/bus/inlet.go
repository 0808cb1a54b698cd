package bus

import (
	"context"
	"sync/atomic"
	"time"

	"heka/lib/stage"
)

// Inlet returns the first stage of a pipeline of the node, which hands out what is in
// its queue, what an earlier pipeline had but did not acknowledge first. One runs at a
// time. env is that of the pipeline.
//
// Of a node with a spool it is the spool's.
func (p *Port) Inlet(env *stage.Env) stage.Stage {
	if p.spool != nil {
		return &spoolInlet{Stage: p.spool.Source(env, p.name), port: p}
	}
	return &inlet{port: p, q: p.queue}
}

// spoolInlet is a spool's reader, whose acknowledgements are signs of life.
type spoolInlet struct {
	stage.Stage
	port *Port
}

// Acked implements stage.Acker.
func (in *spoolInlet) Acked(r stage.Range) {
	in.port.Alive()
	in.Stage.(stage.Acker).Acked(r)
}

// Settle implements stage.Acker.
func (in *spoolInlet) Settle() error { return in.Stage.(stage.Acker).Settle() }

type inlet struct {
	port *Port
	q    *queue
	told atomic.Int64 // acknowledgements that came in
	held []held

	given int64 // units handed out
	acks  int64 // of the queue's when it began
}

func (in *inlet) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	in.q.rewind()
	in.acks = in.q.acknowledged()
	defer func() {
		for i := range in.held {
			in.held[i].it.b.Release()
		}
	}()
	for {
		in.release()
		if err := in.retry(ctx, out); err != nil {
			return err
		}
		it, ok, err := in.q.read(ctx)
		if err != nil || !ok {
			return err
		}
		if it.b == nil {
			if err := out.Write(in.port.bus.pool.Hurry()); err != nil {
				return err
			}
			continue
		}
		if in.port.suspect.covers(it.from) {
			err = in.single(ctx, it, out)
		} else {
			b := it.b.Select(it.b.Off)
			b.Ack = stage.Range{Source: 1, From: it.from, To: it.from + it.units, Hops: it.hops}
			in.given += it.units - it.past
			err = out.Write(b)
		}
		if err != nil {
			return err
		}
	}
}

// single hands out what it is not acknowledged of an item one message at a time, and
// waits a while for each to be done with: one of them kills the pipeline.
func (in *inlet) single(ctx context.Context, it item, out stage.Writer) error {
	defer it.b.Release()
	for i := it.past; i < it.units; i++ {
		at := it.from + i
		if in.port.suspect.guilty(at) {
			in.hold(it, i)
			in.release()
			continue
		}
		if err := in.one(ctx, &it, i, out); err != nil {
			return err
		}
		in.release()
	}
	return nil
}

// one hands out message i of an item, and waits a while for it.
func (in *inlet) one(ctx context.Context, it *item, i int64, out stage.Writer) error {
	off := it.b.Off
	if len(off) > 0 {
		off = off[i : i+1]
	}
	at := it.from + i
	b := it.b.Retain().Select(off)
	b.Ack = stage.Range{Source: 1, From: at, To: at + 1, Hops: it.hops}
	told, emitted := in.told.Load(), in.port.stats.out.Load()
	in.port.suspect.handed(at, in.q.acknowledged()-in.acks == in.given)
	in.given++
	if err := out.Write(b); err != nil {
		return err
	}
	if err := out.Write(in.port.bus.pool.Hurry()); err != nil {
		return err
	}
	return in.pause(ctx, told, emitted)
}

// held is message i of an item, which is not handed out: it kills.
type held struct {
	it item
	i  int64
}

// hold keeps a message back, until it is given up.
func (in *inlet) hold(it item, i int64) {
	it.b.Retain()
	in.held = append(in.held, held{it, i})
}

// retry hands out a message that is held if there is no other to be tried in its place: then
// it is not known whether the message kills, or anything does.
func (in *inlet) retry(ctx context.Context, out stage.Writer) error {
	if len(in.held) == 0 || in.q.ready() {
		return nil
	}
	h := in.held[0]
	in.held = in.held[1:]
	defer h.it.b.Release()
	return in.one(ctx, &h.it, h.i, out)
}

// release gives up the messages that are held, if another did no harm since some were
// given up last.
func (in *inlet) release() {
	if len(in.held) == 0 || !in.port.suspect.gives(in.port.acked.Load()) {
		return
	}
	for _, h := range in.held {
		at := h.it.from + h.i
		in.port.bury(&h.it, int(h.i))
		delete(in.port.suspect.guilt, at)
		in.given++
		in.ack(stage.Range{Source: 1, From: at, To: at + 1})
		h.it.b.Release()
	}
	in.held = in.held[:0]
}

// Times that single waits for a message to be done with: at most so long, and not much
// at all once that was in vain a few times. One that is alone may take long to kill: until
// it is seen that it takes too much memory, say.
const (
	aloneWait  = 10 * time.Second
	singleWait = 100 * time.Millisecond
	vainWait   = time.Millisecond
	maxVain    = 5
)

// pause waits until something is acknowledged, or emitted, for a while. What was emitted
// has not killed the node, though who holds it may not acknowledge it for long.
func (in *inlet) pause(ctx context.Context, told, emitted int64) error {
	wait := singleWait
	switch {
	case in.port.suspect.alone:
		wait = aloneWait
	case in.port.suspect.vain > maxVain:
		wait = vainWait
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	step := time.NewTicker(min(max(wait/100, 50*time.Microsecond), time.Millisecond))
	defer step.Stop()
	for in.told.Load() == told {
		if in.port.stats.out.Load() != emitted {
			in.port.suspect.last = -1
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			in.port.suspect.vain++
			return nil
		case <-step.C:
		}
	}
	in.port.suspect.vain = 0
	return nil
}

// hurry asks the node for acknowledgements: somebody before it waits for them.
func (p *Port) hurry() {
	if p.queue != nil {
		p.queue.hurry()
	}
}

// Acked implements stage.Acker.
func (in *inlet) Acked(r stage.Range) {
	in.port.acked.Add(1)
	in.ack(r)
}

func (in *inlet) ack(r stage.Range) {
	in.told.Add(1)
	in.port.Alive()
	finished, marks := in.q.ack(r.From, r.To)
	for _, m := range marks {
		in.port.bus.opt.Marks.put(in.port.name, m)
	}
	for i := range finished {
		finished[i].finish()
	}
}

// Settle implements stage.Acker.
func (in *inlet) Settle() error { return nil }

// Close says that the node is offered nothing more: its inlet ends when all that is in
// the queue is handed out. Of a spool it does nothing: what is there keeps.
func (p *Port) Close() {
	if p.queue != nil {
		p.queue.close()
	}
}

// Pause ends the inlet at once: what is in the queue stays there, for the next.
func (p *Port) Pause() {
	if p.queue != nil {
		p.queue.pause()
	}
}

// Reopen takes Close and Pause back.
func (p *Port) Reopen() {
	if p.queue != nil {
		p.queue.reopen()
	}
}

// Idle waits until nothing is in the queue, or ctx ends. A spool is idle when what
// it was given is on disk.
func (p *Port) Idle(ctx context.Context) error {
	if p.queue != nil {
		p.queue.hurry()
		return p.queue.idle(ctx)
	}
	return nil
}
