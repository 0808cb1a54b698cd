package file

import (
	"context"

	"heka/lib/frame"
	"heka/lib/stage"
)

// pass hands b on, which is written as far as it is to be, and with it what all
// files are done with. It takes b over.
func (s *sink) pass(ctx context.Context, b *stage.Batch) error {
	if s.safe() {
		if err := s.acks.Flush(s.out); err != nil {
			b.Release()
			return err
		}
		return s.out.Write(b)
	}
	room := s.acks.Add(b) && !b.Hurry
	b.Release()
	if room {
		return nil
	}
	if err := s.each(func(o *out) error { return o.settle(ctx) }); err != nil {
		return err
	}
	return s.acks.Flush(s.out)
}

// settled hands on what the batches before the one at hand acknowledge, if no file
// has anything of them that is not as durable as --fsync wants.
func (s *sink) settled() error {
	if !s.safe() {
		return nil
	}
	return s.acks.Flush(s.out)
}

// safe reports whether all that was written is as durable as --fsync wants. Files
// that are closed are.
func (s *sink) safe() bool {
	for _, o := range s.open {
		if o.packed != nil && o.packed.Holds() || s.opt.fsync != fsyncNever && o.unsynced {
			return false
		}
	}
	return true
}

// settle makes o as durable as --fsync wants.
func (o *out) settle(ctx context.Context) error {
	if err := o.flush(ctx); err != nil || o.sink.opt.fsync == fsyncNever {
		return err
	}
	return o.sync()
}

func (o *out) sync() error {
	if err := o.file.Sync(); err != nil {
		return err
	}
	o.unsynced = false
	return nil
}

// gap writes g into a capture. Text has no form for it, and where the messages name
// their files it belongs to none.
func (s *sink) gap(ctx context.Context, g *frame.Gap) error {
	if s.header != nil || s.template != nil {
		return nil
	}
	o, err := s.one(ctx)
	if err != nil {
		return err
	}
	return o.unit(ctx, frame.AppendGap(nil, g))
}
