// Package hist counts numbers in buckets: a histogram.
package hist

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

// Bounds of --buckets: the fine buckets of linear are at least four times as many.
const (
	defaultBuckets = 20
	maxBuckets     = 100
)

// Kind is the verb hist.
var Kind = stage.Kind{
	Name: "hist",
	Doc:  doc,
	Args: "VAR [by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		linear := fs.Bool("linear", false, "buckets of equal width, rather than 1, 2, 5, 10, 20, ...")
		buckets := fs.Int("buckets", defaultBuckets,
			"at most this `number` of buckets of equal width; implies --linear")
		most := fs.Int("max-keys", 1000, "how many `keys` have a histogram of their own")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("hist", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			if len(w.Args) == 0 {
				return nil, w.Missing("a variable", "such as hist .request_time")
			}
			if err := w.AtMost(1); err != nil {
				return nil, err
			}
			v, err := w.Var(w.Args[0])
			if err != nil {
				return nil, err
			}
			if err := w.Flag("--buckets", *buckets, maxBuckets); err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			h := &hists{v: v, groups: keys.NewGroups[hist](keys.New(w.By...), *most,
				window.Full(env, "hist", *most))}
			if *linear || fs.Changed("buckets") {
				h.buckets = *buckets
			}
			return window.New(env, "heka.hist", w.Every, h), nil
		}
	},
}

// hists is the aggregate.
type hists struct {
	v       match.Var
	buckets int // equal ones; 0: logarithmic
	groups  *keys.Groups[hist]
}

// hist is the histogram of one key.
type hist struct {
	counted counted
	missing int64
	rep     string
}

// counted holds numbers, in buckets. each calls f for the buckets from the lowest
// on, the empty ones between others included, until f returns false.
type counted interface {
	add(f float64)
	each(f func(lower, upper float64, n int64) bool)
}

// Add implements window.Aggregate.
func (a *hists) Add(m *msg.View) {
	h, isNew := a.groups.At(m)
	if isNew {
		a.begin(h, m)
	}
	if f, ok := number(&a.v, m); ok {
		h.counted.add(f)
	} else {
		h.missing++
	}
}

func (a *hists) begin(h *hist, m *msg.View) {
	if a.buckets > 0 {
		h.counted = &linear{want: a.buckets}
	} else {
		h.counted = &logarithmic{}
	}
	if a.v.IsField() {
		h.rep = string(m.Rep([]byte(a.v.Name())))
	}
}

// number returns the number that v is in m; false if it is none.
func number(v *match.Var, m *msg.View) (float64, bool) {
	if h, isHeader := v.Header(); isHeader {
		switch h {
		case msg.Timestamp:
			return float64(m.Timestamp()), true
		case msg.Severity:
			return float64(m.Severity()), true
		case msg.Pid:
			return float64(m.Pid()), true
		}
		return 0, false
	}
	x, _ := v.Value(m)
	f := x.Float()
	return f, (x.Kind() == msg.Int || x.Kind() == msg.Float) && f-f == 0
}

var (
	keyLower   = msg.NewKey("lower")
	keyUpper   = msg.NewKey("upper")
	keyMissing = msg.NewKey("missing")
)

// Emit implements window.Aggregate.
func (a *hists) Emit(r *window.Rows) {
	for _, id := range a.groups.Rows() {
		h := a.groups.Row(id)
		var total int64
		h.counted.each(func(_, _ float64, n int64) bool {
			total += n
			return true
		})
		more := true
		h.counted.each(func(lower, upper float64, n int64) bool {
			a.groups.Emit(&r.B, id)
			h.bound(r, keyLower, lower)
			h.bound(r, keyUpper, upper)
			r.Count(n)
			r.Percent(n, total)
			more = r.Send()
			return more
		})
		if more && h.missing > 0 {
			a.groups.Emit(&r.B, id)
			r.B.Key(keyMissing)
			r.B.Int(h.missing)
			more = r.Send()
		}
		if !more {
			return
		}
	}
}

func (h *hist) bound(r *window.Rows, k msg.Key, f float64) {
	r.B.Key(k)
	r.B.Float(f)
	if h.rep != "" {
		r.B.Rep(h.rep)
	}
}

// Reset implements window.Aggregate.
func (a *hists) Reset() { a.groups.Reset() }
