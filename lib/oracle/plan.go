package oracle

import (
	"context"
	"time"
)

// Plan says how much is written, how fast, and how often it is rotated.
type Plan struct {
	Lines int64         // stop after so many lines; 0: no number
	For   time.Duration // stop after so long; 0: no time

	Rate  float64 // lines a second; 0: as fast as it goes
	Bytes float64 // bytes a second, if Rate is 0; 0: as fast as it goes

	EveryLines int64         // rotate behind so many lines
	Every      time.Duration // rotate after so long, while lines are written
}

// chunk is how many lines are written by one write if nothing says otherwise, and beat
// how often a writer that is held to a rate writes.
const (
	chunk = 64
	beat  = time.Millisecond
)

// Run writes by w and rotates by r, which may be nil, until the plan is done or ctx.
// Without rates and times, the same plan and seed give the same files.
func (p Plan) Run(ctx context.Context, w *Writer, r *Rotator) error {
	if p.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.For)
		defer cancel()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if r == nil || p.Every <= 0 {
		return p.write(ctx, w, r)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(p.Every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := r.Rotate(); err != nil {
				cancel(err)
			}
		}
	}()
	err := p.write(ctx, w, r)
	cancel(err)
	<-ended
	if cause := context.Cause(ctx); err == nil && cause != context.Canceled &&
		cause != context.DeadlineExceeded {
		err = cause
	}
	return err
}

// write writes until the plan is done, and rotates behind each EveryLines lines.
func (p Plan) write(ctx context.Context, w *Writer, r *Rotator) error {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	began, size := time.Now(), w.Size()
	for written := int64(0); ctx.Err() == nil && (p.Lines == 0 || written < p.Lines); {
		n := p.due(time.Since(began).Seconds(), written, w.Size()-size)
		if n <= 0 {
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
			continue
		}
		if err := w.Write(int(n)); err != nil {
			return err
		}
		written += n
		if r != nil && p.EveryLines > 0 && written%p.EveryLines == 0 {
			if err := r.Rotate(); err != nil {
				return err
			}
		}
	}
	return nil
}

// due returns how many lines are to be written by one write, seconds after the first
// and behind the lines, and bytes, that are written.
func (p Plan) due(seconds float64, written, size int64) int64 {
	n := int64(chunk)
	switch {
	case p.Rate > 0:
		n = min(int64(seconds*p.Rate)-written, 1<<16)
	case p.Bytes > 0 && seconds*p.Bytes < float64(size):
		return 0
	case p.Bytes > 0 && p.Bytes < 1e6:
		n = 1
	}
	if p.Lines > 0 {
		n = min(n, p.Lines-written)
	}
	if p.EveryLines > 0 {
		n = min(n, p.EveryLines-written%p.EveryLines)
	}
	return n
}
