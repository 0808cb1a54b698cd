// Package lua is the verb that runs a Lua script as a filter.
package lua

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/window"
	"heka/lib/msg"
	"heka/lib/sandbox"
	"heka/lib/sandbox/asked"
	"heka/lib/stage"
	"heka/lib/wall"
)

//go:embed README.md
var doc string

// Kind is the verb lua.
var Kind = stage.Kind{Name: "lua", Doc: doc, Args: "SCRIPT", New: declare}

// flags are those of this verb alone.
type flags struct {
	*asked.Flags
	every     time.Duration
	saveEvery time.Duration
	perCall   int
	perTimer  int
	atEnd     bool
}

func declare(fs *pflag.FlagSet) stage.Make {
	f := &flags{}
	fs.DurationVar(&f.every, "every", 0, "call timer_event at each multiple of a `DURATION`, as in 10s")
	fs.Lookup("every").DefValue = ""
	f.Flags = asked.Declare(fs)
	f.DeclareState(fs)
	f.DeclareName(fs)
	fs.DurationVar(&f.saveEvery, "save-every", 10*time.Second, "how often --preserve saves: a `DURATION`")
	fs.IntVar(&f.perCall, "max-process-inject", sandbox.DefaultProcessInject,
		"messages that one process_message may inject: `N`; 0: any")
	fs.IntVar(&f.perTimer, "max-timer-inject", sandbox.DefaultTimerInject,
		"messages that one timer_event may inject: `N`; 0: any")
	fs.BoolVar(&f.atEnd, "timer-at-end", true, "call timer_event once more at the end of the input")
	return f.make
}

func (f *flags) make(env *stage.Env, args []string) (stage.Stage, error) {
	if len(args) != 1 {
		return nil, &stage.UsageError{
			Msg: fmt.Sprintf("lua: want one script, got %d words", len(args)), Hint: "as in heka-filter lua http_status"}
	}
	s, c, errs := f.Script(env, sandbox.Filter, args[0])
	c.MaxProcessInject, c.MaxTimerInject = f.perCall, f.perTimer
	mistake := func(bad bool, format string, a ...any) {
		if bad {
			errs = append(errs, &stage.UsageError{Msg: fmt.Sprintf(format, a...)})
		}
	}
	mistake(f.every < 0, "--every %v: want a duration like 10s", f.every)
	mistake(f.saveEvery < time.Second, "--save-every %v: want 1s or more", f.saveEvery)
	mistake(f.perCall < 0, "--max-process-inject %d: want a number from 0", f.perCall)
	mistake(f.perTimer < 0, "--max-timer-inject %d: want a number from 0", f.perTimer)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &filter{
		env: env, script: s, config: c, state: f.State, explain: f.Explain, atEnd: f.atEnd,
		every: int64(f.every), saveEvery: int64(f.saveEvery),
	}, nil
}

// filter is the stage. Its fields from box on belong to Run.
type filter struct {
	env              *stage.Env
	script           *sandbox.Script
	config           sandbox.Config
	state            string // the file of --preserve; empty: none
	explain, atEnd   bool
	every, saveEvery int64

	box     *sandbox.Sandbox
	out     *stage.Collector
	kept    *sandbox.Kept // nil: the state is not kept
	acks    stage.Acks    // of what the state on disk does not have yet
	timer   window.Boundary
	saver   window.Boundary
	view    msg.View
	largest int64 // timestamp
	tick    int64 // the last
	fresh   bool  // messages came since timer_event was called last
}

// Every implements stage.Ticking.
func (f *filter) Every() int64 {
	if f.state == "" {
		return f.every
	}
	if f.every == 0 {
		return f.saveEvery
	}
	return gcd(f.every, f.saveEvery)
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Wall implements wall.Walled: a script has its modules, its state, and nothing else.
func (f *filter) Wall() wall.Wall {
	w := wall.Wall{Memory: wall.Room(f.config.Limits.Memory), Read: f.config.Dirs}
	if f.script.Path != "" {
		w.Read = append(w.Read, f.script.Path)
	}
	if f.state != "" {
		w.Write = append(w.Write, f.state)
	}
	return w
}

// Run implements stage.Stage.
func (f *filter) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	f.out = stage.NewCollector(f.env, out)
	f.timer, f.saver = window.NewBoundary(f.every), window.NewBoundary(f.saveEvery)
	if err := f.open(); err != nil {
		return err
	}
	defer f.close()
	err := f.loop(in, out)
	if f.explain {
		f.box.WriteProfile(os.Stderr)
		if f.kept != nil {
			fmt.Fprintf(os.Stderr, "  %d messages were in the state already, and not counted again\n", f.kept.Skipped())
		}
	}
	var broken *sandbox.Error
	if errors.As(err, &broken) {
		return f.terminated(broken)
	}
	return err
}

// open makes the sandbox, with the state that was kept.
func (f *filter) open() (err error) {
	c := f.config
	c.Inject = f.inject
	if f.state != "" {
		if f.kept, err = sandbox.OpenKept(f.state); err != nil {
			return err
		}
		c.State = f.kept.State()
	}
	f.box, err = f.script.New(c)
	if err == nil && f.every > 0 && !f.box.HasTimer() {
		err = &sandbox.Error{Text: f.script.Name + ": --every needs a function timer_event, and there is none"}
	}
	if err != nil {
		f.close()
		return stage.Permanent{Err: err}
	}
	if f.kept != nil && len(c.State) > 0 && !f.box.Restored() {
		f.env.Logger().Info("state of another _PRESERVATION_VERSION: starting anew", "file", f.state)
		f.kept.Discard()
	}
	return nil
}

func (f *filter) close() {
	if f.box != nil {
		f.box.Close()
	}
	if f.kept != nil {
		f.kept.Close()
	}
}

func (f *filter) loop(in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return f.end(out)
		}
		if err != nil {
			return err
		}
		if err := f.take(b, out); err != nil {
			return err
		}
	}
}

// take deals with one batch.
func (f *filter) take(b *stage.Batch, out stage.Writer) error {
	switch {
	case b.Tick != 0:
		err := f.ticked(b, out)
		if err == nil {
			return out.Write(b)
		}
		b.Release()
		return err
	case b.Interim:
		return stage.Pass(b, out)
	}
	if b.Control() {
		if b.Hurry && f.kept != nil {
			if err := f.save(out); err != nil {
				b.Release()
				return err
			}
		}
		return out.Write(b)
	}
	defer b.Release()
	f.out.Follow(b)
	err := f.messages(b)
	if err == nil && f.kept == nil {
		err = f.out.Acknowledge(b.Ack) // with what the script made of it
	}
	if ferr := f.out.Flush(); err == nil {
		err = ferr
	}
	if err != nil || f.kept == nil {
		return err
	}
	if !f.acks.Add(b) {
		return f.save(out)
	}
	return nil
}

// messages calls process_message for each message of b. It is the hot path.
func (f *filter) messages(b *stage.Batch) error {
	for i := range b.Off {
		b.View(i, &f.view)
		if f.kept != nil && !f.kept.New(f.view.Uuid()) {
			continue
		}
		f.largest = max(f.largest, f.view.Timestamp())
		r, err := f.box.Process(&f.view)
		if err != nil {
			return err
		}
		if r.Code < 0 {
			f.env.Stats.Bad.Add(1)
			if f.env.Strict {
				return fmt.Errorf("%w: %s: %s", stage.ErrBadData, f.script.Name, r)
			}
		}
	}
	f.fresh = f.fresh || len(b.Off) > 0
	return nil
}

// ticked calls timer_event and saves the state when it is time for that.
func (f *filter) ticked(b *stage.Batch, out stage.Writer) error {
	if b.Live {
		return nil
	}
	f.tick = b.Tick
	if f.timer.Passed(b.Tick) {
		if err := f.event(b.Tick, false); err != nil {
			return err
		}
	}
	if f.kept != nil && f.saver.Passed(b.Tick) {
		return f.save(out)
	}
	return nil
}

func (f *filter) event(ns int64, last bool) error {
	f.fresh = false
	if err := f.box.Timer(ns, last); err != nil {
		return err
	}
	return f.out.Flush()
}

// save writes the state, and lets go of the acknowledgements that it covers.
func (f *filter) save(out stage.Writer) error {
	if err := f.kept.Save(f.box); err != nil {
		return err
	}
	return f.acks.Flush(out)
}

// end calls timer_event for what came behind the last tick, and saves the state.
func (f *filter) end(out stage.Writer) error {
	if f.atEnd && f.box.HasTimer() && (f.fresh || f.tick == 0) {
		if err := f.event(max(f.largest, f.tick), true); err != nil {
			return err
		}
	}
	if f.kept == nil {
		return nil
	}
	return f.save(out)
}

// inject takes a message of the script.
func (f *filter) inject(b *msg.Builder) error {
	if b.Uuid == ([16]byte{}) {
		f.out.NewUuid(b)
	}
	return f.out.Add(b)
}

// terminated says in the stream that the script has ended, and why.
func (f *filter) terminated(why *sandbox.Error) error {
	b := msg.Builder{
		Timestamp: max(f.largest, f.tick), Type: []byte("heka.sandbox-terminated"), Logger: []byte("hekad"),
		Severity: msg.DefaultSeverity, Hostname: []byte(f.config.Hostname), Payload: []byte(why.Error()),
	}
	b.Name([]byte("plugin"))
	b.String(f.config.Name)
	f.out.NewUuid(&b)
	err := f.out.Add(&b)
	if err == nil {
		err = f.out.Flush()
	}
	return errors.Join(stage.Permanent{Err: why}, err)
}
