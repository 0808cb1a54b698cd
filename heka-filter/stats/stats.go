// Package stats summarises numbers: count, sum, extremes, mean, percentiles.
package stats

import (
	_ "embed"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb stats.
var Kind = stage.Kind{
	Name: "stats",
	Doc:  doc,
	Args: "VAR... [by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 10_000, "how many `keys` have rows of their own")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("stats", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			if len(w.Args) == 0 {
				return nil, w.Missing("a variable", "such as stats .request_time")
			}
			vars, err := w.Vars(w.Args)
			if err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			a, err := newSummaries(vars, keys.New(w.By...), *most, window.Full(env, "stats", *most))
			if err != nil {
				return nil, err
			}
			return window.New(env, "heka.stats", w.Every, a), nil
		}
	},
}

// summaries is the aggregate: for each key one summary a variable.
type summaries struct {
	vars   []match.Var
	keyed  bool
	groups *keys.Groups[[]summary]
	bins   bins
}

func newSummaries(vars []match.Var, by *keys.By, most int, full func()) (*summaries, error) {
	b, err := newBins()
	if err != nil {
		return nil, err
	}
	return &summaries{
		vars: vars, keyed: by.Len() > 0, bins: b,
		groups: keys.NewGroups[[]summary](by, most, full),
	}, nil
}

// Add implements window.Aggregate.
func (a *summaries) Add(m *msg.View) {
	row, isNew := a.groups.At(m)
	if isNew {
		*row = a.newRow(m)
	}
	for i := range a.vars {
		(*row)[i].add(number(&a.vars[i], m))
	}
}

func (a *summaries) newRow(m *msg.View) []summary {
	row := make([]summary, len(a.vars))
	for i, v := range a.vars {
		row[i].sketch = newSketch(a.bins)
		if v.IsField() {
			row[i].rep = string(m.Rep([]byte(v.Name())))
		}
	}
	return row
}

// number returns the number that v is in m, and whether it is a whole one; false
// if it is none. Timestamps, severities and process ids are numbers, too.
func number(v *match.Var, m *msg.View) (f float64, whole, ok bool) {
	if h, isHeader := v.Header(); isHeader {
		switch h {
		case msg.Timestamp:
			return float64(m.Timestamp()), true, true
		case msg.Severity:
			return float64(m.Severity()), true, true
		case msg.Pid:
			return float64(m.Pid()), true, true
		}
		return 0, false, false
	}
	x, _ := v.Value(m)
	switch x.Kind() {
	case msg.Int:
		return x.Float(), true, true
	case msg.Float:
		f = x.Float()
		return f, false, f-f == 0 // neither infinite nor NaN
	}
	return 0, false, false
}

// Emit implements window.Aggregate.
func (a *summaries) Emit(r *window.Rows) {
	if !a.keyed && a.groups.Len() == 0 {
		empty := summary{}
		for _, v := range a.vars {
			empty.emit(r, v.Name())
		}
		return
	}
	for _, id := range a.groups.Rows() {
		row := *a.groups.Row(id)
		for i, v := range a.vars {
			a.groups.Emit(&r.B, id)
			if !row[i].emit(r, v.Name()) {
				return
			}
		}
	}
}

// Reset implements window.Aggregate.
func (a *summaries) Reset() { a.groups.Reset() }
