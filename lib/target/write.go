package target

import (
	"context"
	"io"
	"time"
)

// past is a deadline that is over.
var past = time.Unix(1, 0)

// waiter is what a write to may have to wait for: a pipe, a connection.
type waiter interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}

// writeCtx writes p to w. When ctx ends it returns ctx.Err() at once; w is of no
// use then.
func writeCtx(ctx context.Context, w waiter, p []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { w.SetWriteDeadline(past) })
	_, err := w.Write(p)
	stop()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
