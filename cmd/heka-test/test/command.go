// Package test is heka-test: it finds sessions, runs several at once, and tells
// what is not as it should be.
package test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"heka/lib/prog"
	"heka/lib/session"
	"heka/lib/stage"
)

// Args is what follows heka-test.
const Args = "[FLAGS] [FILE|FOLDER...]"

// What is what heka-test does, in half a line.
const What = "run golden sessions, and show what differs"

// Main runs heka-test, which is called name, as this process, and returns the exit
// status. heka is the path of the program heka; if it is empty, it is looked for.
func Main(name string, args []string, heka string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return prog.Report(name, err)
	}
	ok, err := run(ctx, name, args, filepath.Dir(self), heka, os.Stdout)
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, name+": interrupted")
		return prog.ExitNo
	case err == nil && !ok:
		return prog.ExitNo
	}
	return prog.Report(name, err)
}

// options are what the flags say.
type options struct {
	update, pipes, fused, verbose bool
	timeout                       time.Duration
	jobs                          int
	color, pick                   string
}

// declare returns the flags, which set o.
func (o *options) declare() *pflag.FlagSet {
	fs := pflag.NewFlagSet("heka-test", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.BoolVar(&o.update, "update", false, "rewrite the expected output with what comes out")
	fs.StringVar(&o.pick, "run", "", "run the sessions whose path matches `REGEXP`")
	fs.BoolVarP(&o.verbose, "verbose", "v", false, "list each session")
	fs.BoolVar(&o.pipes, "pipes-only", false, "run commands as processes joined by pipes alone")
	fs.BoolVar(&o.fused, "fused-only", false, "run what heka run can do in one process in that way alone")
	fs.DurationVar(&o.timeout, "timeout", time.Minute, "how long a command may take, a `DURATION` like 10s")
	fs.IntVarP(&o.jobs, "jobs", "j", 0, "run `N` sessions at once (0: one a core)")
	fs.StringVar(&o.color, "color", "auto", "colour: `WHEN` is auto, always or never")
	return fs
}

// help writes the help text of heka-test, which is called name.
func help(out io.Writer, name string, fs *pflag.FlagSet) {
	fmt.Fprintf(out, "%s: %s\n\nusage: %s %s\n\n", name, What, name, Args)
	fmt.Fprintf(out, "    $ %s filters/\n    $ %s --update filters/top.session\n\n", name, name)
	fmt.Fprintln(out, strings.TrimRight(fs.FlagUsages(), "\n"))
	fmt.Fprintln(out, "\nA session is a file NAME.session: commands behind \"$ \", and what they write. "+
		"More: man heka-test")
}

// run is heka-test: it is false if a session has failed.
func run(ctx context.Context, name string, args []string, bin, heka string, out *os.File) (bool, error) {
	var o options
	fs := o.declare()
	fs.Usage = func() { help(out, name, fs) }
	if err := fs.Parse(args); err == pflag.ErrHelp {
		return true, nil
	} else if err != nil {
		return false, &stage.UsageError{Msg: err.Error()}
	}
	pick, err := o.check()
	if err != nil {
		return false, err
	}
	r, err := session.NewRunner(bin, heka)
	if err != nil {
		return false, err
	}
	defer r.Close()
	r.Timeout = o.timeout
	switch {
	case o.fused && !r.HasHeka():
		return false, &stage.UsageError{
			Msg: "--fused-only: heka is not found", Hint: "put it beside " + name + ", or on the PATH",
		}
	case o.fused:
		r.Mode = session.Fused
	case o.pipes:
		r.Mode = session.Pipes
	}
	paths, err := sessions(fs.Args(), pick)
	if err != nil {
		return false, err
	}
	t := &tester{
		Runner: r, update: o.update, verbose: o.verbose, color: useColor(o.color, out), out: out,
	}
	return t.all(ctx, paths, o.jobs)
}

// check finds all mistakes in the flags, and returns --run.
func (o *options) check() (*regexp.Regexp, error) {
	var errs []error
	mistake := func(format string, args ...any) {
		errs = append(errs, &stage.UsageError{Msg: fmt.Sprintf(format, args...)})
	}
	pick, err := regexp.Compile(o.pick)
	if err != nil {
		mistake("--run: %v", err)
	}
	if o.pipes && o.fused {
		mistake("--pipes-only and --fused-only exclude each other: give one of the two")
	}
	if o.timeout <= 0 {
		mistake("--timeout %v: want more than 0", o.timeout)
	}
	if o.jobs < 0 || o.jobs > 256 {
		mistake("-j %d: want 0 to 256", o.jobs)
	}
	if o.jobs == 0 {
		o.jobs = runtime.GOMAXPROCS(0)
	}
	switch o.color {
	case "auto", "always", "never":
	default:
		mistake("--color %s: want auto, always or never", o.color)
	}
	return pick, errors.Join(errs...)
}

// useColor says whether to write colour to f.
func useColor(when string, f *os.File) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
