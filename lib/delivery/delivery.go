// Package delivery is the last stage of programs that may write to a target
// instead of stdout: --to of heka-inject and heka-flood.
package delivery

import (
	"context"
	"errors"
	"io"
	"time"

	"heka/lib/stage"
	"heka/lib/target"
)

// flushEvery is how long a target may hold back what it gathers.
const flushEvery = time.Second

// New returns the sink that writes records and text to t, and closes it at the
// end. A stage may stand behind it, as stdout does in a program: it gets ticks and
// acknowledgements.
func New(env *stage.Env, t target.Target) stage.Stage { return &sink{env: env, t: t} }

type sink struct {
	env  *stage.Env
	t    target.Target
	buf  []byte
	acks Acks
}

// Every implements stage.Ticking. In data time nothing is flushed at ticks: they
// come as fast as the messages do.
func (s *sink) Every() int64 {
	if s.env.DataTime {
		return 0
	}
	return int64(flushEvery)
}

func (s *sink) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	s.acks, out = Acks{Targets: []target.Target{s.t}}, ends{out}
	err := s.run(ctx, in, out)
	if cerr := s.t.Close(ctx); cerr != nil && !errors.Is(cerr, context.Canceled) {
		err = errors.Join(err, cerr)
	}
	if err == nil {
		err = s.acks.Closed(out)
	}
	return err
}

func (s *sink) run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b.Tick != 0 && !b.Live {
			err = s.t.Flush(ctx)
		} else if b.Tick == 0 && !b.Interim {
			err = s.write(ctx, b)
		}
		if err != nil {
			b.Release()
			return err
		}
		if err := s.acks.Pass(ctx, b, out); err != nil {
			return err
		}
	}
}

// ends is the Writer behind the target, past which nothing goes that would be written.
type ends struct{ stage.Writer }

func (w ends) Write(b *stage.Batch) error {
	if b.Gap != nil {
		b = b.OnlyAck()
	}
	return stage.Pass(b, w.Writer)
}

func (s *sink) write(ctx context.Context, b *stage.Batch) error {
	p, ok := b.Bytes()
	if !ok {
		s.buf = b.AppendTo(s.buf[:0])
		p = s.buf
	}
	if len(p) == 0 {
		return nil
	}
	if err := s.t.Write(ctx, p); err != nil {
		return err
	}
	s.env.Stats.Out.Add(int64(len(b.Off)))
	s.env.Stats.OutBytes.Add(int64(len(p)))
	return nil
}
