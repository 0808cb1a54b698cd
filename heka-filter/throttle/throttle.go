// Package throttle lets so many messages a second through.
package throttle

import (
	_ "embed"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/lru"
	"heka/heka-filter/internal/words"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb throttle.
var Kind = stage.Kind{
	Name: "throttle",
	Doc:  doc,
	Args: "N/s|N/m|N/h [by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 100_000, "how many `keys` are told apart")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("throttle", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			if len(w.Args) == 0 {
				return nil, w.Missing("how many", "such as 100/s")
			}
			if err := w.AtMost(1); err != nil {
				return nil, err
			}
			b, err := parseLimit(w, w.Args[0])
			if err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			return newThrottle(env, b, keys.New(w.By...), *most, w.Every), nil
		}
	},
}

// periods are the units that a limit may be of, in nanoseconds.
var periods = map[string]int64{
	"s": 1e9, "sec": 1e9, "second": 1e9,
	"m": 60e9, "min": 60e9, "minute": 60e9,
	"h": 3600e9, "hour": 3600e9,
}

// parseLimit reads N/s.
func parseLimit(w *words.Words, word string) (limit, error) {
	number, unit, ok := strings.Cut(word, "/")
	n, err := strconv.ParseInt(number, 10, 64)
	switch {
	case err != nil:
		return limit{}, w.Mistake(word, "this is no rate", "such as 100/s")
	case !ok:
		return limit{}, w.Mistake(word, "the unit is missing", "did you mean "+word+"/s?")
	case periods[unit] == 0:
		return limit{}, w.Mistake(word, "there is no such unit", "one of /s, /m, /h")
	case n < 1 || n > 1e6:
		return limit{}, w.Mistake(word, "the number is out of range", "from 1 to 1000000")
	}
	return limit{interval: periods[unit] / n, period: periods[unit]}, nil
}

// limit is a token bucket that holds what comes in a period, as a virtual
// schedule: one message every interval, and those of a period ahead of time.
type limit struct{ interval, period int64 }

// jump is from when on a timestamp before others counts as a clock that was set
// back, so that one message from the future does not stop all that follow.
const jump = 60e9

// pass reports whether a message at t goes through. due is when the next would be
// due if they came evenly; 0 at first.
func (l limit) pass(due *int64, t int64) bool {
	ahead := *due - t
	if ahead < 0 || *due == 0 || ahead > l.period+jump {
		*due, ahead = t, 0
	}
	if ahead > l.period-l.interval {
		return false
	}
	*due += l.interval
	return true
}

// bucket is what is known of a key.
type bucket struct {
	due     int64
	dropped int64
}

func newThrottle(env *stage.Env, l limit, by *keys.By, most int, every int64) *throttle {
	return &throttle{env: env, limit: l, by: by, every: every, buckets: lru.New[bucket](most)}
}
