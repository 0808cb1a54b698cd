// Package rate counts messages per second.
package rate

import (
	"cmp"
	_ "embed"
	"slices"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb rate.
var Kind = stage.Kind{
	Name: "rate",
	Doc:  doc,
	Args: "[by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 100_000, "how many `keys` have a row of their own")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("rate", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			if err := w.NoArgs(); err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			full := window.Full(env, "rate", *most)
			by := keys.New(w.By...)
			r := &rates{keyed: by.Len() > 0, groups: keys.NewGroups[int64](by, *most, full)}
			return window.New(env, "heka.rate", w.Every, r), nil
		}
	},
}

// rates is the aggregate.
type rates struct {
	keyed  bool
	groups *keys.Groups[int64]
}

// Add implements window.Aggregate.
func (a *rates) Add(m *msg.View) {
	if a.keyed {
		n, _ := a.groups.At(m)
		*n++
	}
}

var keyRate = msg.NewKey("rate")

// Emit implements window.Aggregate.
func (a *rates) Emit(r *window.Rows) {
	seconds := seconds(&r.Span)
	send := func(n int64) bool {
		r.Count(n)
		r.B.Key(keyRate)
		r.B.Float(float64(n) / seconds)
		r.B.Rep("/s")
		return r.Send()
	}
	if !a.keyed {
		send(r.Span.Count)
		return
	}
	ids := a.groups.Rows()
	slices.SortStableFunc(ids, func(x, y int32) int {
		return cmp.Compare(*a.groups.Row(y), *a.groups.Row(x))
	})
	for _, id := range ids {
		a.groups.Emit(&r.B, id)
		if !send(*a.groups.Row(id)) {
			return
		}
	}
}

// seconds returns how long the span is: that of the window, or from the first to
// the last message. A span of no length counts as one second.
func seconds(s *window.Span) float64 {
	ns := s.Last - s.First
	if s.Every > 0 {
		ns = s.Every
		if s.Elapsed > 0 && s.Elapsed < ns {
			ns = s.Elapsed
		}
	}
	if ns <= 0 {
		return 1
	}
	return float64(ns) / 1e9
}

// Reset implements window.Aggregate.
func (a *rates) Reset() { a.groups.Reset() }
