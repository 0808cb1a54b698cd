// Package window runs a filter that gathers messages and says now and then what
// it has gathered: once a window if it has windows, else at the end of the input;
// and to a terminal that looks on, how things stand.
//
// Windows end at the ticks that are multiples of their length. What a window
// gives carries the time of its end; what the end of the input gives, the largest
// timestamp seen, or the last tick if that is later.
package window

import (
	"context"
	"io"

	"heka/heka-filter/internal/keys"
	"heka/lib/msg"
	"heka/lib/stage"
)

// Aggregate is what gathers. It is called from one goroutine.
type Aggregate interface {
	// Add takes in one message. m is not valid after.
	Add(m *msg.View)

	// Emit sends rows of what was gathered since the start or the last Reset, and
	// changes nothing. It stops when Send returns false.
	Emit(r *Rows)

	// Reset forgets what was gathered.
	Reset()
}

// Span says what rows stand for.
type Span struct {
	Every   int64 // length of the window in nanoseconds; 0: there are no windows
	Elapsed int64 // of an interim window: how much of it has gone by, if that is known
	First   int64 // smallest timestamp of the messages; with Last, if there are any
	Last    int64 // largest
	Count   int64 // messages
}

// New returns the stage that runs agg, with windows of every nanoseconds or none.
// name is the Type of the rows.
func New(env *stage.Env, name string, every int64, agg Aggregate) stage.Stage {
	return &runner{env: env, agg: agg, name: name, every: every}
}

type runner struct {
	env      *stage.Env
	agg      Aggregate
	name     string
	every    int64
	boundary Boundary
	span     Span // of the messages since the last window
	largest  int64
	lastTick int64
	windows  int
	view     msg.View
}

// Every implements stage.Ticking.
func (s *runner) Every() int64 { return s.every }

// Run implements stage.Stage.
func (s *runner) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	s.boundary = NewBoundary(s.every)
	rows := NewRows(s.env, s.name, out)
	for {
		b, err := in.Read()
		if err == io.EOF {
			return s.end(rows)
		}
		if err != nil {
			return err
		}
		if b.Tick != 0 {
			err = s.tick(b, rows)
		} else {
			if !b.Interim {
				s.add(b)
			}
			err = stage.Pass(b, out)
		}
		if err != nil {
			return err
		}
	}
}

// add takes in the messages of b. It is the hot path.
func (s *runner) add(b *stage.Batch) {
	for i := range b.Off {
		b.View(i, &s.view)
		t := s.view.Timestamp()
		if s.span.Count == 0 {
			s.span.First, s.span.Last = t, t
		} else if t > s.span.Last {
			s.span.Last = t
		} else if t < s.span.First {
			s.span.First = t
		}
		s.span.Count++
		s.agg.Add(&s.view)
	}
	s.largest = max(s.largest, s.span.Last)
}

// tick deals with a tick, which then goes on.
func (s *runner) tick(b *stage.Batch, rows *Rows) error {
	switch {
	case b.Live:
		s.span.Elapsed = 0
		if s.lastTick != 0 {
			s.span.Elapsed = b.Tick - s.lastTick
		}
		if err := s.emit(rows.live(), b.Tick); err != nil {
			b.Release()
			return err
		}
	case s.boundary.Passed(b.Tick):
		s.lastTick, s.span.Elapsed = b.Tick, 0
		s.windows++
		if err := s.emit(rows, b.Tick); err != nil {
			b.Release()
			return err
		}
		s.agg.Reset()
		s.span = Span{}
	}
	return rows.out.Write(b)
}

// end emits what the last window has so far, or all.
func (s *runner) end(rows *Rows) error {
	if s.span.Count == 0 && s.windows > 0 {
		return nil
	}
	s.span.Elapsed = 0
	return s.emit(rows, max(s.largest, s.lastTick))
}

func (s *runner) emit(rows *Rows, t int64) error {
	rows.Begin(t)
	rows.Span = s.span
	rows.Span.Every = s.every
	s.agg.Emit(rows)
	return rows.Flush()
}

// Full returns the function that says, once, that verb has met more than max keys.
func Full(env *stage.Env, verb string, max int) func() {
	return func() {
		env.Logger().Warn(verb+": too many keys: further ones are gathered under "+keys.Other,
			"max-keys", max)
	}
}

// Boundary tells which ticks end a window: ticks come as often as any filter of
// a pipeline wants them.
type Boundary struct {
	every, window int64
	started       bool
}

// NewBoundary returns the Boundary of windows of every nanoseconds; without
// windows if every is 0.
func NewBoundary(every int64) Boundary { return Boundary{every: every} }

// Passed reports whether the tick at t ends a window.
func (b *Boundary) Passed(t int64) bool {
	if b.every == 0 {
		return false
	}
	n := t / b.every
	switch {
	case !b.started:
		b.started, b.window = true, n
		return t%b.every == 0
	case n > b.window:
		b.window = n
		return true
	}
	return false
}
