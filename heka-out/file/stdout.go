package file

import (
	"context"
	"os"

	"heka/lib/console"
	"heka/lib/stage"
)

// standardOutput returns the stages of DEST "-": records as they are, or text
// that lanes render.
func standardOutput(env *stage.Env) (stage.Stage, error) {
	switch env.Format {
	case "", "table":
		return &person{env}, nil
	case formatHeka:
		return stage.Output(env, stdout{env}), nil
	}
	enc, err := stage.Encode(env, env.Format)
	if err != nil {
		return nil, err
	}
	return stage.Chain{enc, stage.OutputText(env, stdout{env})}, nil
}

// stdout writes to the standard output of env, which is known only when the
// pipeline runs.
type stdout struct{ env *stage.Env }

func (s stdout) Write(p []byte) (int, error) { return s.env.Stdout.Write(p) }

// person is the sink that shows messages if a terminal looks on, or a table is
// asked for, and else writes records.
type person struct{ env *stage.Env }

func (s *person) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	if s.env.Live || s.env.Format == "table" {
		color := s.env.Live && os.Getenv("NO_COLOR") == ""
		return console.New(s.env, s.env.Stdout, color).Run(ctx, in, out)
	}
	return stage.Output(s.env, s.env.Stdout).Run(ctx, in, out)
}
