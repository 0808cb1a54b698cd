package console

import (
	"context"
	"sync"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
)

const (
	// flushAt is how many bytes are gathered of one batch before they are written,
	// and how large a buffer is kept for the next.
	flushAt = 256 << 10

	// holdFor is how long a table waits, where no ticks come, for what tells whether
	// it is that of a window: a tick or the end of input.
	holdFor = 200 * time.Millisecond
)

// sink is the stage.
//
// A table that is complete is held until the next read returns: the table of a
// window is followed by a tick or by another table, and has a line with its time;
// one that the end of the input follows has none. On a terminal there is always a
// tick soon. Elsewhere a timer takes its place, under mu.
type sink struct {
	env  *stage.Env
	k    look
	live bool

	mu      sync.Mutex
	screen  screen
	events  events
	view    msg.View
	buf     []byte // what stays, not yet written
	table   *table // that takes rows; nil: none
	cleared bool   // the rows that were held before this batch are shown
	frame   frame
	redraw  bool  // the frame has changed
	windows bool  // there are windows
	err     error // of a write by the timer
	closed  bool

	acks stage.Acks // of batches with rows that are held; Run's alone
}

// Run implements stage.Stage.
func (s *sink) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	var timer *time.Timer
	for {
		b, err := in.Read()
		if timer != nil && timer.Stop() {
			wg.Done()
		}
		timer = nil
		if err != nil {
			if err := s.end(err); err != nil {
				return err
			}
			return s.acks.Flush(out)
		}
		held, cleared, err := s.take(b)
		if err != nil {
			b.Release()
			return s.fail(err)
		}
		if err := s.pass(b, held, cleared, out); err != nil {
			return s.fail(err)
		}
		if held && !s.env.Live {
			wg.Add(1)
			timer = time.AfterFunc(holdFor, func() {
				defer wg.Done()
				s.release()
			})
		}
	}
}

// pass hands on the acknowledgements of what is shown: b's if no table is held, and
// those of the batches before if the rows held of them were shown.
func (s *sink) pass(b *stage.Batch, held, cleared bool, out stage.Writer) error {
	if cleared || !held {
		if err := s.acks.Flush(out); err != nil {
			b.Release()
			return err
		}
	}
	if held {
		s.acks.Add(b)
		b.Release()
		return nil
	}
	return out.Write(b)
}

// take shows b. It reports whether a table is held, and whether one that was held
// before is shown.
func (s *sink) take(b *stage.Batch) (held, cleared bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, false, s.err
	}
	switch {
	case b.Tick != 0:
		err = s.tick(b.Live)
	case b.Interim:
		err = s.interim(b)
	default:
		err = s.batch(b)
	}
	cleared, s.cleared = s.cleared, false
	return s.table != nil && len(s.table.rows) > 0, cleared, err
}

// tick shows the table that is held: more input may come, so that its time matters.
func (s *sink) tick(live bool) error {
	if s.table == nil || len(s.table.rows) == 0 {
		return nil
	}
	s.windows = s.windows || !live
	s.flushTable(true)
	return s.flush(false)
}

// release does at the end of a timer what a tick does.
func (s *sink) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.err != nil {
		return
	}
	s.err = s.tick(true)
}

// batch takes the messages of b that are there to stay.
func (s *sink) batch(b *stage.Batch) error {
	for i := range b.Off {
		b.View(i, &s.view)
		if isRow(&s.view) {
			s.row(&s.view)
		} else if !s.chart(&s.view, true) {
			s.flushTable(s.windows)
			s.table, s.frame.series = nil, nil
			s.buf = s.events.append(s.buf, &s.view, &s.k)
		}
		if len(s.buf) >= flushAt {
			if err := s.flush(false); err != nil {
				return err
			}
		}
	}
	s.env.Stats.Out.Add(int64(len(b.Off)))
	return s.flush(false)
}

// row adds v to the table that takes it.
func (s *sink) row(v *msg.View) {
	if t := s.table; t == nil || !t.takes(v) {
		if t != nil && string(t.kind) == string(v.Type()) && t.time != v.Timestamp() {
			s.windows = s.windows || t.result
		}
		s.flushTable(s.windows)
		s.table = newTable(v)
	}
	s.table.add(v, &s.k)
	if s.table.full() {
		s.flushTable(s.windows)
	}
}

// interim takes the rows of b into the snapshot, and draws it.
func (s *sink) interim(b *stage.Batch) error {
	if !s.live || len(b.Off) == 0 {
		return nil
	}
	s.flushTable(true)
	fresh := true
	for i := range b.Off {
		b.View(i, &s.view)
		if s.chart(&s.view, false) || !isRow(&s.view) {
			continue
		}
		if f := &s.frame; fresh {
			fresh = false
			if n := len(f.tables); n > 0 && f.tables[n-1].time != s.view.Timestamp() {
				f.dropRows()
			}
		}
		s.snapshot(&s.view)
	}
	return s.flush(true)
}

// snapshot adds v to the last table of the frame, or to a new one.
func (s *sink) snapshot(v *msg.View) {
	f := &s.frame
	n := len(f.tables)
	if n == 0 || !f.tables[n-1].takes(v) {
		if n >= maxColumns {
			return
		}
		f.tables = append(f.tables, newTable(v))
		n++
	}
	if t := f.tables[n-1]; !t.full() {
		t.add(v, &s.k)
	}
}
