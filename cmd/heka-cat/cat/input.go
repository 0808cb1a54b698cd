package cat

import (
	"context"
	"os"

	"golang.org/x/term"

	"heka/lib/stage"
)

// input is the source, unless it would wait for someone to type a capture.
type input struct {
	stage.Stage
	stdin bool
}

func (s *input) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	if s.stdin && term.IsTerminal(int(os.Stdin.Fd())) {
		return &stage.UsageError{
			Msg: "nothing to read: stdin is a terminal", Hint: "name a file, or pipe something in",
		}
	}
	return s.Stage.Run(ctx, in, out)
}
