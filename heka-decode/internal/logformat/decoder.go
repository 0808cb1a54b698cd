package logformat

import (
	"github.com/spf13/pflag"

	"heka/lib/msg"
	"heka/lib/stage"
)

// Flags are the flags that every kind of decoder made of a template has.
type Flags struct {
	Type            string
	KeepPayload     bool
	Representations bool
}

// Declare declares the flags on fs; typ is the type that messages get by default.
func (f *Flags) Declare(fs *pflag.FlagSet, typ string) {
	fs.StringVar(&f.Type, "type", typ, "the `TYPE` that decoded messages get")
	fs.BoolVar(&f.KeepPayload, "keep-payload", false,
		"keep the line as payload, beside its fields")
	fs.BoolVar(&f.Representations, "representations", false,
		"say with each field what its values are: B, s, ipv4, ipv6")
}

// Stage returns the stage that takes apart payloads by the templates: by the one
// that fitted last, and if that does not fit, by the others. A message whose payload
// fits none goes on as it was, marked with an error that names the variable whose end
// was not found.
func Stage(env *stage.Env, name string, f Flags, templates ...*Template) stage.Stage {
	typ := []byte(f.Type)
	return stage.Map(env, name, func() stage.Func {
		c := newChoice(templates)
		return func(m *msg.View, b *msg.Builder) error {
			if err := c.scan(m, b); err != nil {
				return err
			}
			b.Type = typ
			if !f.KeepPayload {
				b.Payload = nil
			}
			return nil
		}
	})
}

// choice is the scanners of several templates, of which the one that fitted last
// is tried first.
type choice struct {
	scanners []*Scanner
	last     int
}

func newChoice(templates []*Template) *choice {
	c := &choice{}
	for _, t := range templates {
		c.scanners = append(c.scanners, t.NewScanner())
	}
	return c
}

// scan takes the payload of m, of which b is a copy, apart. A payload that fits none
// of the templates gets the error of the first, whichever fitted last. Hot: once a
// message.
func (c *choice) scan(m *msg.View, b *msg.Builder) error {
	err := c.scanners[c.last].Scan(b.Payload, b)
	if err == nil || len(c.scanners) == 1 {
		return err
	}
	var first error
	for i, s := range c.scanners {
		b.Copy(m)
		err := s.Scan(b.Payload, b)
		if err == nil {
			c.last = i
			return nil
		}
		if i == 0 {
			first = err
		}
	}
	return first
}
