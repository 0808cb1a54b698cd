// Package flight keeps the last messages of each key, and gives them out when something
// happens to that key: a flight recorder.
package flight

import (
	_ "embed"
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/words"
	"heka/lib/match"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// maxMessages is the most that --last and --after may be.
const maxMessages = 1_000_000

// maxMemory is the most that --max-memory may be, in MiB: chunks are numbered by 31 bits.
const maxMemory = 100_000

// Kind is the verb flight.
var Kind = stage.Kind{
	Name: "flight",
	Doc:  doc,
	Args: "EXPR [by VAR...] [within DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		last := fs.Int("last", 100, "how many messages of a key are kept: `N`")
		after := fs.Int("after", 0, "how many messages of the key pass after one that EXPR selects: `N`")
		most := fs.Int("max-keys", 100_000, "how many `keys` are told apart")
		megabytes := fs.Int("max-memory", 64, "how much all kept messages may be, in `MiB`")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("flight", args, words.By|words.Within)
			if err != nil {
				return nil, err
			}
			m, err := compile(w)
			if err != nil {
				return nil, err
			}
			for _, f := range []struct {
				name    string
				n, from int
				most    int
			}{
				{"--last", *last, 0, maxMessages}, {"--after", *after, 0, maxMessages},
				{"--max-keys", *most, 1, words.MaxKeys}, {"--max-memory", *megabytes, 1, maxMemory},
			} {
				if f.n < f.from || f.n > f.most {
					return nil, w.Mistake(f.name+" "+strconv.Itoa(f.n), "the number is out of range",
						"from "+strconv.Itoa(f.from)+" to "+strconv.Itoa(f.most))
				}
			}
			r := newRecorder(env, m, keys.New(w.By...), *most, *megabytes<<20)
			r.last, r.after, r.within = *last, *after, w.Within
			return r, nil
		}
	},
}

// compile reads the expression.
func compile(w *words.Words) (*match.Matcher, error) {
	expr := strings.Join(w.Args, " ")
	if strings.TrimSpace(expr) == "" {
		return nil, w.Missing("an expression", "such as flight 'Severity <= 3' by .request_id")
	}
	m, err := match.Compile(expr)
	var e *match.Error
	if errors.As(err, &e) {
		return nil, &stage.UsageError{Msg: "flight: " + e.Error()}
	}
	if err == nil && m.UsesNow() {
		return nil, w.Mistake(expr, "an expression can't be relative to now here", "")
	}
	return m, err
}
