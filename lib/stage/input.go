package stage

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// Input returns the source that reads records, Heka's framing or lines of text
// from files, one after another, or from env.Stdin if there are none. A file that
// can't be read is an error at once unless others can be; it is logged then. The
// context and env.Stop end it.
//
// It reads in one goroutine, and checks what it read in lanes.
func Input(env *Env, files []string, opt frame.Options) Stage {
	opt.Unchecked = true
	return Chain{
		&input{env: env, files: files, opt: opt},
		NewParallel(func() Lane { return checkLane{env} }),
	}
}

type input struct {
	env   *Env
	files []string
	opt   frame.Options
}

func (s *input) Run(ctx context.Context, _ Reader, out Writer) error {
	if len(s.files) == 0 {
		return s.read(ctx, s.env.stdin(), "stdin", out)
	}
	failed := 0
	var first error
	for _, name := range s.files {
		err := s.readFile(ctx, name, out)
		if pe, ok := err.(*os.PathError); ok {
			if failed++; first == nil {
				first = pe
			}
			if failed < len(s.files) {
				s.env.Logger().Error(pe.Error())
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	if failed == len(s.files) {
		return first
	}
	return nil
}

func (s *input) readFile(ctx context.Context, name string, out Writer) error {
	if name == "-" {
		return s.read(ctx, s.env.stdin(), "stdin", out)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return s.read(ctx, f, name, out)
}

// read writes all batches of f.
func (s *input) read(ctx context.Context, f *os.File, name string, out Writer) error {
	fr, err := newFileReader(ctx, f, s.env.Stop)
	if err != nil {
		return &os.PathError{Op: "read", Path: name, Err: err}
	}
	defer fr.Close()
	opt := s.opt
	opt.MaxRecord, opt.MaxLine, opt.Keys = s.env.MaxRecord, s.env.MaxLine, s.env.Keys
	opt.Envelope.Reset()
	opt.Envelope.Logger = []byte(name)
	opt.Envelope.Hostname = []byte(s.env.Hostname)
	opt.Now = func() int64 { return time.Now().UnixNano() }
	gaps := gapWriter{s.env.pool(), out, nil}
	opt.Gap = gaps.write
	r := frame.NewReader(fr, opt)
	defer s.report(r, name)
	for {
		b := s.env.pool().Get()
		b.Buf, b.Off, err = r.Read(b.Buf, b.Off)
		if gaps.err != nil {
			b.Release()
			return gaps.err
		}
		b.unchecked = !r.Checked()
		s.count(b)
		if len(b.Off) > 0 {
			if err := out.Write(b); err != nil {
				return err
			}
		} else {
			b.Release()
		}
		if err == io.EOF || err == frame.ErrCut {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
}

// gapWriter writes the gaps that a Reader tells of: all messages before one have been
// written then.
type gapWriter struct {
	pool *Pool
	out  Writer
	err  error // of the first that could not be written
}

func (w *gapWriter) write(g frame.Gap) {
	if w.err == nil {
		w.err = w.out.Write(w.pool.Gap(&g))
	}
}

func (s *input) count(b *Batch) {
	s.env.Stats.In.Add(int64(len(b.Off)))
	s.env.Stats.InBytes.Add(int64(len(b.Buf)))
}

// report counts what of an input was no good.
func (s *input) report(r *frame.Reader, name string) {
	s.env.Stats.Damaged.Add(r.Stats.Damaged)
	s.env.Stats.Skipped.Add(r.Stats.Skipped)
	s.env.Stats.Refused.Add(r.Stats.Unsigned)
	if r.Stats.Unsigned > 0 {
		s.env.Logger().Warn(fmt.Sprintf("%s: %d records refused for their signature",
			name, r.Stats.Unsigned))
	}
}

// checkLane is where records from outside are checked.
type checkLane struct{ env *Env }

// Do is on the hot path of every program that reads records.
func (l checkLane) Do(b *Batch) (*Batch, error) {
	if !b.unchecked {
		return b, nil
	}
	for i := range b.Off {
		if msg.Check(b.Record(i)[msg.HeaderSize:]) != nil {
			return l.salvage(b), nil
		}
	}
	b.unchecked = false
	return b, nil
}

// salvage returns a batch of what is good in b, and releases b.
func (l checkLane) salvage(b *Batch) *Batch {
	out := b.pool.Get()
	out.Ack = b.Ack
	for i := range b.Off {
		rec := b.Record(i)
		if msg.Check(rec[msg.HeaderSize:]) == nil {
			out.Off = append(out.Off, uint32(len(out.Buf)))
			out.Buf = append(out.Buf, rec...)
			continue
		}
		var skipped int
		if out.Buf, out.Off, skipped = frame.Salvage(out.Buf, out.Off, rec); skipped > 0 {
			l.env.Stats.Damaged.Add(1)
			l.env.Stats.Skipped.Add(int64(skipped))
		}
	}
	b.Release()
	return out
}
