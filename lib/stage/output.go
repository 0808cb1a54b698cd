package stage

import (
	"context"
	"io"
)

// Output returns the sink that writes text, or records end to end, to w: one
// Write a batch. Interim batches are left out.
func Output(env *Env, w io.Writer) Stage { return &output{env: env, w: w} }

type output struct {
	env *Env
	w   io.Writer
	buf []byte
}

func (s *output) Run(ctx context.Context, in Reader, _ Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.write(b); err != nil {
			return err
		}
	}
}

// write writes and releases b.
func (s *output) write(b *Batch) error {
	defer b.Release()
	if b.Tick != 0 || b.Interim {
		return nil
	}
	p, ok := b.Bytes()
	if !ok {
		s.buf = b.AppendTo(s.buf[:0])
		p = s.buf
	}
	if len(p) == 0 {
		return nil
	}
	if !b.Text {
		s.env.Stats.Out.Add(int64(len(b.Off)))
	}
	n, err := s.w.Write(p)
	s.env.Stats.OutBytes.Add(int64(n))
	return err
}
