// Package regex is the kind of heka-decode for lines that a regular expression takes
// apart.
package regex

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-decode/internal/capture"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind decodes with a regular expression.
var Kind = stage.Kind{Name: "regex", Doc: doc, Args: "PATTERN", NArgs: stage.OneArg, New: declare}

func declare(fs *pflag.FlagSet) stage.Make {
	var f capture.Flags
	f.Declare(fs, "regex", "auto")
	return func(env *stage.Env, args []string) (stage.Stage, error) {
		if len(args) != 1 {
			return nil, &stage.UsageError{
				Msg:  fmt.Sprintf("regex takes one pattern, and here are %d", len(args)),
				Hint: `put it in quotes, as in heka-decode regex '^(?P<host>\S+) (?P<status>\d+)'`,
			}
		}
		e, err := capture.Compile(args[0])
		if err != nil {
			return nil, &stage.UsageError{Msg: "pattern: " + err.Error()}
		}
		if !named(e) {
			return nil, &stage.UsageError{
				Msg:  "the pattern has no group with a name, so that nothing would come of it",
				Hint: nameIt(args[0]),
			}
		}
		return f.Stage(env, "regex", e)
	}
}

// named reports whether any group of e has a name.
func named(e *capture.Expr) bool {
	for _, g := range e.Groups {
		if g.Name != "" {
			return true
		}
	}
	return false
}

func nameIt(pattern string) string {
	if strings.Contains(pattern, "%{") {
		return "%{NAME:field} is for heka-decode grok"
	}
	return "name one as in (?P<status>\\d+)"
}
