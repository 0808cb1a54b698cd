package delivery

import (
	"context"

	"heka/lib/stage"
	"heka/lib/target"
)

// maxHeld is how many batches may be held back, where no ticks come to flush the
// targets.
const maxHeld = 1024

// Acks passes on batches that were written to targets, and their acknowledgements
// when no target holds anything back any more. It is for one goroutine.
type Acks struct {
	Targets []target.Target

	acks  stage.Acks
	count int // batches whose acknowledgement is held
}

// Pass writes b to out, which has been written to the targets as far as it goes
// there. It takes b over.
func (a *Acks) Pass(ctx context.Context, b *stage.Batch, out stage.Writer) error {
	if a.holds() && (!b.Ack.Empty() || b.Hurry) {
		a.count++
		if !a.acks.Add(b) || a.count >= maxHeld || b.Hurry {
			if err := a.flush(ctx); err != nil {
				b.Release()
				return err
			}
		}
		b = b.Cut(b.Off)
	}
	if err := out.Write(b); err != nil || a.holds() {
		return err
	}
	return a.Closed(out)
}

// Closed hands on the acknowledgements that are held: the targets were closed.
func (a *Acks) Closed(out stage.Writer) error {
	a.count = 0
	return a.acks.Flush(out)
}

func (a *Acks) holds() bool {
	for _, t := range a.Targets {
		if t.Holds() {
			return true
		}
	}
	return false
}

func (a *Acks) flush(ctx context.Context) error {
	for _, t := range a.Targets {
		if err := t.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}
