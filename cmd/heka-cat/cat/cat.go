// Package cat is heka-cat: it looks into captures.
//
// Messages are read by stage.Input, or by follow where a capture grows, and go
// through conditions of time and of a matcher. --index and --fsck look at the
// records themselves: a walker takes a file apart into pieces, each a record or
// a stretch of bytes that are none.
package cat

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"heka/lib/frame"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/when"
)

//go:embed README.md
var doc string

// Kind is heka-cat.
var Kind = stage.Kind{Name: "cat", Doc: doc, Args: "[FILE...]", New: declare}

type flags struct {
	fs       *pflag.FlagSet
	match    string
	from, to string
	last     int
	follow   bool
	count    bool
	index    bool
	fsck     bool
	repair   bool
}

func declare(fs *pflag.FlagSet) stage.Make {
	f := &flags{fs: fs}
	fs.StringVar(&f.match, "match", "", "the messages that `EXPR` selects, as in 'Severity <= 3'")
	fs.StringVar(&f.from, "from", "", "those from `TIME` on: 2026-03-01T12:30:00Z, or -10m from now")
	fs.StringVar(&f.to, "to", "", "those before `TIME`")
	fs.IntVarP(&f.last, "last", "n", 0, "the last `N` of them")
	fs.BoolVarP(&f.follow, "follow", "f", false, "go on as the capture grows, until interrupted")
	fs.BoolVar(&f.count, "count", false, "how many there are, and nothing else")
	fs.BoolVar(&f.index, "index", false, "what the files are made of: a line a block or run")
	fs.BoolVar(&f.fsck, "fsck", false, "look for damage; end with status 65 if there is any")
	fs.BoolVar(&f.repair, "repair", false,
		"with --fsck: keep the good records, put the rest into FILE.damaged")
	return f.make
}

func (f *flags) make(env *stage.Env, files []string) (stage.Stage, error) {
	errs := f.check(files)
	var m *match.Matcher
	if f.match != "" {
		var err error
		if m, err = match.Compile(f.match); err != nil {
			errs = append(errs, &stage.UsageError{Msg: "--match: " + err.Error()})
		}
	}
	w, err := when.ParseWindow(f.from, f.to, time.Now(), env.Location())
	if err != nil {
		errs = append(errs, &stage.UsageError{Msg: err.Error()})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	switch {
	case f.index:
		return &index{env: env, files: files, window: w}, nil
	case f.fsck:
		return &fsck{env: env, files: files, repair: f.repair}, nil
	}
	return f.messages(env, files, w, m), nil
}

// check reports which flags and files don't go together.
func (f *flags) check(files []string) (errs []error) {
	mistake := func(bad bool, what, hint string) {
		if bad {
			errs = append(errs, &stage.UsageError{Msg: what, Hint: hint})
		}
	}
	stdin := len(files) == 0
	for i, name := range files {
		mistake(name == "", "the name of a file is empty", "")
		mistake(name == "-" && slices.Contains(files[:i], "-"), "- is given twice",
			"there is one standard input")
		stdin = stdin || name == "-"
	}
	last := f.fs.Changed("last")
	whole := f.index || f.fsck
	mistake(last && f.last < 1, fmt.Sprintf("-n %d: want 1 or more", f.last), "")
	mistake(f.index && f.fsck || f.count && whole, "--count, --index and --fsck are three answers",
		"ask for one of them")
	mistake(f.repair && !f.fsck, "--repair is a part of --fsck", "write --fsck --repair")
	mistake(whole && (f.match != "" || last), "--match and -n choose messages, of which "+
		"--index and --fsck show none", "leave them out")
	mistake(f.fsck && (f.from != "" || f.to != ""), "--fsck looks at whole files",
		"leave --from and --to out")
	mistake(len(files) == 0 && !whole && !f.follow && term.IsTerminal(int(os.Stdin.Fd())),
		"nothing to read: stdin is a terminal", "name a file, or pipe something in")
	mistake(whole && stdin, "--index and --fsck look at files", "name one")
	mistake(f.follow && (whole || f.count), "-f never comes to an end, as --count, --index "+
		"and --fsck must", "leave it out")
	mistake(f.follow && (stdin || len(files) > 1), "-f follows one file",
		"name it; stdin is read to its end without")
	return errs
}

// messages returns the stages that show messages.
func (f *flags) messages(
	env *stage.Env, files []string, w when.Window, m *match.Matcher,
) stage.Stage {
	var conds []stage.Parallel
	var opt frame.Options
	if !w.IsAlways() {
		opt.Skip = func(s frame.Span) bool { return !w.Overlaps(s.First, s.Last) }
		conds = append(conds, stage.Select(func() func(*msg.View) bool {
			return func(v *msg.View) bool { return w.Contains(v.Timestamp()) }
		}))
	}
	if m != nil {
		conds = append(conds, matching(env, m))
	}
	if f.follow {
		return &follow{env: env, name: files[0], opt: opt, conds: conds, last: f.last}
	}
	all := stage.Chain{stage.Input(env, files, opt)}
	for _, c := range conds {
		all = append(all, c)
	}
	if f.last > 0 {
		all = append(all, lastStage{env, f.last})
	}
	if f.count {
		all = append(all, count{env})
	}
	return all
}

// nowEvery is how many messages may pass before the clock is read again.
const nowEvery = 64

// matching returns the stage that lets through what m selects. What is relative to
// now is so to the machine's clock, or to each message's own time in data time.
func matching(env *stage.Env, m *match.Matcher) stage.Parallel {
	return stage.Select(func() func(*msg.View) bool {
		m := m.Clone()
		if !m.UsesNow() {
			return m.Match
		}
		n := 0
		return func(v *msg.View) bool {
			if env.DataTime {
				m.SetNow(v.Timestamp())
			} else if n%nowEvery == 0 {
				m.SetNow(time.Now().UnixNano())
			}
			n++
			return m.Match(v)
		}
	})
}
