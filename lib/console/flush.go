package console

import (
	"io"
	"slices"

	"heka/lib/msg"
)

// flushTable draws the rows that are held, in the place of the snapshot of their
// type, and its head if it is not drawn yet. timed: with the table's time.
func (s *sink) flushTable(timed bool) {
	t := s.table
	if t == nil || len(t.rows) == 0 {
		return
	}
	s.cleared = true
	s.drop(t)
	if t.record != nil { // a single message of a type that is not known
		var v msg.View
		v.Reset(t.record)
		s.buf = s.events.append(s.buf, &v, &s.k)
		s.table, s.frame.series = nil, nil
		return
	}
	s.measure()
	f := &s.frame
	f.timed = timed
	switch {
	case t.frozen != nil:
		s.buf = t.appendRows(s.buf, t.frozen, &s.k)
	case timed && len(t.rows) == 1 && f.series != nil && f.series.fields == t.fields():
		s.buf = t.appendRows(s.buf, f.series, &s.k)
		s.table = nil
		return
	default:
		t.frozen = t.layout(&s.k, timed && len(t.rows) == 1)
		f.series = nil
		if t.frozen.timed {
			f.series = t.frozen
		}
		s.buf = t.appendAll(s.buf, t.frozen, timed, &s.k)
	}
	t.clear()
}

// drop takes the tables out of the snapshot in whose place t comes.
func (s *sink) drop(t *table) {
	s.frame.tables = slices.DeleteFunc(s.frame.tables, func(f *table) bool {
		return string(f.kind) == string(t.kind)
	})
}

func (s *sink) measure() { s.k.width, s.k.height = s.screen.size() }

// flush writes what is there to stay; with redraw, the snapshot even if there is
// nothing.
func (s *sink) flush(redraw bool) error {
	if len(s.buf) == 0 && !redraw && !s.redraw {
		return nil
	}
	s.redraw = false
	p := s.buf
	if s.buf = s.buf[:0]; cap(p) > 2*flushAt {
		s.buf = nil
	}
	return s.screen.write(p, &s.frame, &s.k)
}

// end shows what is held when reading gave err, and returns how Run ends. At the
// end of input a snapshot whose result did not come goes away; else the last one
// stays.
func (s *sink) end(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.err != nil {
		return s.err
	}
	s.flushTable(s.windows)
	if err == io.EOF {
		s.dropCharts()
		err = nil
	}
	werr := s.flush(true)
	if cerr := s.screen.close(); werr == nil {
		werr = cerr
	}
	if err == nil {
		err = werr
	}
	return err
}

// fail gives the terminal back after a write that failed with err.
func (s *sink) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.screen.close()
	return err
}
