// Package anomaly looks for changes in series of numbers, with the tests of Heka's anomaly
// module.
package anomaly

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/cbuf"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// defaultEvery is how long a row is that nothing is said about.
const defaultEvery = 60e9

// maxColumns bounds the columns, so that a buffer of them and of what they need besides is
// never too large.
const maxColumns = 30

// Kind is the verb anomaly.
var Kind = stage.Kind{
	Name: "anomaly",
	Doc:  doc,
	Args: "TEST... [count|sum|avg|min|max [VAR]]... [by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		rows := fs.Int("rows", 1440, "how many `rows` a series has")
		throttle := fs.Duration("throttle", time.Hour,
			"the least `DURATION` between two alerts of one test")
		most := fs.Int("max-keys", 1000, "how many `keys` have series of their own")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("anomaly", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, 1_000_000); err != nil {
				return nil, err
			}
			if *throttle < 0 {
				return nil, w.Mistake("--throttle "+throttle.String(), "the duration is negative",
					"0s for none")
			}
			specs, rest, err := parseSpecs(w)
			if err != nil {
				return nil, err
			}
			if len(rest) == 0 {
				return newBuffers(env, w, specs, int64(*throttle), *most)
			}
			return newSeries(env, w, specs, rest, int64(*throttle), *rows, *most)
		}
	},
}

// parseSpecs reads the tests, and returns the words behind them.
func parseSpecs(w *words.Words) (specs []*spec, rest []string, err error) {
	n := slices.IndexFunc(w.Args, func(a string) bool { return functionOf(a) != "" })
	if n < 0 {
		n = len(w.Args)
	}
	text := strings.Join(w.Args[:n], " ")
	if strings.TrimSpace(text) == "" {
		return nil, nil, w.Missing("a test",
			`such as 'roc("requests", 1, 15, 0, 1.5, true, false)' count`)
	}
	specs, at, err := parseConfig(text)
	if err != nil {
		return nil, nil, w.Mistake(text, err.Error(), hint(text[:at]))
	}
	return specs, w.Args[n:], nil
}

// forms are what tests look like.
var forms = []string{
	`mww_nonparametric("name", col, win, nwin, pstat)`,
	`mww("name", col, win, nwin, pvalue, any)`,
	`roc("name", col, win, hwin, sd, true, false)`,
}

// hint says where a text went wrong that was read so far, and what would have been right.
func hint(read string) string {
	last := -1
	form := forms[2]
	for _, f := range forms {
		name, _, _ := strings.Cut(f, "(")
		if i := strings.LastIndex(read, name+"("); i > last {
			last, form = i, f
		}
	}
	if read == "" {
		return "such as " + form
	}
	return "it is wrong behind " + strings.TrimSpace(read) + "; such as " + form
}

// newSeries returns the stage that makes series of messages.
func newSeries(env *stage.Env, w *words.Words, specs []*spec, rest []string,
	throttle int64, rows, most int) (stage.Stage, error) {
	columns, err := parseColumns(w, rest)
	if err != nil {
		return nil, err
	}
	every := w.Every
	if every == 0 {
		every = defaultEvery
	}
	if every%1e9 != 0 || every > cbuf.MaxSeconds*1e9 {
		return nil, w.Mistake("every "+time.Duration(every).String(),
			"a row is of whole seconds", "from 1s to 24h")
	}
	if err := w.Flag("--rows", rows, 1_000_000); err != nil {
		return nil, err
	}
	if rows < 2 {
		return nil, w.Mistake("--rows 1", "the number is too small", "at least 2")
	}
	if len(columns) > maxColumns {
		return nil, w.Mistake(rest[len(rest)-1], "there are too many columns", "at most "+
			strconv.Itoa(maxColumns))
	}
	for _, s := range specs {
		if err := s.fits(s.name, rows, len(columns)); err != nil {
			return nil, &stage.UsageError{Msg: "anomaly: " + err.Error(), Hint: "see --rows"}
		}
	}
	s := &series{env: env, specs: specs, columns: columns, vars: w.By, every: every, rows: rows,
		most: most, throttle: throttle}
	s.groups = keys.NewGroups[group](keys.New(w.By...), most, window.Full(env, "anomaly", most))
	return s, nil
}

// newBuffers returns the stage that looks into circular buffers that pass.
func newBuffers(env *stage.Env, w *words.Words, specs []*spec, throttle int64, most int,
) (stage.Stage, error) {
	if w.Every != 0 || len(w.By) > 0 {
		return nil, w.Missing("what to make series of",
			"such as count, or sum .bytes, before by and every")
	}
	return newWatch(env, specs, throttle, most), nil
}
