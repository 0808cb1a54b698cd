package stage

import (
	"context"
	"io"

	"heka/lib/frame"
)

// Output returns the sink that writes records end to end, or text, to w: one
// Write a batch, which is acknowledged then. Gaps become records of their own.
// Interim batches are left out.
func Output(env *Env, w io.Writer) Stage { return &output{env: env, w: w} }

// OutputText is Output for text alone, where records of gaps have no place.
func OutputText(env *Env, w io.Writer) Stage { return &output{env: env, w: w, text: true} }

type output struct {
	env  *Env
	w    io.Writer
	text bool
	buf  []byte
}

func (s *output) Run(ctx context.Context, in Reader, out Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.write(b); err != nil {
			b.Release()
			return err
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// write writes b.
func (s *output) write(b *Batch) error {
	if b.Tick != 0 || b.Interim {
		return nil
	}
	p, ok := b.Bytes()
	switch {
	case b.Gap != nil && !s.text:
		s.buf = frame.AppendGap(s.buf[:0], b.Gap)
		p = s.buf
	case !ok:
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
