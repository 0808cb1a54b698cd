// Package dedupe drops messages that repeat an earlier one.
package dedupe

import (
	_ "embed"

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
			d := &dedupe{
				env: env, by: keys.New(w.By...), within: w.Within, seen: lru.New[int64](*most),
			}
			return stage.Sift(d.first), nil
		}
	},
}

type dedupe struct {
	env     *stage.Env
	by      *keys.By
	within  int64             // nanoseconds; 0: for as long as the key is remembered
	seen    *lru.Cache[int64] // the timestamp of the last message that went through
	scratch []byte
}

// first reports whether v goes through: no message of its key did lately. It is the
// hot path.
func (s *dedupe) first(v *msg.View) bool {
	s.scratch = s.by.Append(s.scratch[:0], v)
	t := v.Timestamp()
	last, isNew, _ := s.seen.Get(s.scratch)
	if !isNew && s.repeats(t, *last) {
		s.env.Stats.Dropped.Add(1)
		return false
	}
	*last = t
	return true
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
