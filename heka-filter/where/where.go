// Package where lets messages through for which an expression holds.
package where

import (
	_ "embed"
	"errors"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb where.
var Kind = stage.Kind{
	Name: "where",
	Doc:  doc,
	Args: "EXPR",
	New: func(*pflag.FlagSet) stage.Make {
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			expr := strings.Join(args, " ")
			if strings.TrimSpace(expr) == "" {
				return nil, &stage.UsageError{Msg: "where: an expression is missing",
					Hint: "such as where '.status >= 500'"}
			}
			m, err := match.Compile(expr)
			var e *match.Error
			if errors.As(err, &e) {
				return nil, &stage.UsageError{Msg: "where: " + e.Error()}
			}
			if err != nil {
				return nil, err
			}
			if m.UsesNow() {
				return stage.Select(func() func(*msg.View) bool {
					return relative(env, m.Clone())
				}), nil
			}
			return stage.Select(func() func(*msg.View) bool { return m.Clone().Match }), nil
		}
	},
}

// relative returns a condition that is relative to now: the machine's clock, or
// under --clock data the timestamp of the message itself, so that a replay selects
// the same messages every time.
func relative(env *stage.Env, m *match.Matcher) func(*msg.View) bool {
	return func(v *msg.View) bool {
		now := v.Timestamp()
		if !env.DataTime {
			now = time.Now().UnixNano()
		}
		m.SetNow(now)
		return m.Match(v)
	}
}
