package stage

import (
	"context"
	"io"
	"time"

	"heka/lib/msg"
)

// liveEvery is how often a terminal sees how things stand.
const liveEvery = 250 * time.Millisecond

// maxTicks bounds the ticks that a gap in the messages' timestamps makes.
const maxTicks = 1000

// newClock returns the stage that puts ticks into the stream behind the source;
// nil if none of the stages wants any.
func newClock(env *Env, stages []Stage) Stage {
	var every int64
	for _, s := range stages {
		if t, ok := s.(Ticking); ok && t.Every() > 0 {
			every = gcd(every, t.Every())
		}
	}
	if every == 0 && !env.Live {
		return nil
	}
	every = max(every, 0)
	return &clock{env: env, every: every}
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// clock passes batches on and puts ticks between them: at each multiple of every,
// of the machine's clock or of the messages' timestamps. Live ticks are always of
// the machine's clock.
type clock struct {
	env   *Env
	every int64
	next  int64 // the next tick, in data time
	off   []uint32
}

// Run needs to wait for batches and for time at once, so that its input must be a
// link; it stands behind a source, where it is one.
func (c *clock) Run(ctx context.Context, in Reader, out Writer) error {
	l := in.(*link)
	var ticks, live <-chan time.Time
	if c.every > 0 && !c.env.DataTime {
		now := time.Now().UnixNano()
		first := time.NewTimer(time.Duration(c.every - now%c.every))
		defer first.Stop()
		ticks = first.C
	}
	if c.env.Live {
		t := time.NewTicker(liveEvery)
		defer t.Stop()
		live = t.C
	}
	var ticker *time.Ticker
	for {
		var err error
		select {
		case b, ok := <-l.ch:
			if !ok {
				return nil
			}
			err = c.pass(b, out)
		case t := <-ticks:
			if ticker == nil { // the timer to the first multiple
				ticker = time.NewTicker(time.Duration(c.every))
				defer ticker.Stop()
				ticks = ticker.C
			}
			ns := t.UnixNano()
			err = out.Write(c.env.pool().Tick(ns-ns%c.every, false))
		case t := <-live:
			err = out.Write(c.env.pool().Tick(t.UnixNano(), true))
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// pass writes b, with ticks between its messages in data time.
func (c *clock) pass(b *Batch, out Writer) error {
	if c.every == 0 || !c.env.DataTime || b.Tick != 0 {
		return out.Write(b)
	}
	var v msg.View
	c.off = c.off[:0]
	for i := range b.Off {
		b.View(i, &v)
		t := v.Timestamp()
		if c.next == 0 {
			c.next = t - t%c.every + c.every
		}
		if t >= c.next {
			if err := c.tickTo(t, b, out); err != nil {
				b.Release()
				return err
			}
		}
		c.off = append(c.off, b.Off[i])
	}
	return out.Write(b.Select(c.off))
}

// tickTo writes the messages gathered of b, then the ticks up to t.
func (c *clock) tickTo(t int64, b *Batch, out Writer) error {
	if len(c.off) > 0 {
		if err := out.Write(b.Retain().Select(c.off)); err != nil {
			return err
		}
		c.off = c.off[:0]
	}
	for n := 0; t >= c.next; n++ {
		if err := out.Write(c.env.pool().Tick(c.next, false)); err != nil {
			return err
		}
		if c.next += c.every; n == maxTicks && t >= c.next {
			c.next = t - t%c.every
		}
	}
	return nil
}

// Drain reads in to its end and releases what comes.
func Drain(in Reader) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		b.Release()
	}
}
