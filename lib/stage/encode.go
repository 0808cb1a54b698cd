package stage

import (
	"context"

	"heka/lib/encode"
)

// Encode returns the stage that renders messages as text in a format of
// lib/encode, with what env says of flat, columns, template and zone. It runs in
// lanes, except for formats whose output depends on the order of the messages.
func Encode(env *Env, format string) (Stage, error) {
	newEncoder, err := encode.New(format, encode.Options{
		Flat: env.Flat, Columns: env.Columns, Template: env.Template, Location: env.Location(),
	})
	if err != nil {
		return nil, &UsageError{Msg: "-o " + format + ": " + err.Error()}
	}
	st := Render(env, func() Appender { return newEncoder() })
	if encode.Ordered(format) {
		return inOrder{st}, nil
	}
	return st, nil
}

// inOrder runs a Parallel stage in one lane.
type inOrder struct{ p Parallel }

func (s inOrder) Run(ctx context.Context, in Reader, out Writer) error {
	return runLane(ctx, s.p.NewLane(), in, out)
}
