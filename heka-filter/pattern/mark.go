package pattern

import (
	"context"
	"io"

	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

var (
	keyPattern = msg.NewKey("pattern")
	keyId      = msg.NewKey("pattern_id")
)

// marker is the stage that adds to each message its pattern. What it learns depends on the
// order of the messages, so that it has one lane.
type marker struct {
	env   *stage.Env
	miner *miner
	v     match.Var
	view  msg.View
	b     msg.Builder
}

// Run implements stage.Stage.
func (s *marker) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
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
			err = out.Write(b)
		} else {
			err = s.batch(b, c)
		}
		if err != nil {
			return err
		}
	}
}

// batch is the hot path.
func (s *marker) batch(b *stage.Batch, c *stage.Collector) error {
	defer b.Release()
	for i := range b.Off {
		b.View(i, &s.view)
		text := line(&s.v, &s.view)
		if len(text) == 0 {
			if err := c.AddRecord(b.Record(i)); err != nil {
				return err
			}
			continue
		}
		k := s.miner.find(text)
		s.b.Copy(&s.view)
		s.b.KeyStr(keyPattern, k.text)
		s.b.KeyStr(keyId, k.id[:])
		if err := c.Add(&s.b); err != nil {
			return err
		}
	}
	if err := c.Acknowledge(b.Ack); err != nil {
		return err
	}
	return c.Flush()
}
