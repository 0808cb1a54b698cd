package spool

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"sync"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/position"
	"heka/lib/stage"
)

// maxReads is how often a place that the disk refuses to read is tried.
const maxReads = 4

// source is a reader of the spool as a stage.
type source struct {
	s    *Spool
	env  *stage.Env
	name string
	wake chan struct{}

	mu      sync.Mutex // Acked comes from another goroutine than Run's
	tracker position.Tracker[struct{}]

	// Of Run.
	pos    int64 // where to read on
	file   string
	c      scanner
	blocks frame.BlockReader
	reads  int // that failed at pos
}

// Source returns the stage that reads the spool under this name, from the first block
// that was not acknowledged under it, and then what comes, until env.Stop is closed. It
// implements stage.Acker; its ranges are stretches of the spool in bytes. A name that is
// new starts at the oldest message there is, and from then on nothing is removed that it
// has not read: see Forget. After Run has failed it may be called again.
//
// What can't be read is copied to a file, counted, and passed over.
func (s *Spool) Source(env *stage.Env, name string) stage.Stage {
	if env == nil {
		env = &stage.Env{}
	}
	if env.Pool == nil {
		env.Pool = stage.NewPool(32)
	}
	s.cursor(name)
	return &source{s: s, env: env, name: name, wake: make(chan struct{}, 1)}
}

// Run implements stage.Stage.
func (r *source) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	r.start()
	defer r.end()
	for {
		b := r.env.Pool.Get()
		from := r.pos
		err := r.gather(b)
		if len(b.Off) == 0 {
			b.Release()
			r.passed(from)
			if ended, err := r.rest(ctx, err); ended {
				return err
			}
			continue
		}
		b.Ack = r.sent(from)
		if err := out.Write(b); err != nil {
			return err
		}
		if ended, err := r.ended(ctx); ended {
			return err
		}
	}
}

// Acked implements stage.Acker.
func (r *source) Acked(a stage.Range) {
	if a.Source != 1 {
		return
	}
	r.mu.Lock()
	at, _, moved := r.tracker.Acked(a.From, a.To)
	r.mu.Unlock()
	if moved {
		r.s.acked(r.name, at)
	}
}

// Settle implements stage.Acker. The cursor is saved by the spool, with the others.
func (r *source) Settle() error { return nil }

// start begins at the cursor.
func (r *source) start() {
	r.pos = r.s.cursor(r.name)
	r.reads = 0
	r.mu.Lock()
	r.tracker.Start(r.pos)
	r.mu.Unlock()
	r.s.mu.Lock()
	r.s.readers = append(r.s.readers, r)
	r.s.mu.Unlock()
}

func (r *source) end() {
	r.closeFile()
	r.c = scanner{}
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.readers {
		if s.readers[i] == r {
			s.readers = append(s.readers[:i], s.readers[i+1:]...)
			return
		}
	}
}

// poke says that there is more to read.
func (r *source) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// sent returns the range from..r.pos, which is in flight now.
func (r *source) sent(from int64) stage.Range {
	r.mu.Lock()
	r.tracker.Sent(from, r.pos, struct{}{})
	r.mu.Unlock()
	return stage.Range{Source: 1, From: from, To: r.pos}
}

// passed acknowledges from..r.pos, which held no messages.
func (r *source) passed(from int64) {
	if r.pos > from {
		r.Acked(r.sent(from))
	}
}

// ended reports whether Run is to end, and how.
func (r *source) ended(ctx context.Context) (bool, error) {
	select {
	case <-r.env.Stop:
		return true, nil
	case <-ctx.Done():
		return true, ctx.Err()
	case <-r.s.closing:
		return true, ErrClosed
	default:
		return false, nil
	}
}

// rest waits for more to read, or, if reading failed with err, for the disk to come to
// its senses. It reports whether Run is to end, and how.
func (r *source) rest(ctx context.Context, err error) (bool, error) {
	if err == nil {
		more, ended, err := r.wait(ctx, r.wake, idleAfter)
		if more || ended {
			return ended, err
		}
		r.closeFile()
		r.c.buf = nil
		_, ended, err = r.wait(ctx, r.wake, forever)
		return ended, err
	}
	_ = r.s.failed(err)
	if r.reads++; r.reads == maxReads {
		r.s.log.Warn("spool can't be read: what is missing counts as damage",
			"dir", r.s.dir, "segment", r.file, "error", err)
		r.c.blind = true
	}
	_, ended, err := r.wait(ctx, nil, min(minBackoff<<min(r.reads, maxReads), maxBackoff))
	return ended, err
}

// wait waits until wake, so long at most. It reports whether it was woken, and
// whether Run is to end, and how.
func (r *source) wait(ctx context.Context, wake <-chan struct{}, most time.Duration) (
	woken, ended bool, err error,
) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-wake:
		return true, false, nil
	case <-timer.C:
		return false, false, nil
	case <-r.env.Stop:
		return false, true, nil
	case <-ctx.Done():
		return false, true, ctx.Err()
	case <-r.s.closing:
		return false, true, ErrClosed
	}
}

// gather puts the next entries into b: one, or several small ones. b stays empty if there
// are none yet. The error is that of the disk; what was read before is in b.
func (r *source) gather(b *stage.Batch) error {
	for first := true; len(b.Buf) < stage.BatchFull; first = false {
		if first || r.file == "" || r.pos >= r.c.base+r.c.size {
			if more, err := r.seek(); err != nil || !more {
				return err
			}
		}
		e, ok, err := r.c.entry(r.pos - r.c.base)
		if err != nil {
			return err
		}
		if ok && len(b.Off) > 0 && len(b.Buf)+e.head.Raw > cap(b.Buf) {
			return nil
		}
		if err := r.take(b, e, ok); err != nil {
			return err
		}
		r.reads = 0
	}
	return nil
}

// take appends the records of e, if there is one, to b and moves on behind it, or behind
// what is damaged.
func (r *source) take(b *stage.Batch, e entry, ok bool) error {
	at := r.pos - r.c.base
	if ok {
		was, n := len(b.Buf), len(b.Off)
		var err error
		b.Buf, err = r.c.unpack(&r.blocks, b.Buf, e)
		if err == nil {
			r.index(b, was, e)
			r.pos += e.size
			r.env.Stats.In.Add(int64(len(b.Off) - n))
			r.env.Stats.InBytes.Add(int64(len(b.Buf) - was))
			return nil
		}
		if !errors.Is(err, frame.ErrDamaged) {
			return err
		}
	}
	if p := r.s.locate(r.pos); !p.found || p.seg.name != r.file || p.seg.size < r.c.size {
		r.closeFile() // it was given up meanwhile
		return nil
	}
	next, err := r.c.next(at + 1)
	if err != nil {
		return err
	}
	r.damage(at, next)
	r.pos = r.c.base + next
	return nil
}

func (r *source) damage(from, to int64) {
	r.env.Stats.Damaged.Add(1)
	r.env.Stats.Skipped.Add(to - from)
	r.s.damage(&r.c, r.file, from, to)
}

// index finds the records in b.Buf[at:], which a block held: whole ones, end to end. What
// is no message, whoever wrote it, goes no further. It is on the hot path.
func (r *source) index(b *stage.Batch, at int, e entry) {
	end, bad := len(b.Buf), false
	for at < end {
		n := msg.HeaderSize + int(binary.BigEndian.Uint32(b.Buf[at+4:]))
		rec := b.Buf[at : at+n]
		if msg.Check(rec[msg.HeaderSize:]) == nil {
			b.Off = append(b.Off, uint32(at))
		} else {
			skipped := 0
			b.Buf, b.Off, skipped = frame.Salvage(b.Buf, b.Off, rec)
			bad = bad || skipped > 0
		}
		at += n
	}
	if bad {
		r.damage(e.at, e.at+e.size)
	}
}

// seek finds the segment to read from; false if there is nothing to read yet.
func (r *source) seek() (bool, error) {
	for {
		p := r.s.locate(r.pos)
		switch {
		case p.found:
			err := r.open(&p.seg)
			if errors.Is(err, fs.ErrNotExist) && r.s.gone(p.seg.base) {
				continue
			}
			return err == nil, err
		case p.jump <= r.pos:
			return false, nil
		}
		r.s.lost(p.jump-p.lost, p.lost)
		r.pos = p.jump
	}
}

// open opens a segment, unless it is open.
func (r *source) open(g *segment) error {
	if r.file == g.name && r.c.base == g.base {
		r.c.size = g.size
		return nil
	}
	r.closeFile()
	f, err := r.s.openSegment(g)
	if err != nil {
		return err
	}
	r.file = g.name
	r.c.reset(f, g)
	return nil
}

func (r *source) closeFile() {
	if r.file != "" {
		_ = r.c.f.Close()
		r.file = ""
		r.c.size = 0
	}
}
