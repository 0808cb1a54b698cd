package throttle

import (
	"cmp"
	"context"
	"io"
	"slices"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/lru"
	"heka/heka-filter/internal/window"
	"heka/lib/msg"
	"heka/lib/stage"
)

// throttle is the stage.
type throttle struct {
	env      *stage.Env
	limit    limit
	by       *keys.By
	every    int64
	buckets  *lru.Cache[bucket]
	other    int64 // dropped of keys that were forgotten
	newest   int64
	lastTick int64
	scratch  []byte
	off      []uint32
	view     msg.View
}

// Every implements stage.Ticking.
func (s *throttle) Every() int64 { return s.every }

// Run implements stage.Stage.
func (s *throttle) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	rows := window.NewRows(s.env, "heka.throttled", out)
	boundary := window.NewBoundary(s.every)
	for {
		b, err := in.Read()
		if err == io.EOF {
			return s.report(rows, max(s.newest, s.lastTick))
		}
		if err != nil {
			return err
		}
		switch {
		case b.Tick != 0:
			if !b.Live && boundary.Passed(b.Tick) {
				s.lastTick = b.Tick
				if err := s.report(rows, b.Tick); err != nil {
					b.Release()
					return err
				}
			}
		case !b.Interim:
			b = s.pick(b)
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// pick is the hot path.
func (s *throttle) pick(b *stage.Batch) *stage.Batch {
	s.off = s.off[:0]
	for i, at := range b.Off {
		b.View(i, &s.view)
		s.scratch = s.by.Append(s.scratch[:0], &s.view)
		k, isNew, wentOut := s.buckets.Get(s.scratch)
		if isNew {
			s.by.Note(&s.view)
		}
		if wentOut {
			s.other += k.dropped
			*k = bucket{}
		}
		t := s.view.Timestamp()
		s.newest = max(s.newest, t)
		if s.limit.pass(&k.due, t) {
			s.off = append(s.off, at)
		} else {
			k.dropped++
		}
	}
	if len(s.off) == len(b.Off) {
		return b
	}
	s.env.Stats.Dropped.Add(int64(len(b.Off) - len(s.off)))
	return b.Select(s.off)
}

var keyDropped = msg.NewKey("dropped")

// report sends a row for each key of which messages were dropped since the last
// report.
func (s *throttle) report(rows *window.Rows, t int64) error {
	type row struct {
		key     []byte
		dropped int64
	}
	var all []row
	s.buckets.All(func(key []byte, k *bucket) {
		if k.dropped > 0 {
			all = append(all, row{key, k.dropped})
			k.dropped = 0
		}
	})
	slices.SortFunc(all, func(a, b row) int {
		if a.dropped != b.dropped {
			return cmp.Compare(b.dropped, a.dropped)
		}
		return keys.Compare(a.key, b.key)
	})
	rows.Begin(t)
	send := func(n int64) {
		rows.B.Key(keyDropped)
		rows.B.Int(n)
		rows.B.Rep("count")
		rows.Send()
	}
	for _, r := range all {
		s.by.Emit(&rows.B, r.key)
		send(r.dropped)
	}
	if s.other > 0 {
		s.by.EmitOther(&rows.B)
		send(s.other)
		s.other = 0
	}
	return rows.Flush()
}
