// Package set gives fields and headers values: literals, or those of others.
package set

import (
	_ "embed"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/reps"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb set.
var Kind = stage.Kind{
	Name: "set",
	Doc:  doc,
	Args: "NAME=VALUE...",
	New: func(*pflag.FlagSet) stage.Make {
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			all, err := parse(args)
			if err != nil {
				return nil, err
			}
			return stage.Map(env, "set", func() stage.Func { return newSetter(all).apply }), nil
		}
	},
}

// assignment is NAME=VALUE. It does not change.
type assignment struct {
	header  msg.Header
	name    string // of a field; empty for a header
	key     msg.Key
	value   msg.Value // a literal; invalid if from is meant
	from    match.Var
	srcName []byte // of from, if that is a field
}

// setter assigns within one lane.
type setter struct {
	all     []assignment
	fields  int
	done    []bool
	reps    reps.Reps
	scratch [][]byte // texts that headers are given
}

func newSetter(all []assignment) *setter {
	s := &setter{all: all, done: make([]bool, len(all)), scratch: make([][]byte, len(all))}
	for i := range all {
		if all[i].name != "" {
			s.fields++
		}
	}
	return s
}

// apply is a stage.Func. All values are those that m came with.
func (s *setter) apply(m *msg.View, b *msg.Builder) error {
	for i := range s.all {
		if s.all[i].name == "" {
			s.header(i, m, b)
		}
	}
	if s.fields == 0 {
		return nil
	}
	clear(s.done)
	b.ClearFields()
	s.reps.Read(m)
	for it := m.Fields(); it.Next(); {
		i := s.named(it.Name)
		if i >= 0 && s.done[i] {
			continue // one value replaces all fields of the name
		}
		if i >= 0 && s.put(i, m, b) {
			s.done[i] = true
			continue
		}
		b.Name(it.Name)
		b.Value(it.Value)
		s.reps.Put(b, it.Name)
	}
	for i := range s.all {
		if s.all[i].name != "" && !s.done[i] {
			s.put(i, m, b)
		}
	}
	return nil
}

// named returns the assignment to the field of this name; -1 if there is none.
func (s *setter) named(name []byte) int {
	for i := range s.all {
		if n := s.all[i].name; n != "" && n == string(name) {
			return i
		}
	}
	return -1
}

// put adds the field of assignment i to b; false if it takes a value that m does
// not have.
func (s *setter) put(i int, m *msg.View, b *msg.Builder) bool {
	a := &s.all[i]
	if a.value.Kind() != msg.Invalid {
		b.Key(a.key)
		b.Value(a.value)
		return true
	}
	if h, ok := a.from.Header(); ok {
		b.Key(a.key)
		s.headerValue(i, h, m, b)
		return true
	}
	v, ok := a.from.Value(m)
	if !ok {
		return false
	}
	b.Key(a.key)
	b.Value(v)
	s.reps.Put(b, a.srcName)
	return true
}

// headerValue adds header h as the value of a field: numbers as such, all else as
// text.
func (s *setter) headerValue(i int, h msg.Header, m *msg.View, b *msg.Builder) {
	switch h {
	case msg.Timestamp:
		b.Int(m.Timestamp())
	case msg.Severity:
		b.Int(m.Severity())
	case msg.Pid:
		b.Int(m.Pid())
	default:
		s.scratch[i] = s.all[i].from.AppendText(s.scratch[i][:0], m)
		b.Str(s.scratch[i])
	}
}
