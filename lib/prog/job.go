package prog

import (
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"heka/lib/frame"
	"heka/lib/near"
	"heka/lib/oneliner"
	"heka/lib/stage"
)

// Job is a pipeline that a daemon runs in its own process, worked out, with nothing
// opened. It is run once: for another run the line is worked out again.
type Job struct {
	Line  string
	Steps []Step

	wings []Wing
}

// Step is a command of a Job: one of ours, or another.
type Step struct {
	Command *Command // nil: not one of ours
	Argv    []string // program and words of that; the whole line, if it needs a shell
	Shell   bool
	Col     int // where it stands in the line, from 1
}

// JobError is a mistake in the line of a Job.
type JobError struct {
	Col  int // of the command, from 1
	Msg  string
	Hint string // what to do; may be empty
}

func (e *JobError) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + "; " + e.Hint
}

// Extra returns further words for one of our commands, flags that the line leaves to the
// daemon, and the kind that they are for; an empty kind if the command names none.
type Extra func(c *Command) (kind string, words []string)

// NewJob works out the pipeline that line has. more may be nil. reads says that
// messages come to the pipeline, writes that they are taken from it. All mistakes are
// returned at once, joined, each a *JobError. A line that needs a shell is one step.
func NewJob(wings []Wing, line string, reads bool, more Extra) (*Job, error) {
	j := &Job{Line: line, wings: wings}
	calls, err := oneliner.Parse(line)
	var le *oneliner.Error
	if errors.As(err, &le) && le.Shell {
		j.Steps = []Step{{Argv: []string{line}, Shell: true, Col: 1}}
		return j, nil
	}
	if le != nil {
		return nil, &JobError{Col: le.Col, Msg: le.Msg}
	}
	var errs []error
	for i, call := range calls {
		s, err := j.step(call, more)
		if err == nil {
			err = s.fits(i, len(calls), call, reads)
		}
		for _, e := range unjoin(err) {
			var u *stage.UsageError
			var je *JobError
			switch {
			case e == nil:
			case errors.As(e, &je):
				errs = append(errs, je)
			case errors.As(e, &u):
				name := filepath.Base(call.Words[0])
				errs = append(errs, &JobError{Col: call.Col, Msg: name + ": " + u.Msg, Hint: u.Hint})
			default:
				errs = append(errs, &JobError{Col: call.Col, Msg: e.Error()})
			}
		}
		j.Steps = append(j.Steps, s)
	}
	return j, errors.Join(errs...)
}

// step works out one command.
func (j *Job) step(call oneliner.Command, more Extra) (Step, error) {
	s := Step{Col: call.Col}
	words := call.Words
	name := filepath.Base(words[0])
	if name == "heka" && len(words) > 1 {
		name, words = "heka-"+words[1], words[1:]
	}
	var names []string
	for _, w := range j.wings {
		if names = append(names, w.Name); w.Name == name {
			return s, s.ours(w, words[1:], more)
		}
	}
	s.Argv = call.Words
	if strings.HasPrefix(name, "heka-") {
		return s, j.unknown(call, name, names)
	}
	if _, err := exec.LookPath(call.Words[0]); err != nil {
		return s, j.unknown(call, name, names)
	}
	return s, nil
}

func (j *Job) unknown(call oneliner.Command, name string, names []string) error {
	e := &JobError{Col: call.Col, Msg: "no program " + call.Words[0], Hint: "it is none of ours, and not in PATH"}
	if n := near.Word(name, names); n != "" {
		e.Hint = "did you mean " + n + "?"
	}
	return e
}

// ours works out a command of wing w.
func (s *Step) ours(w Wing, words []string, more Extra) error {
	c, err := w.parse(&Command{bare: true}, words, io.Discard)
	if err == nil && c != nil && more != nil {
		if kind, extra := more(c); len(extra) > 0 {
			words = slices.Insert(slices.Clone(words), slices.Index(words, kind)+1, extra...)
			c, err = w.parse(&Command{bare: true}, words, io.Discard)
		}
	}
	if err != nil {
		return err
	}
	if c == nil {
		return &stage.UsageError{Msg: "--help stands in a pipeline", Hint: "give it alone"}
	}
	s.Command = c
	return nil
}

// Unset reports whether a kind of c has this flag, and the command line left it alone.
func (c *Command) Unset(flag string) bool {
	for _, fs := range c.flags {
		if f := fs.Lookup(flag); f != nil && !f.Changed {
			return true
		}
	}
	return false
}

// Keeps reports whether --state of a kind of c is this folder.
func (c *Command) Keeps(dir string) bool {
	for _, fs := range c.flags {
		if f := fs.Lookup("state"); f != nil && f.Value.String() == dir {
			return true
		}
	}
	return false
}

// Kinds returns the names of the kinds that c runs.
func (c *Command) Kinds() []string {
	names := make([]string, len(c.kinds))
	for i, k := range c.kinds {
		names[i] = k.Name
	}
	return names
}

// fits reports whether a command can stand where it stands in a node.
func (s *Step) fits(i, n int, call oneliner.Command, reads bool) error {
	c := s.Command
	mistake, hint := "", ""
	switch {
	case call.In != "":
		mistake, hint = "< reads a file", "name the file as an argument"
	case call.Out != "":
		mistake, hint = "> writes to a file", "let heka-out write it: heka-out "+call.Out
	case c == nil:
	case c.Wing.Role == Source && i > 0:
		mistake = "reads no messages: it can only come first"
	case c.Wing.Role == Source && reads:
		mistake, hint = "makes messages of its own, and the node is offered others'",
			"take match and from away, or this command"
	case c.Wing.Role != Source && i == 0 && !reads && len(c.Files) == 0:
		mistake, hint = "nothing to read",
			"give the node a match (match = \"TRUE\"), or a source: heka-tail FILE | ..."
	case len(c.Files) > 0 && (i > 0 || reads):
		mistake = "reads a file: it can only come first, in a node without match"
	case c.Wing.Role == Sink && i < n-1:
		mistake = "passes nothing on: it can only come last"
	case c.Wing.Role != Sink && c.opt.format != "" && c.opt.format != "heka":
		mistake, hint = "has -o "+c.opt.format+", and messages go on from here", "leave -o out, or give it to heka-out"
	}
	if mistake == "" {
		return nil
	}
	name := filepath.Base(call.Words[0])
	return &JobError{Col: call.Col, Msg: name + ": " + mistake, Hint: hint}
}

// Ends reports whether the pipeline takes its messages to the world: nothing of it
// goes on to others.
func (j *Job) Ends() bool {
	c := j.Steps[len(j.Steps)-1].Command
	return c != nil && c.Wing.Role == Sink
}

// Check opens the files that the stages of our commands need, as far as these can be checked
// beforehand, and closes them: keys, and those of a stage.Checking. All that is wrong is
// returned, joined, each a *JobError.
func (j *Job) Check() error {
	var errs []error
	for i, s := range j.Steps {
		if s.Command == nil {
			continue
		}
		add := func(err error) {
			if err != nil {
				errs = append(errs, &JobError{Col: s.Col, Msg: s.Command.Wing.Name + ": " + err.Error()})
			}
		}
		if i == 0 {
			_, err := readKeys(s.Command.opt.keys)
			add(err)
		}
		for _, st := range s.Command.Stages {
			if c, ok := st.(stage.Checking); ok {
				add(c.Check())
			}
		}
	}
	return errors.Join(errs...)
}

// Envs returns what surrounds the stages of our commands, in their order.
func (j *Job) Envs() []*stage.Env {
	var all []*stage.Env
	for _, s := range j.Steps {
		if s.Command != nil {
			all = append(all, s.Command.Env)
		}
	}
	return all
}

// Setup gives the stages of our commands what is around them: log, pool, stop, stdin,
// stdout, listen and fail of like, and what the command line says itself.
func (j *Job) Setup(like *stage.Env) {
	for _, s := range j.Steps {
		c := s.Command
		if c == nil {
			continue
		}
		e := c.Env
		e.Log, e.Pool, e.Stop, e.Stdin, e.Stdout = like.Log, like.Pool, like.Stop, like.Stdin, like.Stdout
		e.Listen = like.Listen
		if c.opt.hostname == "" && like.Hostname != "" {
			e.Hostname = like.Hostname
		}
		if e.Fail = newDeadLetters().to(c.opt.fail); e.Fail == nil && c.Wing.Role == Sink {
			e.Fail = like.Fail
		}
	}
}

// Stages returns the stages of the pipeline. Those of commands that are not ours come
// from foreign.
func (j *Job) Stages(foreign func(s Step) stage.Stage) ([]stage.Stage, error) {
	var all []stage.Stage
	for i, s := range j.Steps {
		c := s.Command
		if c == nil {
			all = append(all, foreign(s))
			continue
		}
		if i == 0 {
			var err error
			if c.Env.Keys, err = readKeys(c.opt.keys); err != nil {
				return nil, err
			}
		}
		if i == 0 && len(c.Files) > 0 {
			all = append(all, stage.Input(c.Env, c.Files, frame.Options{}))
		}
		stages := slices.Clone(c.Stages)
		if c.opt.limit > 0 {
			_, acker := c.Stages[0].(stage.Acker)
			switch {
			case acker && i == 0:
				c.Env.Limit = c.opt.limit
			case c.Wing.Role == Sink:
				stages = slices.Insert(stages, 0, stage.Stage(limiter(c.opt.limit)))
			default:
				stages = append(stages, limiter(c.opt.limit))
			}
		}
		all = append(all, stages...)
	}
	return all, nil
}

// RunEnv returns the Env that stage.Run gets for the whole pipeline.
func (j *Job) RunEnv(like *stage.Env) *stage.Env {
	env := &stage.Env{Name: like.Name, Log: like.Log, Lanes: like.Lanes, Pool: like.Pool, Stop: like.Stop}
	for _, e := range j.Envs() {
		env.DataTime = env.DataTime || e.DataTime
		env.Lanes = max(env.Lanes, e.Lanes)
	}
	return env
}

// ExitStatus returns the exit status that an error stands for; 0 for none.
func ExitStatus(err error) int {
	if err == nil {
		return ExitOK
	}
	return exitStatus(err)
}
