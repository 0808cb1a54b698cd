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

// Stage returns the stage that takes apart payloads by t. A message whose payload
// does not fit goes on as it was, marked with an error that names the variable
// whose end was not found.
func Stage(env *stage.Env, name string, t *Template, f Flags) stage.Stage {
	typ := []byte(f.Type)
	return stage.Map(env, name, func() stage.Func {
		s := t.NewScanner()
		return func(_ *msg.View, b *msg.Builder) error {
			if err := s.Scan(b.Payload, b); err != nil {
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
