// Package bad deals with messages that a filter which makes new messages can't take in, as
// stage.Map does with those of a decoder: they are counted, and marked with the error they
// go on, or to the dead letters, or end a strict pipeline.
package bad

import (
	"fmt"

	"heka/lib/msg"
	"heka/lib/stage"
)

// Message deals with v, which verb could not take in because of err. Where it is to go on
// it is added to c. What it returns ends the pipeline.
func Message(env *stage.Env, c *stage.Collector, verb string, v *msg.View, err error) error {
	env.Stats.Bad.Add(1)
	if env.Strict {
		return fmt.Errorf("%w: %s: %w", stage.ErrBadData, verb, err)
	}
	var b msg.Builder
	b.Copy(v)
	stage.Mark(&b, verb, err)
	if env.Fail != nil {
		return env.Fail(b.Append(nil))
	}
	return c.Add(&b)
}
