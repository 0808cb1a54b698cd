package spool

import "time"

// Stats is how a spool stands.
type Stats struct {
	Bytes    int64     // not acknowledged by all readers, on disk
	Disk     int64     // of all segments
	Max      int64     // that Disk may reach
	Segments int       // how many there are
	Oldest   time.Time // when the oldest message that is not acknowledged was written; zero: none

	Damaged      int64 // places that could not be read, since Open
	DamagedBytes int64
	Dropped      int64 // messages given up because the spool was full, since Open
	DroppedBytes int64
	Errors       int64 // of the disk, since Open
	LastErr      error // the last of them
	Full         bool  // messages wait until readers acknowledge
}

// Stats returns how the spool stands. It reads a few bytes of the disk.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	st := s.stats
	st.Disk, st.Max, st.Segments = s.bytes, s.opt.Max, len(s.segs)
	low := s.low()
	var oldest segment
	for _, g := range s.segs {
		if left := min(g.size, g.base+g.size-low); left > 0 {
			if st.Bytes == 0 {
				oldest = *g
			}
			st.Bytes += left
		}
	}
	s.mu.Unlock()
	if st.Bytes > 0 {
		st.Oldest = s.timeAt(&oldest, max(0, low-oldest.base))
	}
	return st
}

// timeAt returns when the entry at `at` in g was written, or one behind it; that of the
// file if that can't be told.
func (s *Spool) timeAt(g *segment, at int64) time.Time {
	f, err := s.openSegment(g)
	if err != nil {
		return s.opt.Now()
	}
	defer f.Close()
	c := scanner{f: f, base: g.base, size: g.size, salt: g.salt, few: true}
	if e, ok, err := c.entry(at); ok && err == nil {
		return time.Unix(0, e.time)
	}
	if info, err := f.Stat(); err == nil {
		return info.ModTime()
	}
	return s.opt.Now()
}
