package statmetric

import (
	"context"
	"io"

	"heka/heka-filter/internal/window"
	"heka/lib/msg"
	"heka/lib/stage"
)

// runner is the stage.
type runner struct {
	env   *stage.Env
	stats *stats
	every int64

	largest  int64 // timestamp
	lastTick int64
	fresh    bool // messages came since the last window
	windows  int
	view     msg.View
}

// Every implements stage.Ticking.
func (s *runner) Every() int64 { return s.every }

// Run implements stage.Stage.
func (s *runner) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	rows := window.NewRows(s.env, "heka.statmetric", out)
	marked := stage.NewCollector(s.env, out)
	boundary := window.NewBoundary(s.every)
	for {
		b, err := in.Read()
		if err == io.EOF {
			return s.end(rows)
		}
		if err != nil {
			return err
		}
		switch {
		case b.Tick != 0:
			if !b.Live && boundary.Passed(b.Tick) {
				err = s.tick(b.Tick, rows)
			}
		case !b.Interim:
			err = s.add(b, marked)
		}
		if err != nil {
			b.Release()
			return err
		}
		if err := stage.Pass(b, out); err != nil {
			return err
		}
	}
}

// add takes in the messages of b. It is the hot path.
func (s *runner) add(b *stage.Batch, marked *stage.Collector) error {
	for i := range b.Off {
		b.View(i, &s.view)
		s.largest, s.fresh = max(s.largest, s.view.Timestamp()), true
		if err := s.stats.add(&s.view, marked); err != nil {
			return err
		}
	}
	return marked.Flush()
}

func (s *runner) tick(t int64, rows *window.Rows) error {
	s.lastTick, s.fresh = t, false
	s.windows++
	err := s.emit(t, rows)
	s.stats.reset()
	return err
}

// end emits what the last window has so far, or all.
func (s *runner) end(rows *window.Rows) error {
	if !s.fresh && s.windows > 0 {
		return nil
	}
	return s.emit(max(s.largest, s.lastTick), rows)
}

func (s *runner) emit(t int64, rows *window.Rows) error {
	rows.Begin(t)
	s.stats.emit(rows, t)
	return rows.Flush()
}
