// Package inject is heka-inject: messages made by hand, from flags or from the
// lines of stdin.
package inject

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/delivery"
	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/target"
	"heka/lib/when"
)

//go:embed README.md
var doc string

// Kind is heka-inject.
var Kind = stage.Kind{Name: "inject", Doc: doc, New: declare}

type flags struct {
	kind, logger, payload, envVersion string
	severity                          int64
	pid                               int64
	fields, reps                      []string
	timestamp, uuid                   string
	stdin                             bool
	to                                string
	count                             int64
}

func declare(fs *pflag.FlagSet) stage.Make {
	f := &flags{}
	fs.StringVar(&f.kind, "type", "inject.message", "`TYPE` of the message")
	fs.StringVar(&f.logger, "logger", "heka-inject", "`NAME` of where it comes from")
	fs.Int64Var(&f.severity, "severity", msg.DefaultSeverity, "`N` as of syslog: 0 to 7")
	fs.StringVar(&f.payload, "payload", "", "`TEXT` of the message")
	fs.Int64Var(&f.pid, "pid", 0, "`N` of the process")
	fs.StringVar(&f.envVersion, "env-version", "", "`TEXT` of Heka's env_version")
	fs.StringArrayVar(&f.fields, "field", nil,
		"a field, `NAME=VALUE`: a number, true, false, or else text; as often as needed")
	fs.StringArrayVar(&f.reps, "rep", nil, "representation of a field, `NAME=UNIT`, as in size=B")
	fs.StringVar(&f.timestamp, "timestamp", "",
		"`TIME` of the message: RFC 3339, or -10m from now (now)")
	fs.StringVar(&f.uuid, "uuid", "", "`UUID` of the message, instead of a new one")
	fs.BoolVar(&f.stdin, "stdin", false, "a message for each line of stdin, with it as the payload")
	fs.StringVar(&f.to, "to", "",
		"to `TARGET`, not stdout: unix:PATH, tcp:HOST:PORT, '|COMMAND', a file or capture")
	fs.Int64Var(&f.count, "count", 1, "make `N` of them")
	return func(env *stage.Env, args []string) (stage.Stage, error) { return f.make(fs, env, args) }
}

func (f *flags) make(fs *pflag.FlagSet, env *stage.Env, args []string) (stage.Stage, error) {
	var errs []error
	mistake := func(hint, format string, args ...any) {
		errs = append(errs, &stage.UsageError{Msg: fmt.Sprintf(format, args...), Hint: hint})
	}
	if len(args) > 0 {
		mistake("give the text of a message as --payload TEXT", "%q: no words are wanted", args[0])
	}
	if f.severity < 0 || f.severity > 7 {
		mistake("", "--severity %d: want 0 (emergency) to 7 (debug)", f.severity)
	}
	if f.pid < 0 || f.pid > math.MaxInt32 {
		mistake("", "--pid %d: want 0 to %d", f.pid, math.MaxInt32)
	}
	if f.count < 1 {
		mistake("", "--count %d: want 1 or more", f.count)
	}
	if f.stdin && (fs.Changed("payload") || fs.Changed("count") || f.uuid != "") {
		mistake("leave one of them out", "--stdin makes a message a line, with that as its payload; "+
			"--payload, --count and --uuid are for a single one")
	}
	if f.uuid != "" && f.count > 1 {
		mistake("leave one of them out", "--uuid is of one message, --count makes %d", f.count)
	}
	t := &template{flags: f}
	errs = append(errs, t.parse(env)...)
	var to target.Target
	if f.to != "" {
		var err error
		opt := target.Options{Stdout: func() *os.File { return env.Stdout }}
		if to, err = target.Parse(f.to, opt); err != nil {
			mistake("", "--to: %v", err)
		}
		if env.Format != "" && env.Format != "heka" {
			mistake("leave one of them out", "-o %s is of stdout, and --to takes records", env.Format)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return t.stages(env, to), nil
}

// template is what all messages of a run have in common.
type template struct {
	*flags
	setTime bool
	at      int64 // timestamp, with setTime
	id      [16]byte
	typed   []field
	header  msg.Builder // for what its texts are
}

// parse reads the texts of the flags.
func (t *template) parse(env *stage.Env) (errs []error) {
	add := func(err error) {
		if err != nil {
			errs = append(errs, &stage.UsageError{Msg: err.Error()})
		}
	}
	typed, bad := parseFields(t.fields, t.reps)
	for _, err := range bad {
		add(err)
	}
	t.typed = typed
	t.header.Type, t.header.Logger = []byte(t.kind), []byte(t.logger)
	t.header.EnvVersion = []byte(t.envVersion)
	var err error
	if t.timestamp != "" {
		t.setTime = true
		if t.at, err = when.Parse(t.timestamp, time.Now(), env.Location()); err != nil {
			add(fmt.Errorf("--timestamp %w", err))
		}
	}
	if t.uuid != "" {
		var ok bool
		if t.id, ok = msg.ParseUuid([]byte(t.uuid)); !ok {
			add(fmt.Errorf("--uuid %q: want 32 hex digits, as in 01234567-89ab-7def-8123-456789abcdef",
				t.uuid))
		}
	}
	return errs
}

// stages returns what makes the messages, and brings them to a target if there is
// one.
func (t *template) stages(env *stage.Env, to target.Target) stage.Stage {
	var all stage.Chain
	if t.stdin {
		all = stage.Chain{
			stage.Input(env, nil, frame.Options{}),
			stage.Map(env, "inject", func() stage.Func { return t.fill }),
		}
	} else {
		all = stage.Chain{&source{env, t}}
	}
	if to != nil {
		all = append(all, delivery.New(env, to))
	}
	return all
}

// fill gives a line's message what the flags say. It is a stage.Func.
func (t *template) fill(_ *msg.View, b *msg.Builder) error {
	b.Type, b.Logger, b.EnvVersion = t.header.Type, t.header.Logger, t.header.EnvVersion
	b.Severity, b.Pid = t.severity, t.pid
	if t.setTime {
		b.Timestamp = t.at
	}
	for i := range t.typed {
		t.typed[i].put(b)
	}
	return nil
}

// source makes the messages of --count.
type source struct {
	env *stage.Env
	*template
}

func (s *source) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	var b msg.Builder
	for range s.count {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.env.Stop:
			return c.Flush()
		default:
		}
		b.Reset()
		b.Payload, b.Hostname = []byte(s.payload), []byte(s.env.Hostname)
		b.Timestamp = time.Now().UnixNano()
		if err := s.fill(nil, &b); err != nil {
			return err
		}
		if c.NewUuid(&b); s.uuid != "" {
			b.Uuid = s.id
		}
		if err := c.Add(&b); err != nil {
			return err
		}
	}
	return c.Flush()
}
