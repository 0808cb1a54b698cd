// Package capture makes messages of what the groups of a regular expression match.
// Declare [Flags], then ask them for the stage of an [Expr].
package capture

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-decode/internal/level"
	"heka/heka-decode/internal/stamp"
	"heka/lib/msg"
	"heka/lib/stage"
)

// ErrNoMatch is the error for a line in which the expression finds nothing.
var ErrNoMatch = errors.New("the pattern does not match")

// Group is what a group of an expression is for.
type Group struct {
	Name string   // of the field, or of an element of the envelope
	Kind msg.Kind // String, Int, Float or Bool; Invalid leaves it to --types
}

// Expr is an expression whose groups have names.
type Expr struct {
	re      *regexp.Regexp
	prog    *program
	literal []byte  // stands in each text that matches
	Groups  []Group // by the number of the group; without a name, it is for nothing
}

// Flags are the flags of kinds that match expressions.
type Flags struct {
	typ     string
	payload bool
	types   string
	ints    []string
	floats  []string
	time    stamp.Flags
}

// Declare declares the flags on fs: the messages' Type is typ, and types what
// --types is, unless they say otherwise.
func (f *Flags) Declare(fs *pflag.FlagSet, typ, types string) {
	fs.StringVar(&f.typ, "type", typ, "the messages' Type is `NAME`")
	fs.BoolVar(&f.payload, "keep-payload", false, "keep the line as the payload")
	fs.StringVar(&f.types, "types", types,
		"`HOW` values are typed: auto (what looks like a number is one) or string")
	fs.StringSliceVar(&f.ints, "int", nil, "the groups `NAME,...` are integers, or - for none")
	fs.StringSliceVar(&f.floats, "float", nil, "the groups `NAME,...` are floats, or - for none")
	f.time.DeclareFormat(fs)
}

// Stage returns the stage that decodes with e, in the name of a kind. Errors are of
// type *stage.UsageError.
func (f *Flags) Stage(env *stage.Env, name string, e *Expr) (stage.Stage, error) {
	if f.types != "auto" && f.types != "string" {
		return nil, &stage.UsageError{
			Msg: fmt.Sprintf("--types %q", f.types), Hint: "it is auto or string",
		}
	}
	times, err := f.time.Reader(env.Location())
	if err != nil {
		return nil, err
	}
	groups, err := f.groups(e)
	if err != nil {
		return nil, err
	}
	return stage.Map(env, name, func() stage.Func {
		d := &decoder{
			expr: e, matcher: e.matcher(), groups: groups, times: times, typ: []byte(f.typ),
			payload: f.payload,
		}
		return d.decode
	}), nil
}

// groups returns what the groups of e that have names are for.
func (f *Flags) groups(e *Expr) ([]group, error) {
	var all []group
	for i, g := range e.Groups {
		if g.Name == "" {
			continue
		}
		kind := g.Kind
		if kind == msg.Invalid && f.types == "string" {
			kind = msg.String
		}
		all = append(all, group{
			at: 2 * i, kind: kind, key: msg.NewKey(g.Name), role: roleOf(g.Name),
			err: fmt.Errorf("what %s matched is no %s", g.Name, kind),
		})
	}
	if err := f.retype(all, "--int", f.ints, msg.Int); err != nil {
		return nil, err
	}
	return all, f.retype(all, "--float", f.floats, msg.Float)
}

// retype gives the groups of these names another kind.
func (f *Flags) retype(all []group, flag string, names []string, kind msg.Kind) error {
	for _, name := range names {
		found := false
		for i := range all {
			if string(all[i].key.Name()) == name {
				all[i].kind, found = kind, true
				all[i].err = fmt.Errorf("what %s matched is no %s", name, kind)
			}
		}
		if !found {
			return &stage.UsageError{
				Msg:  fmt.Sprintf("%s %s: the pattern has no group of this name", flag, name),
				Hint: "its groups are " + strings.Join(namesOf(all), ", "),
			}
		}
	}
	return nil
}

func namesOf(all []group) []string {
	var names []string
	for _, g := range all {
		if name := string(g.key.Name()); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// group is what a group with a name is for.
type group struct {
	at   int // where its bounds stand
	kind msg.Kind
	key  msg.Key
	role role
	err  error // for a text that is not of the kind
}

// role is what a group sets besides or in place of a field.
type role uint8

const (
	field       role = iota
	someTime         // the time, or a field if it tells none
	theTime          // the time
	someLevel        // a field, and the severity if it is a word for one
	theSeverity      // the severity, a word or a number
	hostname
	typ
	logger
	envVersion
	pid
	payload
)

func roleOf(name string) role {
	switch name {
	case "Timestamp":
		return theTime
	case "time", "timestamp", "@timestamp", "ts":
		return someTime
	case "Severity":
		return theSeverity
	case "Hostname":
		return hostname
	case "Type":
		return typ
	case "Logger":
		return logger
	case "EnvVersion":
		return envVersion
	case "Pid":
		return pid
	case "Payload":
		return payload
	}
	if level.IsField([]byte(name)) {
		return someLevel
	}
	return field
}

// matcher returns a matcher of e.
func (e *Expr) matcher() *matcher {
	m := &matcher{re: e.re, prog: e.prog, limit: maxVisited}
	if e.prog != nil {
		m.bounds = make([]int, e.prog.caps)
	}
	return m
}

// quick reports whether line has in it what each text that matches has.
func (e *Expr) quick(line []byte) bool {
	return len(e.literal) == 0 || bytes.Contains(line, e.literal)
}
