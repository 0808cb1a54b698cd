// Package logfmt is the kind of heka-decode for lines of key=value pairs.
package logfmt

import (
	_ "embed"

	"github.com/spf13/pflag"

	"heka/heka-decode/internal/stamp"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind decodes logfmt.
var Kind = stage.Kind{Name: "logfmt", Doc: doc, NArgs: stage.NoArgs, New: declare}

// options are the flags of the kind.
type options struct {
	typ     string
	payload bool
	strings bool
	time    stamp.Flags
}

func declare(fs *pflag.FlagSet) stage.Make {
	var o options
	fs.StringVar(&o.typ, "type", "logfmt", "the messages' Type is `NAME`")
	fs.BoolVar(&o.payload, "keep-payload", false, "keep the line as the payload")
	fs.BoolVar(&o.strings, "strings", false, "keep numbers, true and false as strings")
	o.time.Declare(fs)
	return func(env *stage.Env, args []string) (stage.Stage, error) {
		if len(args) > 0 {
			return nil, &stage.UsageError{Msg: "logfmt takes no words, only flags"}
		}
		times, err := o.time.Reader(env.Location())
		if err != nil {
			return nil, err
		}
		return stage.Map(env, "logfmt", func() stage.Func {
			d := &decoder{options: o, typ: []byte(o.typ), times: times}
			return d.decode
		}), nil
	}
}
