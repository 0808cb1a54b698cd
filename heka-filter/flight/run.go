package flight

import (
	"context"
	"io"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/lru"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

// recorder is the stage. What it has copied is done with: it is acknowledged, and gone if
// the process ends.
type recorder struct {
	env    *stage.Env
	match  *match.Matcher
	by     *keys.By
	last   int
	after  int
	within int64 // nanoseconds; 0: however long ago

	lists   *lru.Cache[int32] // a key's list in store
	store   *store
	left    []int // how many messages of a list still pass
	scratch []byte
	record  []byte
	view    msg.View
	old     msg.View
	lost    bool
}

func newRecorder(env *stage.Env, m *match.Matcher, by *keys.By, most, bytes int) *recorder {
	return &recorder{env: env, match: m, by: by, lists: lru.New[int32](most), store: newStore(bytes)}
}

// Run implements stage.Stage.
func (s *recorder) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b.Control() || b.Interim {
			err = stage.Pass(b, out)
		} else {
			err = s.batch(b, c)
		}
		if err != nil {
			return err
		}
	}
}

// batch takes b in, and sends what goes out because of it.
func (s *recorder) batch(b *stage.Batch, c *stage.Collector) error {
	defer b.Release()
	for i := range b.Off {
		b.View(i, &s.view)
		if err := s.add(b.Record(i), c); err != nil {
			return err
		}
	}
	if err := c.Acknowledge(b.Ack); err != nil {
		return err
	}
	return c.Flush()
}

// add takes in the message of rec, which view reads. It is the hot path.
func (s *recorder) add(rec []byte, c *stage.Collector) error {
	id := s.list()
	if s.match.Match(&s.view) {
		s.left[id] = s.after
		if err := s.release(id, c); err != nil {
			return err
		}
		return c.AddRecord(rec)
	}
	if s.left[id] > 0 {
		s.left[id]--
		return c.AddRecord(rec)
	}
	if s.last == 0 {
		return nil
	}
	if s.store.len(id) == s.last {
		s.store.shift(id)
	}
	s.lose(s.store.push(id, rec))
	return nil
}

// list returns the list of the key of view's message.
func (s *recorder) list() int32 {
	s.scratch = s.by.Append(s.scratch[:0], &s.view)
	id, isNew, wentOut := s.lists.Get(s.scratch)
	switch {
	case wentOut: // the list of the key that went is taken over
		s.lose(s.store.len(*id))
		for s.store.len(*id) > 0 {
			s.store.shift(*id)
		}
		s.left[*id] = 0
	case isNew:
		*id = s.store.newList()
		s.left = append(s.left, 0)
	}
	return *id
}

// release sends the records of a list, the oldest first.
func (s *recorder) release(id int32, c *stage.Collector) error {
	now := s.view.Timestamp()
	for s.store.len(id) > 0 {
		s.record = s.store.first(s.record[:0], id)
		s.store.shift(id)
		s.old.Reset(s.record[msg.HeaderSize:])
		if s.within > 0 && s.old.Timestamp() < now-s.within {
			continue
		}
		if err := c.AddRecord(s.record); err != nil {
			return err
		}
	}
	return nil
}

// lose counts records that were given up for want of room.
func (s *recorder) lose(n int) {
	if n == 0 {
		return
	}
	s.env.Stats.Dropped.Add(int64(n))
	if !s.lost {
		s.lost = true
		s.env.Logger().Warn("flight: there are more keys or bytes than there is room for: "+
			"fewer messages are kept than asked for",
			"bytes", int(s.store.maxChunks)*chunkCost, "keys", s.lists.Len())
	}
}
