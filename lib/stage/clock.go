package stage

import (
	"context"
	"io"
	"slices"
	"time"

	"heka/lib/msg"
)

// liveEvery is how often a terminal sees how things stand.
const liveEvery = 250 * time.Millisecond

// maxTicks bounds the ticks that a gap in the messages' timestamps makes.
const maxTicks = 1000

// addClocks puts what makes ticks into a pipeline, if any of its stages wants them:
// ticks of the machine's clock come in behind the source, those of the messages'
// timestamps in front of the first stage that wants them, where the messages are
// what it will see.
func addClocks(env *Env, flat []Stage) []Stage {
	every, first := int64(0), -1
	for i, s := range flat {
		if t, ok := s.(Ticking); ok && t.Every() > 0 {
			every = gcd(every, t.Every())
			if first < 0 {
				first = i
			}
		}
	}
	if every > 0 && env.DataTime && first > 0 {
		flat = slices.Insert(slices.Clone(flat), first, Stage(&dataClock{env: env, every: every}))
		every = 0
	}
	if (every > 0 || env.Live) && len(flat) > 1 {
		flat = slices.Insert(slices.Clone(flat), 1, Stage(&clock{env: env, every: every}))
	}
	return flat
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// clock passes batches on and puts ticks of the machine's clock between them: at
// each multiple of every nanoseconds, if that is not 0, and Live ones where a
// terminal looks on.
type clock struct {
	env   *Env
	every int64
}

// Run needs to wait for batches and for time at once, so that its input must be a
// link; it stands behind a source, where it is one.
func (c *clock) Run(ctx context.Context, in Reader, out Writer) error {
	l := in.(*link)
	var ticks, live <-chan time.Time
	if c.every > 0 {
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
			err = out.Write(b)
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

// dataClock passes batches on and puts ticks between their messages: at each
// multiple of every nanoseconds of the timestamps.
type dataClock struct {
	env   *Env
	every int64
	next  int64 // the next tick
	off   []uint32
}

func (c *dataClock) Run(_ context.Context, in Reader, out Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.pass(b, out); err != nil {
			return err
		}
	}
}

// pass writes b, cut at the ticks that stand between its messages; the last piece
// acknowledges all of it. A message that could not be processed has the time at which it was read: it moves no clock.
func (c *dataClock) pass(b *Batch, out Writer) error {
	if b.Interim || b.bare() || b.Text {
		return out.Write(b)
	}
	var v msg.View
	c.off = c.off[:0]
	for i := range b.Off {
		b.View(i, &v)
		if t := v.Timestamp(); (t >= c.next || c.next == 0) && v.Seek(errorField, 0) == 0 {
			if c.next == 0 {
				c.next = t - t%c.every + c.every
			}
			if err := c.tickTo(t, b, out); err != nil {
				b.Release()
				return err
			}
		}
		c.off = append(c.off, b.Off[i])
	}
	return out.Write(b.Select(c.off))
}

// tickTo writes the messages gathered of b, and then the ticks up to t, if there are
// any.
func (c *dataClock) tickTo(t int64, b *Batch, out Writer) error {
	if t >= c.next && len(c.off) > 0 {
		if err := out.Write(b.Retain().Cut(c.off)); err != nil {
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
