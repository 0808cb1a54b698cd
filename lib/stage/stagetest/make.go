package stagetest

import (
	"github.com/spf13/pflag"

	"heka/lib/stage"
)

// Make returns the stage of kind k that words ask for, flags and all but those that
// programs share, or the mistake in them.
func Make(k stage.Kind, env *stage.Env, words ...string) (stage.Stage, error) {
	fs := pflag.NewFlagSet(k.Name, pflag.ContinueOnError)
	mk := k.New(fs)
	if err := fs.Parse(words); err != nil {
		return nil, err
	}
	return mk(env, fs.Args())
}
