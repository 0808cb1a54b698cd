// Package json is the kind of heka-decode for lines of JSON: one object a line, and
// Heka's own messages as JSON.
package json

import (
	_ "embed"

	"github.com/spf13/pflag"

	"heka/heka-decode/internal/stamp"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind decodes JSON.
var Kind = stage.Kind{Name: "json", Doc: doc, NArgs: stage.NoArgs, New: declare}

// options are the flags of the kind.
type options struct {
	typ     string
	payload bool
	flatten bool
	sep     string
	time    stamp.Flags
}

func declare(fs *pflag.FlagSet) stage.Make {
	var o options
	fs.StringVar(&o.typ, "type", "json", "the messages' Type is `NAME`")
	fs.BoolVar(&o.payload, "keep-payload", false, "keep the line as the payload")
	fs.BoolVar(&o.flatten, "flatten", false, "make fields a.b of nested objects, not text of JSON")
	fs.StringVar(&o.sep, "separator", ".", "what stands between the names of flattened fields")
	o.time.Declare(fs)
	return func(env *stage.Env, args []string) (stage.Stage, error) {
		if len(args) > 0 {
			return nil, &stage.UsageError{Msg: "json takes no words, only flags"}
		}
		times, err := o.time.Reader(env.Location())
		if err != nil {
			return nil, err
		}
		return stage.Map(env, "json", func() stage.Func {
			d := &decoder{options: o, typ: []byte(o.typ), sep: []byte(o.sep), times: times}
			return d.decode
		}), nil
	}
}
