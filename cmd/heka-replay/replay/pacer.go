package replay

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
)

const (
	// together is how far apart messages may be due that are written as one batch, in
	// nanoseconds.
	together = 1e6

	// sayFrom is how long a wait is told of, in nanoseconds: who looks on would take it
	// for the end.
	sayFrom = 30e9

	// timestampAt is where in a record its timestamp stands: heka-frame(5).
	timestampAt = msg.HeaderSize + 20
)

// errStopped ends the reading when the replay was stopped.
var errStopped = errors.New("stopped")

// pacer is the Writer that hands messages on when they are due. Time in the capture
// is that of the latest timestamp so far: one that is earlier, out of order, is due
// at once.
type pacer struct {
	*replay
	ctx  context.Context
	lane stage.Lane
	out  stage.Writer

	begun  bool
	start  int64 // on the clock, when the first message was due
	shift  int64 // of timestamps, with rebase
	latest int64 // timestamp
	played int64 // how long the capture has played up to there, silences shortened
	view   msg.View
	off    []uint32
}

// Write implements stage.Writer.
func (p *pacer) Write(b *stage.Batch) error {
	b, err := p.lane.Do(b)
	if err != nil {
		return err
	}
	if b.Len() == 0 {
		return stage.Pass(b, p.out)
	}
	if p.speed == 0 && !p.rebase {
		p.begun = true
		return p.out.Write(b)
	}
	defer b.Release()
	return p.pace(b)
}

// pace hands on what is due of b, waits, and so on.
func (p *pacer) pace(b *stage.Batch) error {
	now := p.clock.Now()
	p.off = p.off[:0]
	for i := range b.Off {
		b.View(i, &p.view)
		ts := p.view.Timestamp()
		due := p.due(ts, now)
		if p.rebase {
			binary.BigEndian.PutUint64(b.Buf[b.Off[i]+timestampAt:], uint64(ts+p.shift))
		}
		if due-now > together {
			if err := p.flush(b); err != nil {
				return err
			}
			p.say(due - now)
			if !p.clock.Wait(p.ctx, p.env.Stop, due) {
				return p.ended()
			}
			now = p.clock.Now()
		}
		p.off = append(p.off, b.Off[i])
	}
	return p.flush(b)
}

// ended tells a stop from the end of the context.
func (p *pacer) ended() error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	return errStopped
}

// flush hands on the messages gathered of b.
func (p *pacer) flush(b *stage.Batch) error {
	if len(p.off) == 0 {
		return nil
	}
	err := p.out.Write(b.Retain().Select(p.off))
	p.off = p.off[:0]
	return err
}

// due returns when a message of timestamp ts is due on the clock.
func (p *pacer) due(ts, now int64) int64 {
	if !p.begun {
		p.begun, p.start, p.latest, p.shift = true, now, ts, now-ts
	}
	if ts > p.latest {
		gap := ts - p.latest
		if gap < 0 { // more than 292 years
			gap = math.MaxInt64
		}
		p.played += min(gap, p.maxGap, math.MaxInt64-p.played)
		p.latest = ts
	}
	if p.speed == 0 {
		return now
	}
	wait := float64(p.played) / p.speed
	if wait >= float64(math.MaxInt64-p.start) {
		return math.MaxInt64
	}
	return p.start + int64(wait)
}

// say tells of a long wait.
func (p *pacer) say(wait int64) {
	if wait >= sayFrom {
		p.env.Logger().Info(fmt.Sprintf("the next message is due in %v; --max-gap shortens such waits",
			time.Duration(wait).Round(time.Second)))
	}
}
