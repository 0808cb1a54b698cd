// Package console shows messages to a person: events as coloured lines, results
// as tables with bars, redrawn in place while data flows.
package console

import (
	"os"

	"heka/lib/stage"
)

// New returns the sink that shows messages on f.
func New(env *stage.Env, f *os.File, color bool) stage.Stage {
	env.Flat = true
	enc, _ := stage.Encode(env, "logfmt")
	return stage.Chain{enc, stage.Output(env, f)}
}
