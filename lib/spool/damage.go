package spool

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// damagedPrefix begins the names of files that hold what could not be read.
const damagedPrefix = "damaged-"

// maxSeen bounds the places of damage that are remembered, so that each is counted once.
const maxSeen = 1 << 16

// damage counts the bytes from..to of a segment, says so, and copies them to a file of
// their own, so that a person may see what can be had of them. It may be called by any
// reader; what was found before is passed over.
func (s *Spool) damage(c *scanner, name string, from, to int64) {
	if !s.found(c.base + from) {
		return
	}
	s.mu.Lock()
	s.stats.Damaged++
	s.stats.DamagedBytes += to - from
	s.mu.Unlock()
	copied := strings.TrimSuffix(damagedPrefix+segmentName(c.base+from), suffix)
	err := s.quarantine(c, copied, from, to)
	s.log.Warn("spool is damaged: going on behind", "dir", s.dir, "segment", name,
		"offset", from, "bytes", to-from, "copied to", copied, "error", err)
}

// lost counts bytes that are not there any more.
func (s *Spool) lost(at, bytes int64) {
	if bytes <= 0 || !s.found(at) {
		return
	}
	s.mu.Lock()
	s.stats.Damaged++
	s.stats.DamagedBytes += bytes
	s.mu.Unlock()
	s.log.Warn("part of spool is missing: going on behind", "dir", s.dir,
		"offset", at, "bytes", bytes)
}

// found reports whether damage at this place is new.
func (s *Spool) found(at int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[at]; ok {
		return false
	}
	if len(s.seen) >= maxSeen {
		clear(s.seen)
	}
	s.seen[at] = struct{}{}
	return true
}

var errQuarantineFull = errors.New("not copied: there is enough of that")

// quarantine copies from..to to a file, unless it is there already or those that are
// take too much room.
func (s *Spool) quarantine(c *scanner, name string, from, to int64) error {
	if s.quarantined()+to-from > s.opt.Segment {
		return errQuarantineFull
	}
	f, err := s.disk.create(s.path(name))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return s.failed(err)
	}
	for at := from; at < to && err == nil; {
		var b []byte
		if b, err = c.bytes(at, int(min(chunk, to-at))); len(b) == 0 {
			break
		}
		if err == nil {
			err = f.writeAt(b, at-from)
		}
		at += int64(len(b))
	}
	if err == nil && s.opt.Sync >= 0 {
		err = f.sync()
	}
	if err2 := f.close(); err == nil {
		err = err2
	}
	if err != nil {
		_ = s.disk.remove(s.path(name))
	}
	return s.failed(err)
}

// quarantined returns how many bytes were copied so far, by this process and those
// before.
func (s *Spool) quarantined() int64 {
	entries, err := os.ReadDir(s.dir)
	n := int64(0)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), damagedPrefix) {
			n += info.Size()
		}
	}
	_ = s.failed(err)
	return n
}

// setAside renames a file, unless the name is taken.
func (s *Spool) setAside(from, to string) error {
	if _, err := os.Lstat(s.path(to)); err == nil {
		return fs.ErrExist
	}
	return s.disk.rename(s.path(from), s.path(to))
}
