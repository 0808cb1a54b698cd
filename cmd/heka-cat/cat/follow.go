package cat

import (
	"context"
	"fmt"
	"io"
	"time"

	"heka/lib/frame"
	"heka/lib/stage"
)

// follow reads a capture and what is appended to it. It calls the conditions
// itself, so that it knows which messages were the last when it comes to the end
// for the first time.
type follow struct {
	env   *stage.Env
	name  string
	opt   frame.Options
	conds []stage.Parallel
	last  int // with -n: show so many of those that stand there already

	lanes []stage.Lane
	ring  *ring // until the end was reached for the first time
}

func (f *follow) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	g, err := openGrowing(ctx, f.name, f.env.Stop)
	if err != nil {
		return err
	}
	defer g.Close()
	for _, c := range f.conds {
		f.lanes = append(f.lanes, c.NewLane())
	}
	if f.last > 0 {
		f.ring = &ring{n: f.last}
	}
	g.atEnd = func() error { return f.flush(out) }
	opt := f.opt
	opt.MaxRecord = f.env.MaxRecord
	opt.Now = func() int64 { return time.Now().UnixNano() }
	opt.Envelope.Reset()
	opt.Envelope.Logger, opt.Envelope.Hostname = []byte(f.name), []byte(f.env.Hostname)
	var gapErr error
	opt.Gap = func(gap frame.Gap) {
		if gapErr == nil && f.ring == nil {
			gapErr = out.Write(f.env.Pool.Gap(&gap))
		}
	}
	r := frame.NewReader(g, opt)
	defer f.report(r)
	for {
		b := f.env.Pool.Get()
		b.Buf, b.Off, err = r.Read(b.Buf, b.Off)
		if gapErr != nil {
			b.Release()
			return gapErr
		}
		f.env.Stats.In.Add(int64(len(b.Off)))
		f.env.Stats.InBytes.Add(int64(len(b.Buf)))
		if err := f.pass(b, out); err != nil {
			return err
		}
		if err == io.EOF {
			if err := f.flush(out); err != nil {
				return err
			}
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", f.name, err)
		}
	}
}

// pass hands b on, as far as the conditions let it.
func (f *follow) pass(b *stage.Batch, out stage.Writer) error {
	var err error
	for _, l := range f.lanes {
		if b, err = l.Do(b); err != nil {
			return err
		}
	}
	if b.Len() == 0 {
		b.Release()
		return nil
	}
	if f.ring != nil {
		f.ring.add(b)
		b.Release()
		return nil
	}
	return out.Write(b)
}

func (f *follow) flush(out stage.Writer) error {
	if f.ring == nil {
		return nil
	}
	r := f.ring
	f.ring = nil
	return r.flush(f.env, out)
}

// report counts what of the capture was no good.
func (f *follow) report(r *frame.Reader) {
	f.env.Stats.Damaged.Add(r.Stats.Damaged)
	f.env.Stats.Skipped.Add(r.Stats.Skipped)
}
