package cat

import (
	"context"
	"io"

	"heka/lib/stage"
)

// ring keeps copies of the last n records. It grows with what there is, and its
// slots are used again.
type ring struct {
	n    int
	recs [][]byte
	next int // the slot of the oldest, once all are taken
}

func (r *ring) add(b *stage.Batch) {
	first := max(0, b.Len()-r.n)
	for i := first; i < b.Len(); i++ {
		if len(r.recs) < r.n {
			r.recs = append(r.recs, append([]byte(nil), b.Record(i)...))
			continue
		}
		r.recs[r.next] = append(r.recs[r.next][:0], b.Record(i)...)
		r.next = (r.next + 1) % r.n
	}
}

// flush writes what is kept, oldest first, and forgets it.
func (r *ring) flush(env *stage.Env, out stage.Writer) error {
	c := stage.NewCollector(env, out)
	for i := range r.recs {
		if err := c.AddRecord(r.recs[(r.next+i)%len(r.recs)]); err != nil {
			return err
		}
	}
	r.recs, r.next = nil, 0
	return c.Flush()
}

// lastStage lets the last n messages through.
type lastStage struct {
	env *stage.Env
	n   int
}

func (s lastStage) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	r := ring{n: s.n}
	for {
		b, err := in.Read()
		if err == io.EOF {
			return r.flush(s.env, out)
		}
		if err != nil {
			return err
		}
		r.add(b)
		if err := stage.Pass(b, out); err != nil {
			return err
		}
	}
}
