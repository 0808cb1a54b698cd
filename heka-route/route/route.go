// Package route is heka-route: it lets those messages through that an expression
// selects, or sends messages to targets, each to those whose expression selects
// it.
package route

import (
	_ "embed"
	"errors"
	"os"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/target"
)

//go:embed README.md
var doc string

// Kind is heka-route EXPR, and heka-route --to 'EXPR => TARGET'.
var Kind = stage.Kind{
	Name:  "route",
	Doc:   doc,
	Args:  "[EXPR]",
	NArgs: nargs,
	New:   declare,
}

// nargs: with --to there is no EXPR, and all words are files.
func nargs(fs *pflag.FlagSet) int {
	if f := fs.Lookup("to"); f != nil && f.Changed {
		return 0
	}
	return 1
}

type flags struct {
	to    []string
	rest  string
	first bool
	tee   bool
}

func declare(fs *pflag.FlagSet) stage.Make {
	f := &flags{}
	fs.StringArrayVar(&f.to, "to", nil,
		"send what an expression selects to a target: `'EXPR => TARGET'`; may be given often")
	fs.StringVar(&f.rest, "else", "",
		"with --to: `TARGET` of what no expression selects; otherwise that goes on to stdout")
	fs.BoolVar(&f.first, "first", false,
		"with --to: a message goes to the first whose expression selects it, not to all")
	fs.BoolVar(&f.tee, "tee", false, "with --to: pass all messages on to stdout as well")
	return f.make
}

func (f *flags) make(env *stage.Env, args []string) (stage.Stage, error) {
	if len(f.to) > 0 {
		return f.router(env, args)
	}
	if f.rest != "" || f.first || f.tee {
		return nil, &stage.UsageError{
			Msg:  "--else, --first and --tee say what --to does beyond its targets",
			Hint: "give a --to 'EXPR => TARGET'",
		}
	}
	if len(args) != 1 {
		return nil, &stage.UsageError{
			Msg:  "want one expression",
			Hint: `as in heka-route 'Severity <= 3'; TRUE selects all messages`,
		}
	}
	m, err := match.Compile(args[0])
	if err != nil {
		return nil, &stage.UsageError{Msg: err.Error()}
	}
	return filter(env, m), nil
}

// filter returns the stage that lets through what m selects.
func filter(env *stage.Env, m *match.Matcher) stage.Stage {
	if !m.UsesNow() {
		return stage.Select(func() func(*msg.View) bool { return m.Clone().Match })
	}
	return stage.Select(func() func(*msg.View) bool {
		m := m.Clone()
		now := newClock(env)
		return func(v *msg.View) bool {
			m.SetNow(now(v))
			return m.Match(v)
		}
	})
}

// clockEvery is how many messages may pass before the clock is read again.
const clockEvery = 64

// newClock returns the clock of expressions that are relative to now, for one
// lane. Lanes see no ticks, so that it reads the machine's clock; in data time it
// is the message's own timestamp.
func newClock(env *stage.Env) func(*msg.View) int64 {
	if env.DataTime {
		return (*msg.View).Timestamp
	}
	var n uint
	var now int64
	return func(*msg.View) int64 {
		if n%clockEvery == 0 {
			now = time.Now().UnixNano()
		}
		n++
		return now
	}
}

// router returns the stage that sends messages to targets.
func (f *flags) router(env *stage.Env, args []string) (stage.Stage, error) {
	var errs []error
	if len(args) > 0 {
		errs = append(errs, &stage.UsageError{
			Msg: "an EXPR and --to at once", Hint: "write the expression into each --to",
		})
	}
	t := &table{index: map[string]int{}, first: f.first, tee: f.tee, rest: onward}
	opt := target.Options{Stdout: func() *os.File { return env.Stdout }}
	for _, text := range f.to {
		if err := t.addRule(text, opt); err != nil {
			errs = append(errs, err)
		}
	}
	if f.rest != "" {
		to, err := t.target(f.rest, opt)
		if err != nil {
			errs = append(errs, &stage.UsageError{Msg: "--else: " + err.Error()})
		}
		t.rest = to
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return t.stage(env), nil
}
