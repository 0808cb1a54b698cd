package spool

import (
	"errors"
	"time"
)

// committer writes what was appended, in rounds, and keeps house. All but what Spool.mu
// guards is its goroutine's.
//
//	Append ─> pending ─> queue: written, waiting for sync ─> done
//	             ^                |  an fsync failed: written once more
//	             └── spare <──────┘
type committer struct {
	s       *Spool
	queue   []*round // rounds that were taken: queue[:written] are written, not synced
	written int
	spare   *round

	w       writer
	retry   time.Time     // not to write before, after a failure
	backoff time.Duration // the last time it was waited so long; 0: all is well
	synced  time.Time     // when what is synced next began to be written
	saved   time.Time     // when cursors were saved last
	removal time.Time     // not to remove before, after a failure
	used    time.Time     // when a round was taken last
	err     error         // of the last attempt at Close
}

// errFull is what the committer finds when it must wait for readers.
var errFull = errors.New("spool is full")

func newCommitter(s *Spool) committer {
	return committer{s: s, w: newWriter(s)}
}

const forever = time.Duration(1<<63 - 1)

func (c *committer) run() {
	defer close(c.s.ended)
	timer := time.NewTimer(forever)
	defer timer.Stop()
	for {
		closing := c.isClosing()
		wait := c.keep()
		c.take()
		wait = min(wait, c.work(closing))
		if closing {
			if c.err == nil && c.hasPending() {
				continue
			}
			c.end()
			return
		}
		if wait <= 0 {
			continue
		}
		timer.Reset(wait)
		select {
		case <-c.s.wake:
		case <-c.s.closing:
		case <-timer.C:
		}
	}
}

func (c *committer) isClosing() bool {
	select {
	case <-c.s.closing:
		return true
	default:
		return false
	}
}

// end gives up what could not be written.
func (c *committer) end() {
	c.s.mu.Lock()
	rest := append(c.queue, c.s.pending)
	c.s.pending, c.queue = &round{}, nil
	c.s.mu.Unlock()
	for _, r := range rest {
		r.complete(ErrClosed)
	}
	if err := c.w.close(); c.err == nil {
		c.err = err
	}
}

// take takes what is pending if all that was taken before is written.
func (c *committer) take() {
	if c.written < len(c.queue) {
		return
	}
	fresh := c.spare
	if fresh == nil {
		fresh = &round{}
	}
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending.blocks) == 0 {
		return
	}
	c.queue = append(c.queue, s.pending)
	s.pending, c.spare = fresh, nil
	c.used = time.Now()
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

// work writes and syncs what there is, once, and returns how long to wait at most.
func (c *committer) work(closing bool) time.Duration {
	if wait := time.Until(c.retry); wait > 0 && !closing {
		return wait
	}
	if !c.w.check() {
		c.abandon()
	}
	c.err = c.write()
	isFull := c.err == errFull
	if (c.err == nil || isFull) && (closing || c.syncDue()) {
		if err := c.sync(); err != nil {
			c.err = err
		}
	}
	switch c.err {
	case nil:
		c.recovered()
		return c.rest()
	case errFull:
		c.stall(true)
		return c.rest()
	}
	return c.fail(c.err)
}

// write writes the round that is next.
func (c *committer) write() error {
	if c.written == len(c.queue) {
		return nil
	}
	if c.written == 0 {
		c.synced = time.Now()
	}
	r := c.queue[c.written]
	for r.next < len(r.blocks) {
		err := c.block(r, &r.blocks[r.next])
		switch {
		case err == ErrDropped:
			c.drop(&r.blocks[r.next])
		case err != nil:
			return err
		}
		r.next++
	}
	c.written++
	if c.s.opt.Sync < 0 {
		c.complete()
	}
	return nil
}

// drop counts a block that there is no room for.
func (c *committer) drop(b *block) {
	b.dropped = true
	c.s.mu.Lock()
	c.s.dropped(int64(b.count), int64(b.to-b.from))
	c.s.mu.Unlock()
}

// block writes one block.
func (c *committer) block(r *round, b *block) error {
	n := c.w.encode(r.raw[b.from:b.to], b)
	if err := c.admit(n); err != nil {
		return err
	}
	if c.w.wants(n) {
		if err := c.roll(); err != nil {
			return err
		}
	}
	if err := c.w.begin(); err != nil {
		return err
	}
	err := c.w.write()
	if _, torn := err.(tornError); torn {
		c.abandon()
	}
	return err
}

// syncDue reports whether what is written is to be synced now.
func (c *committer) syncDue() bool {
	if c.written == 0 {
		return false
	}
	held := 0
	for _, r := range c.queue {
		held += len(r.raw)
	}
	return held >= c.s.held/2 || time.Since(c.synced) >= c.s.opt.Sync
}

// sync syncs what is written, and tells those who wait for it. An fsync that failed may
// have lost what it was to write, and say nothing the next time: so the segment ends with
// what was synced before, and the rest is written to another.
func (c *committer) sync() error {
	if c.s.opt.Sync >= 0 {
		if err := c.w.sync(); err != nil {
			c.abandon()
			return err
		}
	}
	for _, r := range c.queue {
		r.synced = r.next
	}
	c.complete()
	return nil
}

// complete has done with the rounds that are written.
func (c *committer) complete() {
	for i, r := range c.queue[:c.written] {
		r.complete(nil)
		c.queue[i] = nil
		if c.spare == nil && cap(r.raw) <= 2*maxPending {
			r.reset()
			c.spare = r
		}
	}
	c.queue = append(c.queue[:0], c.queue[c.written:]...)
	c.written = 0
}

// roll ends the segment that is being written.
func (c *committer) roll() error {
	if c.w.unsynced() {
		if err := c.sync(); err != nil {
			return err
		}
	}
	return c.w.finish()
}

// abandon gives the segment up, but for what was synced, and begins anew behind that.
func (c *committer) abandon() {
	c.w.abandon()
	for _, r := range c.queue {
		r.next = r.synced
	}
	c.written = 0
}

// rest returns how long there is nothing to do.
func (c *committer) rest() time.Duration {
	switch {
	case c.written == len(c.queue) && c.hasPending():
		return 0
	case c.written > 0:
		return max(0, time.Until(c.synced.Add(c.s.opt.Sync)))
	case c.spare != nil:
		if wait := time.Until(c.used.Add(idleAfter)); wait > 0 {
			return wait
		}
		c.spare = nil
		c.w.rest()
	}
	return forever
}

func (c *committer) hasPending() bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return len(c.s.pending.blocks) > 0
}

// fail notes that the disk gave err and returns how long to leave it alone.
func (c *committer) fail(err error) time.Duration {
	_ = c.s.failed(err)
	if noSpace(err) && c.s.opt.Full == DropOld {
		if dropped, err := c.dropOldest(); dropped && err == nil {
			return 0
		}
	}
	if c.backoff == 0 {
		c.s.log.Warn("spool can't be written: messages wait", "dir", c.s.dir, "error", err)
	}
	c.stall(false)
	c.backoff = min(max(2*c.backoff, minBackoff), maxBackoff)
	c.retry = time.Now().Add(c.backoff)
	return c.backoff
}

// recovered notes that the disk took what it was given.
func (c *committer) recovered() {
	if c.backoff > 0 {
		c.s.log.Info("spool can be written again", "dir", c.s.dir)
	}
	c.backoff = 0
	c.retry = time.Time{}
	c.s.mu.Lock()
	c.s.stuck, c.s.stats.Full = false, false
	c.s.mu.Unlock()
}

// stall notes that messages wait in memory.
func (c *committer) stall(full bool) {
	c.s.mu.Lock()
	c.s.stuck, c.s.stats.Full = true, full
	c.s.mu.Unlock()
}
