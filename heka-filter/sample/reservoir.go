package sample

import (
	"cmp"
	"context"
	"io"
	"slices"

	"heka/heka-filter/internal/window"
	"heka/lib/msg"
	"heka/lib/stage"
)

// maxBytes bounds what a reservoir holds.
const maxBytes = 64 << 20

// reservoir keeps the n messages with the smallest hashes: a sample in which each
// message is as likely as any other.
type reservoir struct {
	env      *stage.Env
	n        int
	every    int64
	boundary window.Boundary
	most     int // bytes
	heap     []chosen
	bytes    int
	seen     int64
	view     msg.View
	lost     bool
}

// chosen is a message in the sample; the largest hash is on top of the heap.
type chosen struct {
	hash   uint64
	seq    int64
	record []byte
}

func newReservoir(env *stage.Env, n int, every int64) *reservoir {
	return &reservoir{
		env: env, n: n, every: every, boundary: window.NewBoundary(every), most: maxBytes,
	}
}

// Every implements stage.Ticking.
func (s *reservoir) Every() int64 { return s.every }

// Run implements stage.Stage.
func (s *reservoir) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return s.emit(out)
		}
		if err != nil {
			return err
		}
		switch {
		case b.Tick != 0:
			if !b.Live && s.boundary.Passed(b.Tick) {
				if err := s.emit(out); err != nil {
					b.Release()
					return err
				}
			}
			err = out.Write(b)
		default:
			if !b.Interim {
				s.add(b)
			}
			err = stage.Pass(b, out)
		}
		if err != nil {
			return err
		}
	}
}

// add is the hot path: most messages of a long stream have too large a hash.
func (s *reservoir) add(b *stage.Batch) {
	for i := range b.Off {
		b.View(i, &s.view)
		s.seen++
		h := hash(&s.view)
		if len(s.heap) == s.n && h >= s.heap[0].hash {
			continue
		}
		c := chosen{hash: h, seq: s.seen}
		if len(s.heap) == s.n {
			c.record = s.pop()
		}
		if record := b.Record(i); cap(c.record) < len(record) || cap(c.record) > 2*len(record)+1024 {
			c.record = append([]byte(nil), record...)
		} else {
			c.record = append(c.record[:0], record...)
		}
		s.push(c)
		for s.bytes > s.most && len(s.heap) > 1 {
			s.pop()
			s.n = len(s.heap)
			s.lose()
		}
	}
}

func (s *reservoir) lose() {
	if !s.lost {
		s.lost = true
		s.env.Logger().Warn("sample: the messages are too large: fewer are chosen than asked for",
			"bytes", s.most)
	}
}

func (s *reservoir) push(c chosen) {
	s.bytes += cap(c.record)
	s.heap = append(s.heap, c)
	for i := len(s.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if s.heap[up].hash >= s.heap[i].hash {
			return
		}
		s.heap[up], s.heap[i] = s.heap[i], s.heap[up]
		i = up
	}
}

// pop takes the message with the largest hash away, and returns its memory.
func (s *reservoir) pop() []byte {
	record := s.heap[0].record
	s.bytes -= cap(record)
	last := len(s.heap) - 1
	s.heap[0] = s.heap[last]
	s.heap[last] = chosen{}
	s.heap = s.heap[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down+1 < last && s.heap[down+1].hash > s.heap[down].hash {
			down++
		}
		if down >= last || s.heap[down].hash <= s.heap[i].hash {
			return record
		}
		s.heap[down], s.heap[i] = s.heap[i], s.heap[down]
		i = down
	}
}

// emit writes the sample in the order in which it came, and starts anew.
func (s *reservoir) emit(out stage.Writer) error {
	slices.SortFunc(s.heap, func(a, b chosen) int { return cmp.Compare(a.seq, b.seq) })
	c := stage.NewCollector(s.env, out)
	for _, m := range s.heap {
		if err := c.AddRecord(m.record); err != nil {
			return err
		}
	}
	clear(s.heap)
	s.heap, s.bytes = s.heap[:0], 0
	return c.Flush()
}
