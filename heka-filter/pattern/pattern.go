// Package pattern finds the patterns that lines are made by: their text, with <*> where
// something is filled in.
package pattern

import (
	_ "embed"
	"strconv"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// defaultRows is how many patterns top shows.
const defaultRows = 20

// Kind is the verb pattern.
var Kind = stage.Kind{
	Name: "pattern",
	Doc:  doc,
	Args: "[top] [VAR] [N] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 10_000, "how many `patterns` are remembered")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("pattern", args, words.Every)
			if err != nil {
				return nil, err
			}
			top, v, n, err := arguments(w)
			if err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, 10_000_000); err != nil {
				return nil, err
			}
			m := newMiner(*most)
			if top {
				return window.New(env, "heka.pattern", w.Every, &tops{miner: m, v: v, n: n}), nil
			}
			return &marker{env: env, miner: m, v: v}, nil
		}
	},
}

// arguments reads [top] [VAR] [N].
func arguments(w *words.Words) (top bool, v match.Var, n int, err error) {
	v, n = match.HeaderVar(msg.Payload), defaultRows
	args := w.Args
	if len(args) > 0 && args[0] == "top" {
		top = true
		args = args[1:]
	}
	if len(args) > 0 {
		if _, err := strconv.Atoi(args[0]); err != nil {
			if v, err = w.Var(args[0]); err != nil {
				return top, v, n, err
			}
			args = args[1:]
		}
	}
	if h, ok := v.Header(); ok {
		switch h {
		case msg.Uuid, msg.Timestamp, msg.Severity, msg.Pid:
			return top, v, n, w.Mistake(h.String(), "the header is no text", "")
		}
	}
	if len(args) > 0 && top {
		if n, err = w.Count(args[0], 1_000_000); err != nil {
			return top, v, n, err
		}
		args = args[1:]
	}
	switch {
	case len(args) > 0 && !top:
		err = w.Mistake(args[0], "one word too many", "did you mean pattern top "+args[0]+"?")
	case len(args) > 0:
		err = w.Mistake(args[0], "one word too many", "")
	case w.Every != 0 && !top:
		err = w.Mistake("every", "without top there are no windows", "did you mean pattern top?")
	}
	return top, v, n, err
}

// line returns the text of v in m; nil if there is none.
func line(v *match.Var, m *msg.View) []byte {
	if h, ok := v.Header(); ok {
		return m.Text(h)
	}
	x, _ := v.Value(m)
	return x.Text()
}
