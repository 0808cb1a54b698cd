package stage

import (
	"cmp"
	"slices"
)

// Acker is implemented by a source that keeps positions: the first stage of a
// pipeline, which puts a Range on the batches that it writes. Run tells it which of
// them came through.
type Acker interface {
	// Acked says that all stages behind the source have done with r. Calls come from
	// one goroutine at a time, not that of the source's Run, and in any order of
	// ranges; some may come after Run has returned. It should return soon: the sink
	// waits for it.
	Acked(r Range)

	// Settle is called once when the pipeline has ended, however it did, after the
	// last Acked. Its error is the pipeline's unless that has one.
	Settle() error
}

// Range is a stretch of a source, in the source's own measure: bytes of a file,
// say. To is exclusive. An empty range, the zero Range among them, acknowledges
// nothing.
type Range struct {
	Source   uint32
	From, To int64

	// Hops is how many nodes of a daemon have made messages of messages since a source:
	// what bounds loops. It stands on batches that acknowledge nothing, too.
	Hops uint8
}

// Empty reports whether r acknowledges nothing.
func (r Range) Empty() bool { return r.To <= r.From }

// Pass ends the way of b's records, with which the stage has done, and hands on to
// out what else b brings: its acknowledgement, without records; all of a tick or a
// gap; nothing if it brings nothing. It takes b over.
func Pass(b *Batch, out Writer) error {
	switch {
	case b.Control():
		return out.Write(b)
	case b.Ack.Empty() || b.Interim:
		b.Release()
		return nil
	}
	return out.Write(b.OnlyAck())
}

// OnlyAck returns a batch with b's acknowledgement and nothing else of it. It takes b
// over.
func (b *Batch) OnlyAck() *Batch {
	p := b.pool.child()
	p.Ack = b.Ack
	b.Release()
	return p
}

// maxAcks is how many ranges Acks holds: of so many sources, if each comes through
// without a hole.
const maxAcks = 1024

// Acks holds the acknowledgements of batches that a stage has read and not yet done
// with: what a file has that is not synced, say. Ranges that touch become one, so
// that it holds one a source as long as none is left out. The zero Acks is empty. It
// is for one goroutine.
type Acks struct {
	held []Range // by source and From; no two of them touch
	pool *Pool
}

// Add holds the acknowledgement of b, which stays the caller's. It reports whether
// there is room for more: if not, the stage should do what is to be done, and
// Flush. What does not find room is held all the same.
func (a *Acks) Add(b *Batch) bool {
	if b.Ack.Empty() || b.Interim {
		return len(a.held) < maxAcks
	}
	a.pool = b.pool
	r := b.Ack
	i, _ := slices.BinarySearchFunc(a.held, r, func(h, r Range) int {
		return cmp.Or(cmp.Compare(h.Source, r.Source), cmp.Compare(h.From, r.From))
	})
	if i > 0 && a.held[i-1].touches(r) {
		i--
		a.held[i].To, a.held[i].Hops = max(a.held[i].To, r.To), max(a.held[i].Hops, r.Hops)
	} else {
		a.held = slices.Insert(a.held, i, r)
	}
	for i+1 < len(a.held) && a.held[i].touches(a.held[i+1]) {
		a.held[i].To = max(a.held[i].To, a.held[i+1].To)
		a.held = slices.Delete(a.held, i+1, i+2)
	}
	return len(a.held) < maxAcks
}

// touches reports whether s, which does not start before r, goes on where r ends or
// before.
func (r Range) touches(s Range) bool { return r.Source == s.Source && s.From <= r.To }

// Flush hands all that is held on to out, and holds nothing then.
func (a *Acks) Flush(out Writer) error {
	for i, r := range a.held {
		b := a.pool.child()
		b.Ack = r
		if err := out.Write(b); err != nil {
			a.held = slices.Delete(a.held, 0, i+1)
			return err
		}
	}
	a.held = a.held[:0]
	return nil
}

// ends returns the Writer behind the last stage of a pipeline, and what settles its
// source.
func ends(flat []Stage) (out Writer, settle func() error) {
	if len(flat) > 0 {
		if a, ok := flat[0].(Acker); ok {
			return acknowledger{a}, a.Settle
		}
	}
	return discard{}, func() error { return nil }
}

// acknowledger is what stands behind the last stage where the source keeps positions.
type acknowledger struct{ a Acker }

func (w acknowledger) Write(b *Batch) error {
	if r := b.Ack; !r.Empty() && !b.Interim {
		w.a.Acked(r)
	}
	b.Release()
	return nil
}
