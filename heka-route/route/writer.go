package route

import (
	"context"
	"errors"
	"io"
	"time"

	"heka/lib/delivery"
	"heka/lib/stage"
	"heka/lib/target"
)

// flushEvery is how long a target may hold back what it gathers.
const flushEvery = time.Second

// maxScratch is the largest buffer that is kept from batch to batch.
const maxScratch = 2 << 20

// writer writes what the lanes noted to the targets, in the order of the input,
// and passes the rest on. It waits for the slowest of them.
type writer struct {
	env     *stage.Env
	targets []target.Target
	scratch []byte
	flushed int64 // time of the last tick that was heeded
	acks    delivery.Acks
}

// Every implements stage.Ticking. In data time nothing is flushed at ticks: they
// come as fast as the messages do.
func (w *writer) Every() int64 {
	if w.env.DataTime {
		return 0
	}
	return int64(flushEvery)
}

func (w *writer) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	w.acks = delivery.Acks{Targets: w.targets}
	err := w.run(ctx, in, out)
	for _, t := range w.targets {
		if cerr := t.Close(ctx); cerr != nil && !errors.Is(cerr, context.Canceled) {
			err = errors.Join(err, cerr)
		}
	}
	if err == nil {
		err = w.acks.Closed(out)
	}
	return err
}

func (w *writer) run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b.Tick != 0 {
			err = w.tick(ctx, b)
		} else {
			err = w.spread(ctx, b)
		}
		if err != nil {
			b.Release()
			return err
		}
		if err := w.acks.Pass(ctx, b, out); err != nil {
			return err
		}
	}
}

func (w *writer) tick(ctx context.Context, b *stage.Batch) error {
	if b.Live || w.env.DataTime || b.Tick-w.flushed < int64(flushEvery) {
		return nil
	}
	w.flushed = b.Tick
	for _, t := range w.targets {
		if err := t.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// spread writes to each target what of b goes there: one write each, and no copy
// of what stands end to end.
func (w *writer) spread(ctx context.Context, b *stage.Batch) error {
	if b.Interim {
		return nil
	}
	for i := range b.Routes {
		r := &b.Routes[i]
		if r.Count == 0 {
			continue
		}
		var p []byte
		p, w.scratch = b.Gather(i, w.scratch)
		if err := w.targets[i].Write(ctx, p); err != nil {
			return err
		}
		w.env.Stats.Out.Add(int64(r.Count))
		w.env.Stats.OutBytes.Add(int64(r.Bytes))
	}
	if cap(w.scratch) > maxScratch {
		w.scratch = nil
	}
	return nil
}
