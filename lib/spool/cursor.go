package spool

import (
	"github.com/cespare/xxhash/v2"

	"heka/lib/position"
)

// loadCursors reads where the readers were, once the segments are known.
func (s *Spool) loadCursors() {
	for _, r := range s.cursors.All() {
		s.at[r.Stream] = min(r.Offset, maxBase)
	}
	if len(s.segs) > 0 && (s.cursors.Fresh() || s.cursors.Damaged()) {
		s.log.Warn("cursors of spool are lost: readers without one start at the oldest message",
			"dir", s.dir)
	}
	low := s.low()
	if len(s.at) > 0 && len(s.segs) > 0 && low < s.segs[0].base {
		s.log.Warn("spool does not reach back to its cursor: going on with what there is",
			"dir", s.dir, "cursor", low, "oldest", s.segs[0].base)
	}
}

// low returns the lowest of the cursors; the start of the oldest segment if there is
// none. The caller holds mu.
func (s *Spool) low() int64 {
	first := true
	low := s.first()
	for _, at := range s.at {
		if first || at < low {
			low, first = at, false
		}
	}
	return low
}

// cursor returns where a reader is to start, and gives it a cursor if it had none.
func (s *Spool) cursor(name string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.at[name]
	if !ok {
		at = s.first()
		s.at[name] = at
		s.dirty = true
	}
	return at
}

// acked moves a cursor on.
func (s *Spool) acked(name string, to int64) {
	s.mu.Lock()
	if at, ok := s.at[name]; !ok || to <= at { // forgotten, or another of that name was faster
		s.mu.Unlock()
		return
	}
	poke := !s.dirty || s.stuck || len(s.segs) > 0 && s.segs[0].base+s.segs[0].size <= to
	s.at[name] = to
	s.dirty = true
	s.mu.Unlock()
	if poke {
		s.poke()
	}
}

// Forget removes the cursor of a reader that will not come again: what it has not read
// is kept for it no longer.
func (s *Spool) Forget(name string) {
	s.cursors.Delete(xxhash.Sum64String(name))
	s.mu.Lock()
	delete(s.at, name)
	s.dirty = true
	s.mu.Unlock()
	s.poke()
}

// saveCursors saves those that have moved.
func (s *Spool) saveCursors() error {
	s.mu.Lock()
	dirty := s.dirty
	s.dirty = false
	if dirty {
		for name, at := range s.at {
			id := xxhash.Sum64String(name)
			if r, ok := s.cursors.Get(id); !ok || r.Offset != at {
				s.cursors.Put(position.Record{ID: id, Stream: name, Offset: at, Time: s.now()})
			}
		}
	}
	s.mu.Unlock()
	if !dirty {
		return nil
	}
	err := s.failed(s.disk.save(s.cursors))
	if err != nil {
		s.mu.Lock()
		s.dirty = true
		s.mu.Unlock()
	}
	return err
}
