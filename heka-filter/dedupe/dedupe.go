// Package dedupe drops messages that repeat an earlier one.
package dedupe

import (
	"context"
	_ "embed"
	"io"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/lru"
	"heka/heka-filter/internal/words"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb dedupe.
var Kind = stage.Kind{
	Name: "dedupe",
	Doc:  doc,
	Args: "by VAR... [within DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 100_000, "how many `keys` are remembered")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("dedupe", args, words.By|words.Within)
			if err != nil {
				return nil, err
			}
			if err := w.NoArgs(); err != nil {
				return nil, err
			}
			if len(w.By) == 0 {
				return nil, w.Missing("what messages have in common", "such as by .message")
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			return &dedupe{
				env: env, by: keys.New(w.By...), within: w.Within, seen: lru.New[int64](*most),
			}, nil
		}
	},
}

type dedupe struct {
	env     *stage.Env
	by      *keys.By
	within  int64             // nanoseconds; 0: for as long as the key is remembered
	seen    *lru.Cache[int64] // the timestamp of the last message that went through
	scratch []byte
	off     []uint32
	view    msg.View
}

// Run implements stage.Stage.
func (s *dedupe) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b.Tick == 0 && !b.Interim {
			b = s.pick(b)
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// pick is the hot path.
func (s *dedupe) pick(b *stage.Batch) *stage.Batch {
	s.off = s.off[:0]
	for i, at := range b.Off {
		b.View(i, &s.view)
		s.scratch = s.by.Append(s.scratch[:0], &s.view)
		t := s.view.Timestamp()
		last, isNew, _ := s.seen.Get(s.scratch)
		if !isNew && s.repeats(t, *last) {
			continue
		}
		*last = t
		s.off = append(s.off, at)
	}
	if len(s.off) == len(b.Off) {
		return b
	}
	s.env.Stats.Dropped.Add(int64(len(b.Off) - len(s.off)))
	return b.Select(s.off)
}

// repeats reports whether a message at t is as near as within to one at last,
// before or after.
func (s *dedupe) repeats(t, last int64) bool {
	if s.within == 0 {
		return true
	}
	d := uint64(t) - uint64(last)
	if t < last {
		d = -d
	}
	return d < uint64(s.within)
}
