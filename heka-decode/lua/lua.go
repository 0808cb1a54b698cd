// Package lua is the kind of heka-decode that runs a Lua script as a decoder.
package lua

import (
	_ "embed"
	"errors"

	"github.com/spf13/pflag"

	"heka/lib/sandbox"
	"heka/lib/sandbox/asked"
	"heka/lib/sandbox/transform"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is heka-decode lua.
var Kind = stage.Kind{Name: "lua", Doc: doc, Args: "SCRIPT", NArgs: stage.OneArg, New: declare}

func declare(fs *pflag.FlagSet) stage.Make {
	f := asked.Declare(fs)
	f.DeclareState(fs)
	f.DeclareName(fs)
	lineFeed := fs.Bool("line-feed", false, "payloads end in a line feed, as Heka's did, for grammars that want it")
	inLanes := fs.Bool("stateless", false, "the script remembers nothing: run it on as many cores as there are")
	return func(env *stage.Env, args []string) (stage.Stage, error) {
		if len(args) == 0 {
			return nil, &stage.UsageError{Msg: "lua: which script?", Hint: "as in heka-decode lua my_format.lua"}
		}
		s, c, errs := f.Script(env, sandbox.Decoder, args[0])
		c.LineFeed = *lineFeed
		if *inLanes && (f.State != "" || f.Explain) {
			errs = append(errs, &stage.UsageError{
				Msg: "--stateless makes many sandboxes; --preserve and --explain are of one"})
		}
		if len(errs) > 0 {
			return nil, errors.Join(errs...)
		}
		if *inLanes {
			return transform.Lanes(env, s, c), nil
		}
		return transform.New(env, s, c, f), nil
	}
}
