// Package statmetric aggregates counters, timers and gauges as StatsD does.
package statmetric

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/words"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// defaultEvery is Heka's and StatsD's ticker interval.
const defaultEvery = 10e9

// flags are what the command line says beside the words.
type flags struct {
	emit       string
	percent    []int
	legacy     bool
	deleteIdle bool
	replaceDot string
	most       int
	prefix     prefixes
}

// prefixes stand before names; each that is not empty ends in a point.
type prefixes struct{ all, counters, timers, gauges, statsd string }

// Kind is the verb statmetric.
var Kind = stage.Kind{
	Name: "statmetric",
	Doc:  doc,
	Args: "[statsd] [counter|timer|gauge NAME [VALUE]]... [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		var f flags
		fs.StringVar(&f.emit, "emit", "payload", "where the numbers go: `payload`, fields or both")
		fs.IntSliceVar(&f.percent, "percent-threshold", []int{90},
			"`PERCENTS` of the times to give the mean and the largest of")
		fs.BoolVar(&f.legacy, "legacy-namespaces", false, "name counters as StatsD did before 0.4")
		fs.BoolVar(&f.deleteIdle, "delete-idle", false, "forget what got no value in a window")
		fs.StringVar(&f.replaceDot, "replace-dot", "",
			"a `CHARACTER` in place of points in what is filled in")
		fs.IntVar(&f.most, "max-keys", 10_000, "how many `names` there may be")
		fs.StringVar(&f.prefix.all, "prefix", "stats", "`TEXT` before all names")
		fs.StringVar(&f.prefix.counters, "counter-prefix", "counters", "`TEXT` before those of counters")
		fs.StringVar(&f.prefix.timers, "timer-prefix", "timers", "`TEXT` before those of timers")
		fs.StringVar(&f.prefix.gauges, "gauge-prefix", "gauges", "`TEXT` before those of gauges")
		fs.StringVar(&f.prefix.statsd, "statsd-prefix", "statsd", "`TEXT` before numStats")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			return newStage(env, f, args)
		}
	},
}

func newStage(env *stage.Env, f flags, args []string) (stage.Stage, error) {
	w, err := words.Parse("statmetric", args, words.Every)
	if err != nil {
		return nil, err
	}
	if err := f.check(w); err != nil {
		return nil, err
	}
	statsd, metrics, err := parseMetrics(w, env.Location())
	if err != nil {
		return nil, err
	}
	if w.Every == 0 {
		w.Every = defaultEvery
	}
	a := newStats(env, f, metrics, float64(w.Every)/1e9)
	a.statsd = statsd
	return &runner{env: env, stats: a, every: w.Every}, nil
}

// check wants the flags to make sense.
func (f *flags) check(w *words.Words) error {
	if !slices.Contains([]string{"payload", "fields", "both"}, f.emit) {
		return w.Mistake("--emit "+f.emit, "there is no such place", "one of payload, fields, both")
	}
	if r := f.replaceDot; len(r) > 1 || r != "" && (r[0] <= ' ' || r[0] >= 0x7f) {
		return w.Mistake("--replace-dot "+r, "this is not one character", "such as _")
	}
	for _, p := range f.percent {
		if p < 1 || p > 100 {
			return w.Mistake("--percent-threshold "+strconv.Itoa(p), "the number is out of range",
				"from 1 to 100")
		}
	}
	for _, p := range []*string{&f.prefix.all, &f.prefix.counters, &f.prefix.timers,
		&f.prefix.gauges, &f.prefix.statsd} {
		if strings.ContainsAny(*p, " \t\n") {
			return w.Mistake(*p, "a prefix has no blanks", "")
		}
		if *p != "" && !strings.HasSuffix(*p, ".") {
			*p += "."
		}
	}
	return w.Flag("--max-keys", f.most, words.MaxKeys)
}
