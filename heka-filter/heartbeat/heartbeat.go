// Package heartbeat says which hosts have fallen silent.
package heartbeat

import (
	_ "embed"
	"time"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/words"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb heartbeat.
var Kind = stage.Kind{
	Name: "heartbeat",
	Doc:  doc,
	Args: "[by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		timeout := fs.Duration("timeout", 30*time.Second, "how long one may be silent, a `DURATION`")
		throttle := fs.Duration("throttle", 5*time.Minute,
			"the least `DURATION` between two alerts about the same one")
		forget := fs.Duration("forget", 24*time.Hour,
			"the `DURATION` of silence after which one is no longer waited for")
		most := fs.Int("max-keys", 10_000, "how many `keys` are watched")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("heartbeat", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			if err := w.NoArgs(); err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			if err := durations(w, *timeout, *throttle, *forget); err != nil {
				return nil, err
			}
			vars := w.By
			if len(vars) == 0 {
				vars = []match.Var{match.HeaderVar(msg.Hostname)}
			}
			return &heartbeat{
				env: env, vars: vars, every: w.Every, watch: newWatch(keys.New(vars...), *most),
				limits: limits{int64(*timeout), int64(*throttle), int64(*forget)},
			}, nil
		}
	},
}

// durations checks the flags.
func durations(w *words.Words, timeout, throttle, forget time.Duration) error {
	switch {
	case timeout < 10*time.Millisecond:
		return w.Mistake("--timeout "+timeout.String(), "the duration is too short", "at least 10ms")
	case throttle < 0:
		return w.Mistake("--throttle "+throttle.String(), "the duration is negative", "0s for none")
	case forget <= timeout:
		return w.Mistake("--forget "+forget.String(), "it is not longer than --timeout", "")
	}
	return nil
}

// limits are nanoseconds.
type limits struct{ timeout, throttle, forget int64 }

// tick returns how often silence is looked for: a tenth of the timeout, and once a second
// if that is longer.
func (l limits) tick() int64 { return min(l.timeout/10, 1e9) }
