package prog

import (
	"context"
	"io"

	"heka/lib/stage"
)

// limiter is the stage that ends after so many messages: --limit. The batch that it
// cuts is not acknowledged: what a source has to give beyond the limit is for the
// next time.
type limiter int64

// Run implements stage.Stage.
func (l limiter) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for left := int64(l); left > 0; {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if n := int64(b.Len()); n > left && !b.Interim {
			b = b.Cut(b.Off[:left])
		}
		if !b.Interim {
			left -= int64(b.Len())
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}
