package bus

import (
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

// maxTap is how many bytes wait for the reader of a tap.
const maxTap = 1 << 20

// taps are the readers that look on at what a node publishes.
type taps struct {
	n  atomic.Int32
	mu sync.Mutex
	to []*Tap
}

// show gives b to those that look on. It is on the hot path: nobody mostly does.
func (t *taps) show(b *stage.Batch) {
	if t.n.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, to := range t.to {
		to.show(b)
	}
}

// Tap shows what a node publishes to one reader, as far as that is quick enough.
type Tap struct {
	of      *taps
	match   *match.Matcher
	view    msg.View
	mu      sync.Mutex
	buf     []byte
	skipped int64
	ready   chan struct{} // has one when there is something
	closed  chan struct{}
	once    sync.Once
}

// Tap begins to show what the node publishes and m selects; nil: all.
func (p *Port) Tap(m *match.Matcher) *Tap { return p.taps.add(m) }

// TapIn begins to show what the node is given.
func (p *Port) TapIn(m *match.Matcher) *Tap { return p.inTaps.add(m) }

func (s *taps) add(m *match.Matcher) *Tap {
	t := &Tap{of: s, match: m, ready: make(chan struct{}, 1), closed: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, t)
	s.n.Store(int32(len(s.to)))
	return t
}

func (t *Tap) show(b *stage.Batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range b.Off {
		if t.match != nil {
			b.View(i, &t.view)
			if !t.match.Match(&t.view) {
				continue
			}
		}
		rec := b.Record(i)
		if len(t.buf)+len(rec) > maxTap {
			t.skipped++
			continue
		}
		t.buf = append(t.buf, rec...)
	}
	if len(t.buf) > 0 || t.skipped > 0 {
		select {
		case t.ready <- struct{}{}:
		default:
		}
	}
}

// Read appends whole records to buf and says how many were left out since the last
// call. It waits until there are some, or ctx ends; io.EOF when the tap is closed.
func (t *Tap) Read(ctx context.Context, buf []byte) (records []byte, skipped int64, err error) {
	select {
	case <-t.ready:
	case <-ctx.Done():
		return buf, 0, ctx.Err()
	case <-t.closed:
		return buf, 0, io.EOF
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	records, skipped = append(buf, t.buf...), t.skipped
	t.buf, t.skipped = t.buf[:0], 0
	return records, skipped, nil
}

// Close ends the tap. It may be called more than once.
func (t *Tap) Close() {
	t.once.Do(func() {
		close(t.closed)
		s := t.of
		s.mu.Lock()
		defer s.mu.Unlock()
		s.to = slices.DeleteFunc(s.to, func(other *Tap) bool { return other == t })
		s.n.Store(int32(len(s.to)))
	})
}
