// Package cbuf keeps series of counts, sums and the like in a circular buffer.
package cbuf

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/cbuf"
	"heka/lib/match"
	"heka/lib/near"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// messageType is that of what Heka's sandboxes sent, which dashboards look for.
const messageType = "heka.sandbox-output"

// Limits of the flags.
const (
	mostRows    = 1_000_000
	mostColumns = 256
)

// Kind is the verb cbuf.
var Kind = stage.Kind{
	Name: "cbuf",
	Doc:  doc,
	Args: "count|sum|min|max|avg [VAR] [by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		var f flags
		fs.IntVar(&f.rows, "rows", 1440, "how many `rows` are kept: the newest ones")
		fs.StringVar(&f.row, "row", "", "`duration` that a row stands for, in whole seconds"+
			" (default: that of every, else 1m)")
		fs.IntVar(&f.columns, "max-columns", 32, "how many `keys` have a column of their own")
		fs.StringVar(&f.title, "title", "", "`name` of the series (default: what was typed)")
		fs.StringVar(&f.form, "format", cbuf.Full, "`form` of the payload: cbuf, or cbufd for"+
			" what has changed since the last")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			s, every, err := parse(env, args, f)
			if err != nil {
				return nil, err
			}
			return window.New(env, messageType, every, s), nil
		}
	},
}

type flags struct {
	rows, columns    int
	row, title, form string
}

var aggregates = []string{"count", "sum", "min", "max", "avg"}

// parse reads the words and flags.
func parse(env *stage.Env, args []string, f flags) (*series, int64, error) {
	w, err := words.Parse("cbuf", args, words.By|words.Every)
	if err != nil {
		return nil, 0, err
	}
	s := &series{env: env, rows: f.rows, title: f.title, deltas: f.form == cbuf.Deltas}
	if err := s.aggregate(w); err != nil {
		return nil, 0, err
	}
	if s.seconds, err = seconds(w, f.row); err != nil {
		return nil, 0, err
	}
	if err := f.check(w); err != nil {
		return nil, 0, err
	}
	if s.title == "" {
		s.title = title(w)
	}
	s.by = w.By
	s.groups = keys.NewGroups[int](keys.New(w.By...), f.columns, s.full(f.columns))
	return s, w.Every, nil
}

func (f *flags) check(w *words.Words) error {
	if f.rows < 2 || f.rows > mostRows {
		return w.Mistake("--rows "+strconv.Itoa(f.rows), "the number is out of range",
			"from 2 to "+strconv.Itoa(mostRows))
	}
	if err := w.Flag("--max-columns", f.columns, mostColumns); err != nil {
		return err
	}
	if f.rows*(f.columns+1) > cbuf.MaxCells {
		return w.Mistake("--rows "+strconv.Itoa(f.rows), "too many rows for so many columns",
			"fewer --rows or --max-columns")
	}
	if f.form != cbuf.Full && f.form != cbuf.Deltas {
		return w.Mistake("--format "+f.form, "there is no such form", "cbuf or cbufd")
	}
	return nil
}

// aggregate reads the words before the first clause.
func (s *series) aggregate(w *words.Words) error {
	hint := strings.Join(aggregates, ", ")
	if len(w.Args) == 0 {
		return w.Missing("what to keep", "one of "+hint)
	}
	name := w.Args[0]
	i := slices.Index(aggregates, name)
	if i < 0 {
		if c := near.Word(name, aggregates); c != "" {
			hint = "did you mean " + c + "?"
		}
		return w.Mistake(name, "there is no such aggregate", hint)
	}
	s.of = aggregate(i)
	if s.of == count {
		return w.AtMost(1)
	}
	if len(w.Args) == 1 {
		return w.Missing("a variable", "such as cbuf "+name+" .request_time")
	}
	v, err := w.Var(w.Args[1])
	if err != nil {
		return err
	}
	s.value = v
	return w.AtMost(2)
}

// seconds returns how many seconds a row is of.
func seconds(w *words.Words, row string) (int, error) {
	word, d := "every", w.Every
	if row != "" {
		word = "--row " + row
		var err error
		if d, err = w.Duration(row); err != nil {
			return 0, err
		}
	}
	switch {
	case d == 0:
		return 60, nil
	case d%1e9 != 0 || d/1e9 > cbuf.MaxSeconds:
		return 0, w.Mistake(word, "a row is of 1s to 1d, in whole seconds", "such as --row 1m")
	}
	return int(d / 1e9), nil
}

// title is what was typed, without `every`.
func title(w *words.Words) string {
	var all []string
	for i, word := range w.Args {
		if i > 0 {
			if v, err := match.ParseVar(word); err == nil {
				word = v.Name()
			}
		}
		all = append(all, word)
	}
	for i, v := range w.By {
		if i == 0 {
			all = append(all, "by")
		}
		all = append(all, v.Name())
	}
	return strings.Join(all, " ")
}
