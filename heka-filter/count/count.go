// Package count counts messages.
package count

import (
	_ "embed"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/spacesaving"
	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb count.
var Kind = stage.Kind{
	Name: "count",
	Doc:  doc,
	Args: "[by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 100_000, "how many `keys` are counted exactly")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("count", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			if err := w.NoArgs(); err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			c := &counts{by: keys.New(w.By...), counter: spacesaving.New(*most)}
			return window.New(env, "heka.count", w.Every, c), nil
		}
	},
}

// counts is the aggregate.
type counts struct {
	by      *keys.By
	counter *spacesaving.Counter
	scratch []byte
}

// Add implements window.Aggregate.
func (c *counts) Add(m *msg.View) {
	if c.by.Len() == 0 {
		return // the span of the window counts
	}
	c.scratch = c.by.Append(c.scratch[:0], m)
	if c.counter.Add(c.scratch) {
		c.by.Note(m)
	}
}

// Emit implements window.Aggregate.
func (c *counts) Emit(r *window.Rows) {
	if c.by.Len() == 0 {
		r.Count(r.Span.Count)
		r.Send()
		return
	}
	for _, id := range c.counter.Sorted() {
		c.by.Emit(&r.B, c.counter.Key(id))
		n, bound := c.counter.Count(id)
		r.Count(n)
		if !c.counter.Exact() {
			r.Approximate(bound)
		}
		if !r.Send() {
			return
		}
	}
}

// Reset implements window.Aggregate.
func (c *counts) Reset() { c.counter.Reset() }
