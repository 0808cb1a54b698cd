package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"heka/lib/frame"
	"heka/lib/position"
)

// Full says what becomes of messages when there is no room for them.
type Full uint8

// What a full spool does.
const (
	Block   Full = iota // Append waits until readers have acknowledged
	DropNew             // what comes is given up, and counted
	DropOld             // the oldest segment is given up, and counted
)

// Options of a Spool.
type Options struct {
	// Max bounds what the segments take on disk, in bytes; required. It is exceeded by
	// less than a segment.
	Max int64

	// Segment is the size of one in bytes; 0: a sixteenth of Max, from 1 to 64 MiB. It
	// is at most a quarter of Max, for room is made by whole segments.
	Segment int64

	Full Full // what to do when there is no room

	// Sync is when what is written is synced. 0: at once, and what comes meanwhile goes
	// together the next time; above 0: after so long at most; below 0: never.
	Sync time.Duration

	// Retain is how long a segment is kept once it is acknowledged, for replay. If room is
	// needed those go first.
	Retain time.Duration

	Compress bool             // blocks by zstd
	Log      *slog.Logger     // nil: silent
	Now      func() time.Time // nil: time.Now

	saveEvery time.Duration // cursors are saved at most so often; 0: a second
}

var (
	// ErrClosed is what Append returns, and done gets, once the spool is closed.
	ErrClosed = errors.New("spool is closed")

	// ErrDropped is what done gets for messages that were given up for want of room.
	ErrDropped = errors.New("dropped: spool is full")
)

const (
	blockSize  = frame.DefaultBlock // of records in a block
	minSegment = 1 << 20
	maxSegment = 64 << 20
	minPending = 64 << 10 // bounds of what waits in memory
	maxPending = 16 << 20

	maxBackoff = time.Second // between attempts to write
	minBackoff = 20 * time.Millisecond
	saveEvery  = time.Second     // between saves of the cursors
	idleAfter  = 2 * time.Second // then buffers are given back
)

// Spool is a bounded queue of messages on disk. Its methods may be called by many
// goroutines. One process has a folder at a time.
type Spool struct {
	dir   string
	opt   Options
	log   *slog.Logger
	disk  disk
	held  int // bytes of memory that may wait for the disk
	block int // bytes of records in a block

	cursors *position.Store // has its own lock
	wake    chan struct{}   // of the committer; holds one
	closing chan struct{}   // closed by Close
	ended   chan struct{}   // closed by the committer

	mu      sync.Mutex
	closed  bool
	segs    []*segment       // by base
	bytes   int64            // of all of them
	active  *segment         // the last of segs if it is being written
	next    int64            // base of the next segment, if none is being written
	at      map[string]int64 // cursors by name
	dirty   bool             // a cursor has moved since it was saved
	readers []*source        // that are running
	pending *round           // what comes; never nil
	room    chan struct{}    // closed when pending was taken; nil: nobody waits
	missing bool             // the file of active was not found
	stuck   bool             // the committer can't write, whatever the reason
	stats   Stats
	seen    map[int64]struct{} // where damage was found

	c committer
}

// Open takes the spool in the folder dir, which it makes (0700) if it is missing. It
// looks at the start of each segment and at the tail of the last one, whatever there
// is, and tells the log of damage, which is no error. These are:
// *position.BusyError (by errors.As) if another process has it, or this one; and what
// the system says if dir or a file in it can't be used. Close it.
func Open(dir string, opt Options) (*Spool, error) { return open(dir, opt, realDisk{}) }

func open(dir string, opt Options, d disk) (*Spool, error) {
	if opt.Max <= 0 {
		panic("spool: Options.Max is not set")
	}
	opt.normalize()
	s := &Spool{
		dir: dir, opt: opt, log: opt.Log, disk: d,
		held:  int(min(max(opt.Max/8, minPending), maxPending)),
		block: int(min(blockSize, (opt.Segment+1)/2)),
		wake:  make(chan struct{}, 1), closing: make(chan struct{}), ended: make(chan struct{}),
		at: map[string]int64{}, seen: map[int64]struct{}{}, pending: &round{},
	}
	cursors, err := position.Open(dir, opt.Log)
	if err != nil {
		var busy *position.BusyError
		if errors.As(err, &busy) {
			return nil, &busyError{busy}
		}
		return nil, fmt.Errorf("open spool %q: %w", dir, err)
	}
	s.cursors = cursors
	if err := s.load(); err != nil {
		_ = cursors.Close()
		return nil, fmt.Errorf("open spool %q: %w", dir, err)
	}
	s.c = newCommitter(s)
	go s.c.run()
	return s, nil
}

// normalize fills in what was left out.
func (o *Options) normalize() {
	if o.Segment <= 0 {
		o.Segment = min(max(o.Max/16, minSegment), maxSegment)
	}
	o.Segment = max(1, min(o.Segment, o.Max/4))
	if o.saveEvery == 0 {
		o.saveEvery = saveEvery
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// busyError is a BusyError that does not speak of positions.
type busyError struct{ busy *position.BusyError }

func (e *busyError) Error() string {
	if e.busy.PID == 0 {
		return fmt.Sprintf("spool %q is in use by another process", e.busy.Dir)
	}
	return fmt.Sprintf("spool %q is in use by process %d", e.busy.Dir, e.busy.PID)
}

func (e *busyError) Unwrap() error { return e.busy }

// Close writes and syncs what it has, saves the cursors, and gives the folder up. What
// it can't write, because the spool is full, say, is not kept: its done is called with
// ErrClosed. A reader that still runs ends with ErrClosed. The error is that of the disk.
// A second Close does nothing.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		<-s.ended
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.closing)
	<-s.ended
	err := s.c.err
	if err == errFull { // that is no failure of the disk
		err = nil
	}
	if err2 := s.saveCursors(); err == nil {
		err = err2
	}
	if err2 := s.cursors.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return fmt.Errorf("close spool %q: %w", s.dir, err)
	}
	return nil
}

// poke wakes the committer.
func (s *Spool) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// now returns the time, nanoseconds since 1970 UTC.
func (s *Spool) now() int64 { return s.opt.Now().UnixNano() }

// failed counts err, which the disk gave, and returns it.
func (s *Spool) failed(err error) error {
	if err != nil {
		s.mu.Lock()
		s.stats.Errors++
		s.stats.LastErr = err
		s.mu.Unlock()
	}
	return err
}

// wait returns when ctx ends, the spool is closed or c is.
func (s *Spool) wait(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return ErrClosed
	}
}
