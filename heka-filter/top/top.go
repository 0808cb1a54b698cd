// Package top finds the most frequent values.
package top

import (
	"bytes"
	_ "embed"
	"slices"
	"strconv"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/spacesaving"
	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// defaultRows is how many values are shown.
const defaultRows = 10

// Kind is the verb top.
var Kind = stage.Kind{
	Name: "top",
	Doc:  doc,
	Args: "VAR... [N] [by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 100_000, "how many `values` are counted exactly")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("top", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			vars, n, err := arguments(w)
			if err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			all := slices.Concat(w.By, vars)
			t := &tops{
				n: n, by: keys.New(w.By...), all: keys.New(all...),
				counter: spacesaving.New(max(*most, n)),
			}
			return window.New(env, "heka.top", w.Every, t), nil
		}
	},
}

// arguments reads VAR... [N].
func arguments(w *words.Words) (vars []match.Var, n int, err error) {
	args := w.Args
	n = defaultRows
	if len(args) > 0 {
		last := args[len(args)-1]
		if _, err := strconv.Atoi(last); err == nil {
			if n, err = w.Count(last, 1_000_000); err != nil {
				return nil, 0, err
			}
			args = args[:len(args)-1]
		}
	}
	if len(args) == 0 {
		return nil, 0, w.Missing("a variable", "such as top .status")
	}
	vars, err = w.Vars(args)
	if err != nil {
		return nil, 0, err
	}
	for i, v := range vars {
		if slices.Contains(w.By, v) {
			return nil, 0, w.Mistake(args[min(i, len(args)-1)], "the variable stands behind by, too", "")
		}
	}
	return vars, n, nil
}

// tops is the aggregate. Keys begin with the group.
type tops struct {
	n       int // rows of each group
	by      *keys.By
	all     *keys.By // the variables of by, then those that are counted
	counter *spacesaving.Counter
	scratch []byte
}

// Add implements window.Aggregate.
func (t *tops) Add(m *msg.View) {
	t.scratch = t.all.Append(t.scratch[:0], m)
	if t.counter.Add(t.scratch) {
		t.all.Note(m)
	}
}

// Emit implements window.Aggregate.
func (t *tops) Emit(r *window.Rows) {
	ids := t.counter.Sorted()
	if t.by.Len() > 0 {
		slices.SortStableFunc(ids, func(a, b int32) int {
			return keys.Compare(t.group(a), t.group(b))
		})
	}
	for len(ids) > 0 {
		n, total := t.first(ids)
		for _, id := range ids[:min(n, t.n)] {
			if !t.send(r, id, total) {
				return
			}
		}
		ids = ids[n:]
	}
}

func (t *tops) group(id int32) []byte { return t.by.Cut(t.counter.Key(id)) }

// first returns how many of ids are of the first group, and the group's messages.
func (t *tops) first(ids []int32) (n int, total int64) {
	if t.by.Len() == 0 {
		return len(ids), t.counter.Total()
	}
	group := t.group(ids[0])
	for n < len(ids) && bytes.Equal(t.group(ids[n]), group) {
		count, _ := t.counter.Count(ids[n])
		total += count
		n++
	}
	return n, total
}

func (t *tops) send(r *window.Rows, id int32, total int64) bool {
	t.all.Emit(&r.B, t.counter.Key(id))
	n, bound := t.counter.Count(id)
	r.Count(n)
	r.Percent(n, total)
	if !t.counter.Exact() {
		r.Approximate(bound)
	}
	return r.Send()
}

// Reset implements window.Aggregate.
func (t *tops) Reset() { t.counter.Reset() }
