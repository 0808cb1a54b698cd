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
}

func (in *inlet) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	in.q.rewind()
	for {
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
		if in.port.suspect.gives(at, in.port.acked.Load()) {
			in.port.bury(&it, int(i))
			in.ack(stage.Range{Source: 1, From: at, To: at + 1})
			continue
		}
		off := it.b.Off
		if len(off) > 0 {
			off = off[i : i+1]
		}
		b := it.b.Retain().Select(off)
		b.Ack = stage.Range{Source: 1, From: at, To: at + 1, Hops: it.hops}
		told := in.told.Load()
		in.port.suspect.handed(at, in.q.first() == at)
		if err := out.Write(b); err != nil {
			return err
		}
		if err := in.pause(ctx, told); err != nil {
			return err
		}
	}
	return nil
}

// Times that single waits for a message to be done with: at most so long, and not much
// at all once that was in vain a few times.
const (
	singleWait = 100 * time.Millisecond
	vainWait   = time.Millisecond
	maxVain    = 5
)

// pause waits until something is acknowledged, for a while.
func (in *inlet) pause(ctx context.Context, told int64) error {
	wait := singleWait
	if in.port.suspect.vain > maxVain {
		wait = vainWait
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	step := time.NewTicker(max(wait/100, 50*time.Microsecond))
	defer step.Stop()
	for in.told.Load() == told {
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
