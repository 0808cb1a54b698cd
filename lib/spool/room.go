package spool

import "time"

// keep removes what is acknowledged and saves the cursors, and returns how long there is
// nothing of that to do.
func (c *committer) keep() time.Duration {
	wait := c.reclaim(0)
	c.s.mu.Lock()
	dirty := c.s.dirty
	c.s.mu.Unlock()
	if !dirty {
		return wait
	}
	if d := time.Until(c.saved.Add(c.s.opt.saveEvery)); d > 0 {
		return min(wait, d)
	}
	c.saved = time.Now()
	if c.s.saveCursors() != nil {
		return min(wait, saveEvery)
	}
	return wait
}

// reclaim removes the segments that are acknowledged and need not be kept any longer;
// if need is not 0, as many as it takes for so many bytes, however long they were to
// be kept. It returns when there is more to do.
func (c *committer) reclaim(need int64) time.Duration {
	if wait := time.Until(c.removal); wait > 0 && need == 0 {
		return wait
	}
	for {
		g, wait := c.s.removable(need)
		if g == nil {
			return wait
		}
		if c.s.failed(c.s.disk.remove(c.s.path(g.name))) != nil {
			c.removal = time.Now().Add(maxBackoff)
			return maxBackoff
		}
		c.s.drop(g.base)
		c.retry = time.Time{} // that made room
	}
}

// removable returns the oldest segment if it can be removed; if not, how long to wait.
func (s *Spool) removable(need int64) (*segment, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segs) == 0 || s.segs[0] == s.active {
		return nil, forever
	}
	g, low := s.segs[0], s.low()
	if g.base+g.size > low {
		return nil, forever
	}
	if need > 0 {
		if s.bytes+need <= s.opt.Max {
			return nil, forever
		}
		return g, 0
	}
	if s.opt.Retain <= 0 {
		return g, 0
	}
	now := s.now()
	for _, g := range s.segs {
		if g == s.active || g.base+g.size > low {
			break
		}
		if g.done == 0 {
			g.done = now
		}
	}
	if left := time.Duration(g.done-now) + s.opt.Retain; left > 0 {
		return nil, max(left, minBackoff)
	}
	return g, 0
}

// admit makes room for n bytes. The error is nil, errFull, ErrDropped, or the disk's.
func (c *committer) admit(n int64) error {
	if c.fits(n) {
		return nil
	}
	c.reclaim(n)
	if c.fits(n) {
		return nil
	}
	if c.activeAcked() { // it takes room, and nobody needs it
		if err := c.roll(); err != nil {
			return err
		}
		if c.reclaim(n); c.fits(n) {
			return nil
		}
	}
	switch {
	case c.s.opt.Full == DropNew:
		return ErrDropped
	case c.s.opt.Full == DropOld && n <= c.s.opt.Max:
		return c.dropUntil(n)
	case c.s.opt.Full == DropOld:
		return ErrDropped
	case c.empty():
		return nil // it never will: a message longer than the spool
	}
	return errFull
}

func (c *committer) fits(n int64) bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.s.bytes+n <= c.s.opt.Max
}

func (c *committer) empty() bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.s.bytes == 0
}

// activeAcked reports whether the segment that is being written has something, and
// all of it is acknowledged.
func (c *committer) activeAcked() bool {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.active
	return g != nil && g.size > 0 && g.base+g.size <= s.low()
}

// dropUntil gives up the oldest segments until n bytes fit.
func (c *committer) dropUntil(n int64) error {
	for !c.fits(n) {
		dropped, err := c.dropOldest()
		if err != nil {
			return err
		}
		if !dropped {
			return nil
		}
	}
	return nil
}

// dropOldest gives up the oldest segment, if there is one: readers go on with the next.
func (c *committer) dropOldest() (bool, error) {
	s := c.s
	s.mu.Lock()
	if len(s.segs) == 0 {
		s.mu.Unlock()
		return false, nil
	}
	g := s.segs[0]
	last := g == s.active
	s.mu.Unlock()
	if last {
		if err := c.roll(); err != nil {
			return false, err
		}
	}
	s.mu.Lock()
	old := *g
	from := min(max(0, s.low()-g.base), g.size)
	s.mu.Unlock()
	messages := s.count(&old, from)
	if err := s.failed(s.disk.remove(s.path(g.name))); err != nil {
		return false, err
	}
	s.drop(g.base)
	s.mu.Lock()
	s.dropped(messages, old.size-from)
	s.mu.Unlock()
	return true, nil
}

// count returns how many messages a segment has from an offset in it on, by the heads of
// its blocks.
func (s *Spool) count(g *segment, from int64) int64 {
	f, err := s.openSegment(g)
	if err != nil {
		return 0
	}
	defer f.Close()
	c := scanner{f: f, base: g.base, size: g.size, salt: g.salt, few: true}
	n := int64(0)
	for at := from; at < g.size; {
		e, ok, err := c.entry(at)
		if err != nil {
			break
		}
		if ok {
			n += int64(e.head.Count)
			at += e.size
		} else if at, err = c.next(at + 1); err != nil {
			break
		}
	}
	return n
}
