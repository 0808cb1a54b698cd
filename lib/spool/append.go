package spool

import (
	"context"
	"encoding/binary"
	"fmt"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// maxRaw is the longest record that fits into a block.
const maxRaw = frame.MaxBlock - blockHead

// round is what is written and synced together.
type round struct {
	raw    []byte // records, end to end
	blocks []block
	dones  []pendingDone

	next   int // of blocks: those before are written
	synced int // those before are synced
}

// block is a run of records that becomes one block.
type block struct {
	from, to    int // in raw
	count       int
	first, last int64 // timestamps
	dropped     bool
}

// pendingDone is whom to tell when a batch is on disk.
type pendingDone struct {
	f        func(error)
	from, to int // the blocks that have some of it
}

// Append takes b over and copies its records. When they are on disk done is called, once,
// with nil, by another goroutine: a short function, for the spool waits for it. It gets
// ErrDropped if some of them were given up because there was no room, and ErrClosed if
// Close could not write them. done may be nil.
//
// Append waits while there is no room, unless Options.Full says otherwise, until ctx
// ends. If it returns an error, that of ctx or ErrClosed, or one that says that a record
// is longer than a block can be, then nothing was taken and done is not called. What
// has no records (ticks, text, acknowledgements, interim snapshots) is done with at
// once: done is called before Append returns; and so it is with ErrDropped if the disk
// fails, memory is full and Options.Full says to drop.
//
// Append is on the hot path of every node with a spool.
func (s *Spool) Append(ctx context.Context, b *stage.Batch, done func(error)) error {
	defer b.Release()
	for {
		wait, err := s.offer(b, done)
		if wait == nil {
			return err
		}
		if err := s.wait(ctx, wait); err != nil {
			return err
		}
	}
}

// TryAppend is Append that never waits: it returns false where Append would, or would
// return an error, and b is still the caller's then.
func (s *Spool) TryAppend(b *stage.Batch, done func(error)) bool {
	wait, err := s.offer(b, done)
	if wait != nil || err != nil {
		return false
	}
	b.Release()
	return true
}

// offer takes the records of b if there is room; if not it returns what to wait for.
func (s *Spool) offer(b *stage.Batch, done func(error)) (<-chan struct{}, error) {
	size := 0
	if !b.Text && !b.Interim {
		for i := range b.Off {
			n := len(b.Record(i))
			if n > maxRaw {
				return nil, fmt.Errorf("spool: a record of %d bytes, at most %d fit", n, maxRaw)
			}
			size += n
		}
	}
	if size == 0 {
		finish(done, nil)
		return nil, nil
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, ErrClosed
	}
	r := s.pending
	if len(r.raw) > 0 && len(r.raw)+size > s.held {
		if s.stuck && s.opt.Full != Block {
			s.dropped(int64(len(b.Off)), int64(size))
			s.mu.Unlock()
			finish(done, ErrDropped)
			return nil, nil
		}
		defer s.mu.Unlock()
		if s.room == nil {
			s.room = make(chan struct{})
		}
		return s.room, nil
	}
	first := len(r.raw) == 0
	r.add(b, done, s.block)
	s.mu.Unlock()
	if first {
		s.poke()
	}
	return nil, nil
}

func finish(done func(error), err error) {
	if done != nil {
		done(err)
	}
}

// dropped counts. The caller holds mu.
func (s *Spool) dropped(messages, bytes int64) {
	s.stats.Dropped += messages
	s.stats.DroppedBytes += bytes
}

// add copies the records of b, to blocks of this size.
func (r *round) add(b *stage.Batch, done func(error), blockSize int) {
	d := pendingDone{f: done, from: max(0, len(r.blocks)-1)}
	var last *block
	if len(r.blocks) > 0 {
		last = &r.blocks[d.from]
	}
	for i := range b.Off {
		rec := b.Record(i)
		if last == nil || last.to-last.from+len(rec) > blockSize {
			r.blocks = append(r.blocks, block{from: len(r.raw), to: len(r.raw)})
			last = &r.blocks[len(r.blocks)-1]
			if i == 0 {
				d.from = len(r.blocks) - 1
			}
		}
		r.raw = append(r.raw, rec...)
		last.take(len(rec), timestamp(rec))
	}
	d.to = len(r.blocks)
	r.dones = append(r.dones, d)
}

// take counts a record in.
func (b *block) take(size int, t int64) {
	if b.count == 0 {
		b.first, b.last = t, t
	}
	b.to += size
	b.count++
	b.first = min(b.first, t)
	b.last = max(b.last, t)
}

// timestamp returns that of a canonical record.
func timestamp(rec []byte) int64 {
	const at = msg.HeaderSize + msg.TimestampAt
	if len(rec) < at+8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(rec[at:]))
}

// complete tells who waits for r that it is on disk, or why not, but for what was dropped.
func (r *round) complete(err error) {
	for _, d := range r.dones {
		e := err
		for _, b := range r.blocks[d.from:d.to] {
			if b.dropped && e == nil {
				e = ErrDropped
			}
		}
		finish(d.f, e)
	}
}

// reset makes r empty and keeps its buffers.
func (r *round) reset() {
	clear(r.dones)
	*r = round{raw: r.raw[:0], blocks: r.blocks[:0], dones: r.dones[:0]}
}
