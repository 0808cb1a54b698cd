package spool

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"os"
	"slices"

	"heka/lib/frame"
)

// load finds out what is there: the segments, the cursors, and where to write on.
func (s *Spool) load() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		base, ok := parseName(e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			s.log.Warn("not a segment of the spool: left alone", "path", s.path(e.Name()))
			continue
		}
		g := &segment{name: e.Name(), base: base, size: info.Size(), old: true}
		s.readHead(g)
		s.segs = append(s.segs, g)
	}
	s.order()
	s.loadCursors()
	for _, at := range s.at {
		s.next = max(s.next, at)
	}
	if len(s.segs) > 0 {
		s.resume(s.segs[len(s.segs)-1])
	}
	for _, g := range s.segs {
		g.end = g.base + g.size
		s.next = max(s.next, g.end)
		s.bytes += g.size
	}
	return nil
}

// readHead believes the first stamp of a segment rather than its name.
func (s *Spool) readHead(g *segment) {
	f, err := s.openSegment(g)
	if err != nil {
		_ = s.failed(err)
		return
	}
	defer f.Close()
	var b [entryHead]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return
	}
	st, _, ok := parseStamp(b[:])
	if !ok {
		return
	}
	if st.offset != g.base {
		s.log.Warn("segment of spool has the name of another: going by what is in it",
			"dir", s.dir, "segment", g.name, "is", segmentName(st.offset))
	}
	g.base, g.salt = st.offset, st.salt
}

// order sorts the segments, and puts aside those of which there are two.
func (s *Spool) order() {
	slices.SortStableFunc(s.segs, func(a, b *segment) int {
		return cmp.Or(cmp.Compare(a.base, b.base), -cmp.Compare(a.size, b.size),
			cmp.Compare(a.name, b.name))
	})
	all := s.segs
	s.segs = nil
	for i, g := range all {
		n := len(s.segs)
		switch {
		case g.size == 0: // it was begun and not written, if it is the last
			_ = s.failed(s.disk.remove(s.path(g.name)))
			if i+1 < len(all) {
				s.lost(g.base, all[i+1].base-g.base)
			}
		case n > 0 && s.segs[n-1].base == g.base:
			s.stats.Damaged++
			s.stats.DamagedBytes += g.size
			aside := damagedPrefix + g.name
			s.log.Warn("two segments of spool for one place: the shorter is put aside",
				"dir", s.dir, "segment", g.name, "as", aside)
			_ = s.failed(s.setAside(g.name, aside))
		default:
			s.segs = append(s.segs, g)
		}
	}
}

// resume looks at the tail of the last segment. If it is whole it is written on;
// if not it is cut back to the last entry that is.
func (s *Spool) resume(g *segment) {
	f, err := s.openSegment(g)
	if err != nil {
		_ = s.failed(err)
		return
	}
	defer f.Close()
	c := &scanner{f: f, base: g.base, size: g.size, salt: g.salt}
	good, err := tail(c)
	if err != nil { // what can't be read is not cut off
		_ = s.failed(err)
		s.log.Warn("tail of spool can't be read", "dir", s.dir, "segment", g.name, "error", err)
		return
	}
	if good == g.size {
		if g.base+g.size >= s.next && g.size < s.opt.Segment && segmentName(g.base) == g.name {
			g.salt = c.salt
			s.active = g
		}
		return
	}
	if c.torn(good) {
		s.log.Info("spool was cut off while it wrote: what was not safe is given up",
			"dir", s.dir, "segment", g.name, "bytes", g.size-good)
	} else {
		s.damage(c, g.name, good, g.size)
	}
	s.cut(g, good)
}

// cut cuts a segment back to size bytes.
func (s *Spool) cut(g *segment, size int64) {
	g.size = size
	if size == 0 {
		if s.failed(s.disk.remove(s.path(g.name))) == nil {
			s.segs = s.segs[:len(s.segs)-1]
		}
		return
	}
	f, err := s.disk.open(s.path(g.name))
	if err != nil {
		_ = s.failed(err)
		return
	}
	if err = f.truncate(size); err == nil {
		err = f.sync()
	}
	_ = f.close()
	_ = s.failed(err)
}

// tail returns where the last whole entry of a segment ends. It reads the last megabytes,
// and more of them only if there is none in those.
func tail(c *scanner) (int64, error) {
	for room := int64(8 << 20); ; room *= 8 {
		from := max(0, c.size-room)
		good, found := int64(0), false
		at, err := c.next(from)
		for err == nil && at < c.size {
			var e entry
			var ok bool
			if e, ok, err = c.entry(at); ok && err == nil {
				ok, err = c.verify(e)
			}
			switch {
			case err != nil:
			case ok:
				at += e.size
				good, found = at, true
			default:
				at, err = c.next(at + 1)
			}
		}
		if err != nil || found || from == 0 {
			return good, err
		}
	}
}

// verify reports whether the checksum of e's block is right.
func (c *scanner) verify(e entry) (bool, error) {
	b, err := c.bytes(e.at, int(e.size))
	if err != nil || int64(len(b)) < e.size {
		return false, err
	}
	body := b[entryHead:]
	return crc32.Checksum(body[4:], castagnoli) == binary.BigEndian.Uint32(body), nil
}

// torn reports whether what begins at `at` is the start of an entry, and the file ends
// within it: what an interrupted write leaves.
func (c *scanner) torn(at int64) bool {
	b, err := c.bytes(at, entryHead+blockHead)
	if err != nil || len(b) == 0 {
		return false
	}
	if len(b) < entryHead+blockHead {
		n := min(len(b), len(stampHead))
		return string(b[:n]) == string(stampHead[:n])
	}
	e, ok := c.parse(b, at)
	return ok && e.size > frame.MaxBlock || ok && at+e.size > c.size
}
