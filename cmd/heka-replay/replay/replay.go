// Package replay is heka-replay: captures at their own speed, or at another.
package replay

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/when"
)

//go:embed README.md
var doc string

// Kind is heka-replay.
var Kind = stage.Kind{Name: "replay", Doc: doc, Args: "[FILE...]", New: declare}

type flags struct {
	speed    string
	from, to string
	rebase   bool
	maxGap   string
	loop     int
}

func declare(fs *pflag.FlagSet) stage.Make {
	f := &flags{}
	fs.StringVar(&f.speed, "speed", "1x", "`SPEED`: 1x, 10x, 0.5x, ...; max does not wait at all")
	fs.StringVar(&f.from, "from", "", "from `TIME` on: 2026-03-01T12:30:00Z, or -10m from now")
	fs.StringVar(&f.to, "to", "", "what is before `TIME`")
	fs.BoolVar(&f.rebase, "rebase-now", false, "shift timestamps, so that the first is now")
	fs.StringVar(&f.maxGap, "max-gap", "",
		"shorten silences of more than `DURATION`, as in 10s, to it")
	fs.IntVar(&f.loop, "loop", 1, "play it `N` times; 0: without end")
	return f.make
}

func (f *flags) make(env *stage.Env, files []string) (stage.Stage, error) {
	r := &replay{env: env, files: files, loop: f.loop, clock: when.Machine()}
	r.rebase, r.maxGap = f.rebase, math.MaxInt64
	var errs []error
	mistake := func(hint, format string, args ...any) {
		errs = append(errs, &stage.UsageError{Msg: fmt.Sprintf(format, args...), Hint: hint})
	}
	var ok bool
	if r.speed, ok = parseSpeed(f.speed); !ok {
		mistake("", "--speed %s: want 1x, 10x, 0.5x, ... or max", f.speed)
	}
	if f.maxGap != "" {
		if r.maxGap, ok = when.Duration(f.maxGap); !ok {
			mistake("", "--max-gap %s: want a duration like 10s, 500ms or 1h30m", f.maxGap)
		}
	}
	var err error
	if r.window, err = when.ParseWindow(f.from, f.to, time.Now(), env.Location()); err != nil {
		mistake("", "%v", err)
	}
	stdin := len(files) == 0 || slices.Contains(files, "-")
	if f.loop < 0 {
		mistake("", "--loop %d: want 1 or more, or 0 for no end", f.loop)
	} else if f.loop != 1 && stdin {
		mistake("name a file", "--loop needs what can be read again, and stdin can't")
	}
	if len(files) == 0 && term.IsTerminal(int(os.Stdin.Fd())) {
		mistake("name a capture, or pipe one in", "nothing to read: stdin is a terminal")
	}
	if slices.Contains(files, "") {
		mistake("", "the name of a file is empty")
	}
	if i := slices.Index(files, "-"); i >= 0 && slices.Contains(files[i+1:], "-") {
		mistake("there is one standard input", "- is given twice")
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return r, nil
}

// parseSpeed reads 10x, 0.5x, 10 or max, which is 0.
func parseSpeed(s string) (float64, bool) {
	if s == "max" {
		return 0, true
	}
	digits := strings.TrimSuffix(s, "x")
	if strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	x, err := strconv.ParseFloat(digits, 64)
	return x, err == nil && x >= 1e-6 && x <= 1e9
}

// replay is the source.
type replay struct {
	env    *stage.Env
	files  []string
	window when.Window
	speed  float64 // 0: as fast as can be
	rebase bool
	maxGap int64 // nanoseconds
	loop   int
	clock  when.Clock
}

func (r *replay) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	var opt frame.Options
	if !r.window.IsAlways() {
		opt.Skip = func(s frame.Span) bool { return !r.window.Overlaps(s.First, s.Last) }
	}
	lane := stage.Select(func() func(*msg.View) bool {
		return func(v *msg.View) bool { return r.window.Contains(v.Timestamp()) }
	}).NewLane()
	for n := 0; r.loop == 0 || n < r.loop; n++ {
		p := &pacer{replay: r, ctx: ctx, lane: lane, out: out}
		err := stage.Input(r.env, r.files, opt).Run(ctx, nil, p)
		if err == errStopped {
			return nil
		}
		if err != nil {
			return err
		}
		if !p.begun {
			return nil // nothing in it: another time would be no different
		}
	}
	return nil
}
