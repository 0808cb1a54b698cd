package spool

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// suffix is that of segments, as of all captures.
const suffix = ".heka"

// segment is a file of the spool. What others than the committer read of it is guarded
// by Spool.mu.
type segment struct {
	name string // of the file
	base int64  // offset in the spool of its first byte
	size int64  // bytes that may be read: whole entries, or all of a file that was found
	end  int64  // base+size, or where what was given up of it ended
	salt uint32 // 0: not known
	done int64  // when it was seen to be acknowledged, ns since 1970 UTC; 0: it is not
	old  bool   // it was there at Open
}

// segmentName returns the name of the segment that begins at base.
func segmentName(base int64) string { return fmt.Sprintf("%020d%s", base, suffix) }

// parseName returns the base that a name tells.
func parseName(name string) (int64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	base, err := strconv.ParseUint(digits, 10, 64)
	return int64(base), err == nil && base <= maxBase
}

func (s *Spool) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Spool) openSegment(g *segment) (*os.File, error) { return os.Open(s.path(g.name)) }

// find returns the index of the last segment that does not begin behind at; -1 if all
// do. The caller holds mu.
func (s *Spool) find(at int64) int {
	i, ok := slices.BinarySearchFunc(s.segs, at, func(g *segment, at int64) int {
		return cmp.Compare(g.base, at)
	})
	if ok {
		return i
	}
	return i - 1
}

// place is where a reader is to go on.
type place struct {
	seg   segment
	found bool
	jump  int64 // not found: where to go on; 0: wait for the writer
	lost  int64 // bytes that were there once and are not known to have been given up
}

// locate returns the segment that holds what stands at `at`.
func (s *Spool) locate(at int64) place {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(at)
	if i >= 0 && at < s.segs[i].base+s.segs[i].size {
		return place{seg: *s.segs[i], found: true}
	}
	p := place{jump: s.next}
	if i+1 < len(s.segs) {
		p.jump = s.segs[i+1].base
	} else if s.active != nil || s.next <= at {
		return place{}
	}
	if i >= 0 && i+1 < len(s.segs) && s.segs[i+1].old {
		p.lost = max(0, p.jump-max(at, s.segs[i].end))
	}
	return p
}

// first returns where the oldest segment begins. The caller holds mu.
func (s *Spool) first() int64 {
	if len(s.segs) > 0 {
		return s.segs[0].base
	}
	return s.next
}

// gone reports whether the segment that begins at base is no more, because somebody
// has removed its file; it is taken from the list then. If it is being written its
// writer is told.
func (s *Spool) gone(base int64) bool {
	s.mu.Lock()
	i := s.find(base)
	if i < 0 || s.segs[i].base != base {
		s.mu.Unlock()
		return true
	}
	g := *s.segs[i]
	if s.segs[i] == s.active {
		s.missing = true
		s.mu.Unlock()
		s.poke()
		return false
	}
	s.mu.Unlock()
	if _, err := os.Lstat(s.path(g.name)); err == nil {
		return true
	}
	s.drop(g.base)
	s.lost(g.base, g.size)
	return true
}

// drop takes a segment from the list.
func (s *Spool) drop(base int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(base); i >= 0 && s.segs[i].base == base {
		s.bytes -= s.segs[i].size
		s.segs = slices.Delete(s.segs, i, i+1)
	}
}
