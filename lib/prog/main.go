package prog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"golang.org/x/term"

	"heka/lib/frame"
	"heka/lib/position"
	"heka/lib/stage"
)

// Exit statuses, the same for all programs; heka(7) lists them.
const (
	ExitOK          = 0
	ExitNo          = 1  // a negative answer: -e and nothing came out
	ExitUsage       = 2  // a mistake in the command line
	ExitData        = 65 // bad data under --strict
	ExitUnavailable = 69 // a peer can't be reached
	ExitBug         = 70 // a mistake of ours
	ExitIO          = 74 // reading or writing failed
	ExitUnfinished  = 75 // stopped with data not delivered: run again
	ExitConfig      = 78 // a mistake in a configuration
)

// Main runs the wing as this process, and ends it.
func Main(w Wing) { os.Exit(w.Run(os.Args[1:])) }

// Run runs the wing with this process's files and signals, and returns the exit
// status.
func (w Wing) Run(words []string) int {
	tuneMemory()
	c, err := w.Parse(words, os.Stdout)
	if err != nil {
		return report(w.Name, err)
	}
	if c == nil {
		return ExitOK
	}
	if err := c.enterWalls(); err != nil {
		return report(w.Name, err)
	}
	return execute(w.Name, []*Command{c}, os.Stdin, os.Stdout)
}

// tuneMemory lets the heap grow before it is collected: batches are pooled, so
// that there is little to collect and a bound on what there is.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(48 << 20)
	}
}

// execute runs commands as one pipeline from stdin to stdout, and returns the exit
// status. The last command's -o says what comes out.
func execute(name string, commands []*Command, stdin, stdout *os.File) int {
	stop, err := Profile()
	if err != nil {
		return report(name, err)
	}
	defer stop()
	widen(stdin)
	widen(stdout)
	s := newSession(name, commands, stdin, stdout)
	defer s.close()
	stages, err := s.stages()
	if err != nil {
		return report(name, err)
	}
	err = s.run(stages)
	return s.status(err)
}

// session is one run of one or more commands in this process.
type session struct {
	name     string
	commands []*Command
	stdin    *os.File
	stdout   *os.File
	log      *slog.Logger
	first    *Command
	last     *Command
	letters  *deadLetters
	progress *progress
	signals  *signals
	started  time.Time
}

func newSession(name string, commands []*Command, stdin, stdout *os.File) *session {
	s := &session{
		name: name, commands: commands, stdin: stdin, stdout: stdout, started: time.Now(),
		first: commands[0], last: commands[len(commands)-1],
	}
	pool := stage.NewPool(64)
	s.signals = newSignals(s)
	s.letters = newDeadLetters()
	live := s.console() && isTerminal(stdout)
	if isTerminal(os.Stderr) && !isTerminal(stdout) {
		s.progress = newProgress(os.Stderr)
	}
	for _, c := range commands {
		e := c.Env
		e.Log = slog.New(newLogHandler(os.Stderr, c.Wing.Name, useColor(c.opt.color, os.Stderr)))
		e.Pool, e.Stop, e.Live, e.Stdin, e.Stdout = pool, s.signals.stop, live, stdin, stdout
		e.Fail = s.letters.to(c.opt.fail)
		if s.progress != nil && c.Wing.Role == Source {
			e.Progress = s.progress.set
		}
	}
	s.log = s.last.Env.Log
	return s
}

func (s *session) close() {
	s.signals.close()
	if s.progress != nil {
		s.progress.close()
	}
}

// stages returns the whole pipeline: an input if the first command reads one, the
// commands' stages, and what writes to stdout.
func (s *session) stages() ([]stage.Stage, error) {
	var all []stage.Stage
	keys, err := readKeys(s.first.opt.keys)
	if err != nil {
		return nil, err
	}
	s.first.Env.Keys = keys
	if s.first.Wing.Role != Source {
		if len(s.first.Files) == 0 && isTerminal(s.stdin) {
			return nil, &stage.UsageError{
				Msg:  "nothing to read: stdin is a terminal",
				Hint: "give a file, or pipe something in: heka-tail FILE | " + s.first.Wing.Name + " ...",
			}
		}
		all = append(all, stage.Input(s.first.Env, s.first.Files, frame.Options{}))
	}
	limit := int64(0)
	for i, c := range s.commands {
		all = append(all, c.Stages...)
		if _, ok := c.Stages[0].(stage.Acker); ok && i == 0 {
			c.Env.Limit = c.opt.limit // its position is to be where it ended
			continue
		}
		if c.opt.limit > 0 && i < len(s.commands)-1 {
			all = append(all, limiter(c.opt.limit))
		}
		limit = c.opt.limit
	}
	if limit > 0 {
		n := len(all)
		if s.last.Wing.Role == Sink { // in front of what takes them
			n -= len(s.last.Stages)
		}
		all = slices.Insert(all, n, stage.Stage(limiter(limit)))
	}
	if s.last.Wing.Role == Sink {
		return all, nil
	}
	out, err := s.output()
	return append(all, out...), err
}

// run runs the pipeline under the signals.
func (s *session) run(stages []stage.Stage) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.signals.start(cancel)
	e := s.last.Env
	env := &stage.Env{Lanes: e.Lanes, Live: e.Live, Pool: e.Pool, Stop: e.Stop}
	for _, c := range s.commands {
		env.DataTime = env.DataTime || c.Env.DataTime
		env.Lanes = max(env.Lanes, c.Env.Lanes)
	}
	stopWatch := watchReader(s.stdout, cancel)
	defer stopWatch()
	err := stage.Run(ctx, env, stages...)
	if lerr := s.letters.close(); err == nil {
		err = lerr
	}
	return err
}

// status makes the exit status of how the pipeline ended, and says what there is
// to say.
func (s *session) status(err error) int {
	for _, c := range s.commands {
		if n := c.Env.Stats.Damaged.Load(); n > 0 {
			places := "places"
			if n == 1 {
				places = "place"
			}
			c.Env.Log.Warn(fmt.Sprintf("the input was damaged in %d %s: %d bytes belong to no message",
				n, places, c.Env.Stats.Skipped.Load()))
		}
		if c.opt.stats {
			fmt.Fprintln(os.Stderr, c.statsLine(time.Since(s.started)))
		}
	}
	switch {
	case s.signals.timedOut():
		s.unfinished()
		return ExitUnfinished
	case err == nil, errors.Is(err, syscall.EPIPE), errors.Is(err, context.Canceled):
	default:
		return report(s.name, err)
	}
	if s.last.opt.needOut && s.last.Env.Stats.Out.Load() == 0 {
		return ExitNo
	}
	return ExitOK
}

// unfinished says that not all that was read was delivered.
func (s *session) unfinished() {
	s.log.Warn("stopped before all that was read had gone through: run again")
}

// Report says on stderr how the program called name ended, if there is anything to
// say, and returns its exit status.
func Report(name string, err error) int {
	if err == nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, context.Canceled) {
		return ExitOK
	}
	return report(name, err)
}

// report says on stderr how a program failed, and returns its exit status.
func report(name string, err error) int {
	code := exitStatus(err)
	for _, e := range unjoin(err) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, e)
	}
	if code == ExitUsage && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(os.Stderr, "%s --help tells what it takes\n", name)
	}
	return code
}

// unjoin returns the mistakes of a command line one by one; of any other error,
// the error alone.
func unjoin(err error) []error {
	j, ok := err.(interface{ Unwrap() []error })
	if !ok || exitStatus(err) != ExitUsage {
		return []error{err}
	}
	var all []error
	for _, e := range j.Unwrap() {
		all = append(all, unjoin(e)...)
	}
	return all
}

// exitStatus returns the status that an error stands for.
func exitStatus(err error) int {
	var usage *stage.UsageError
	var path *fs.PathError
	var opErr *net.OpError
	var busy *position.BusyError
	var permanent stage.Permanent
	switch {
	case errors.As(err, &usage), errors.Is(err, fs.ErrNotExist):
		return ExitUsage
	case errors.As(err, &busy):
		return ExitUnfinished
	case errors.Is(err, position.ErrNewer), errors.As(err, &permanent):
		return ExitConfig
	case errors.Is(err, stage.ErrBadData):
		return ExitData
	case errors.Is(err, stage.ErrBug):
		return ExitBug
	case errors.As(err, &opErr):
		return ExitUnavailable
	case errors.As(err, &path), errors.Is(err, io.ErrUnexpectedEOF):
		return ExitIO
	}
	return ExitIO
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// useColor says whether to write colour to f.
func useColor(when string, f *os.File) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
