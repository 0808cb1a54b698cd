package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"syscall"

	"heka/lib/frame"
)

// writer writes entries to the segment that is the last.
type writer struct {
	s       *Spool
	f       file  // of Spool.active; nil: not open
	durable int64 // bytes of it that are synced
	blocks  *frame.BlockWriter
	out     outBuffer // the entry that is next
}

// outBuffer takes what a BlockWriter writes.
type outBuffer struct{ b []byte }

func (o *outBuffer) Write(p []byte) (int, error) {
	o.b = append(o.b, p...)
	return len(p), nil
}

// tornError says that the disk has a part of an entry, and did not take it back.
type tornError struct{ err error }

func (e tornError) Error() string { return "write segment: " + e.err.Error() + ", nor cut back" }
func (e tornError) Unwrap() error { return e.err }

func newWriter(s *Spool) writer { return writer{s: s} }

// rest gives buffers back.
func (w *writer) rest() { w.blocks, w.out.b = nil, nil }

// encode makes the entry of these records and returns its size.
func (w *writer) encode(raw []byte, b *block) int64 {
	if w.blocks == nil {
		opt := frame.BlockOptions{Size: blockSize}
		if w.s.opt.Compress {
			opt.Level = frame.LevelFastest
		}
		w.blocks = frame.NewBlockWriter(&w.s.c.w.out, opt)
	}
	var room [stampSize]byte
	w.out.b = append(w.out.b[:0], room[:]...)
	err := w.blocks.Write(raw, b.count, b.first, b.last)
	if err == nil {
		err = w.blocks.Flush()
	}
	if err != nil {
		panic("spool: a block that can't be: " + err.Error())
	}
	return int64(len(w.out.b))
}

// wants reports whether an entry of n bytes is to begin another segment.
func (w *writer) wants(n int64) bool {
	g := w.s.active
	return g != nil && g.size > 0 && g.size+n > w.s.opt.Segment
}

// unsynced reports whether the segment has what a power cut would take.
func (w *writer) unsynced() bool {
	return w.f != nil && w.s.opt.Sync >= 0 && w.durable < w.s.active.size
}

// begin makes sure that a segment is open.
func (w *writer) begin() error {
	if w.f != nil {
		return nil
	}
	if g := w.s.active; g != nil { // of the last run
		f, err := w.s.disk.open(w.s.path(g.name))
		if err == nil {
			w.f, w.durable = f, g.size
			return nil
		}
		w.retire()
	}
	return w.create()
}

// create begins a segment. It never takes the place of one that is there.
func (w *writer) create() error {
	s := w.s
	base := s.next
	f, err := s.disk.create(s.path(segmentName(base)))
	for ; errors.Is(err, fs.ErrExist); f, err = s.disk.create(s.path(segmentName(base))) {
		base++
	}
	if err != nil {
		return fmt.Errorf("begin segment: %w", err)
	}
	name := segmentName(base)
	if s.opt.Sync >= 0 {
		if err := s.disk.sync(s.dir); err != nil {
			_ = f.close()
			_ = s.disk.remove(s.path(name))
			return fmt.Errorf("begin segment: %w", err)
		}
	}
	g := &segment{name: name, base: base, end: base, salt: rand.Uint32() | 1}
	w.f, w.durable = f, 0
	s.mu.Lock()
	s.segs = append(s.segs, g)
	s.active, s.next = g, base
	s.mu.Unlock()
	return nil
}

// write writes the entry that was encoded. If it fails there is nothing of it, or the
// error is a tornError.
func (w *writer) write() error {
	g, n := w.s.active, int64(len(w.out.b))
	stamp{time: w.s.now(), offset: g.base + g.size, salt: g.salt}.put(w.out.b)
	if err := w.f.writeAt(w.out.b, g.size); err != nil {
		if w.f.truncate(g.size) != nil {
			return tornError{err}
		}
		return fmt.Errorf("write segment: %w", err)
	}
	s := w.s
	s.mu.Lock()
	g.size += n
	g.end = g.base + g.size
	s.bytes += n
	s.next = g.end
	for _, r := range s.readers {
		r.poke()
	}
	s.mu.Unlock()
	return nil
}

// sync syncs the segment.
func (w *writer) sync() error {
	if w.f == nil {
		return nil
	}
	if !w.f.there() {
		return fmt.Errorf("sync segment %q: it was removed", w.s.active.name)
	}
	if err := w.f.sync(); err != nil {
		return fmt.Errorf("sync segment: %w", err)
	}
	w.durable = w.s.active.size
	return nil
}

// check gives the segment up if somebody has removed its file.
func (w *writer) check() (ok bool) {
	w.s.mu.Lock()
	missing := w.s.missing
	w.s.missing = false
	w.s.mu.Unlock()
	return !missing || w.s.active == nil || w.f != nil && w.f.there()
}

// retire has done with the segment: the next entry begins another.
func (w *writer) retire() {
	w.f = nil
	w.s.mu.Lock()
	w.s.active = nil
	w.s.mu.Unlock()
}

// finish closes the segment, which is synced if it is to be.
func (w *writer) finish() error {
	if w.f == nil {
		w.retire()
		return nil
	}
	err := w.f.close()
	w.retire()
	if err != nil {
		return fmt.Errorf("close segment: %w", err)
	}
	return nil
}

// close closes the segment and leaves it the last one.
func (w *writer) close() error {
	if w.f == nil {
		return nil
	}
	err := w.f.close()
	w.f = nil
	return err
}

// abandon ends the segment where it was synced last. The offsets behind are not used
// again: readers may have been there.
func (w *writer) abandon() {
	s, g := w.s, w.s.active
	if g == nil {
		return
	}
	there := w.f == nil || w.f.there()
	if w.f == nil {
		w.durable = g.size
	} else {
		if s.opt.Sync < 0 {
			w.durable = g.size
		}
		_ = s.failed(w.f.truncate(w.durable))
		_ = w.f.close()
	}
	w.retire()
	s.log.Warn("segment of spool is given up: what was not safe in it is written again",
		"dir", s.dir, "segment", g.name, "bytes", g.size-w.durable)
	s.mu.Lock()
	s.bytes -= g.size - w.durable
	g.size = w.durable
	s.mu.Unlock()
	if g.size == 0 && there {
		_ = s.failed(s.disk.remove(s.path(g.name)))
		s.drop(g.base)
	}
}

func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
