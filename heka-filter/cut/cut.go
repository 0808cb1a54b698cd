// Package cut keeps some fields of each message, or takes some away.
package cut

import (
	_ "embed"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/reps"
	"heka/heka-filter/internal/words"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb cut.
var Kind = stage.Kind{
	Name: "cut",
	Doc:  doc,
	Args: "VAR...",
	New: func(fs *pflag.FlagSet) stage.Make {
		not := fs.Bool("not", false, "take the variables away, and keep the others")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			c, err := parse(args, *not)
			if err != nil {
				return nil, err
			}
			return stage.Map(env, "cut", func() stage.Func {
				var r reps.Reps
				return func(m *msg.View, b *msg.Builder) error { return c.apply(m, b, &r) }
			}), nil
		}
	},
}

// cut is what to do with each message. It does not change.
type cut struct {
	not    bool
	fields []string
	clear  []msg.Header // to be emptied
}

func parse(args []string, not bool) (*cut, error) {
	w, err := words.Parse("cut", args, 0)
	if err != nil {
		return nil, err
	}
	if len(w.Args) == 0 {
		return nil, w.Missing("a field", "such as cut .status .uri")
	}
	vars, err := w.Vars(w.Args)
	if err != nil {
		return nil, err
	}
	c := &cut{not: not}
	for _, v := range vars {
		if err := c.add(w, v); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *cut) add(w *words.Words, v match.Var) error {
	h, isHeader := v.Header()
	switch {
	case !isHeader && v.String() != "Fields["+v.Name()+"]":
		return w.Mistake(v.String(), "fields are cut as a whole", "did you mean ."+v.Name()+"?")
	case !isHeader:
		c.fields = append(c.fields, v.Name())
	case !c.not:
		return w.Mistake(v.String(), "headers always stay", "name fields, such as .status")
	case h == msg.Uuid || h == msg.Timestamp:
		return w.Mistake(v.String(), "no message is without it", "")
	default:
		c.clear = append(c.clear, h)
	}
	return nil
}

// apply is a stage.Func, with scratch space.
func (c *cut) apply(m *msg.View, b *msg.Builder, r *reps.Reps) error {
	for _, h := range c.clear {
		empty(b, h)
	}
	if c.not && len(c.fields) == 0 {
		return nil
	}
	b.ClearFields()
	r.Read(m)
	for it := m.Fields(); it.Next(); {
		if c.names(it.Name) == c.not {
			continue
		}
		b.Name(it.Name)
		b.Value(it.Value)
		r.Put(b, it.Name)
	}
	return nil
}

func (c *cut) names(name []byte) bool {
	for _, f := range c.fields {
		if f == string(name) {
			return true
		}
	}
	return false
}

func empty(b *msg.Builder, h msg.Header) {
	switch h {
	case msg.Type:
		b.Type = nil
	case msg.Logger:
		b.Logger = nil
	case msg.Severity:
		b.Severity = msg.DefaultSeverity
	case msg.Payload:
		b.Payload = nil
	case msg.EnvVersion:
		b.EnvVersion = nil
	case msg.Pid:
		b.Pid = 0
	case msg.Hostname:
		b.Hostname = nil
	}
}
