package source

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"heka/heka-tail/internal/packed"
	"heka/lib/stage"
)

// Copy reads in, which is no file with a place that is kept, to its end and writes
// batches of its records to sink, unpacked if it is compressed: the last lines, or
// all but the first, as start says. A last line without an end is delivered as well;
// it is marked as partial where reading stopped before the end, for an error or a
// stop. Lines that wait for more are delivered after a silence of wait. An error of
// the content wraps that of the reader in an *os.PathError; what could be read was
// delivered then. tick, if not nil, is called now and then.
func Copy(sink *Sink, in *Input, start Start, wait time.Duration, tick func()) error {
	f, err := in.form()
	if err != nil && err != io.EOF {
		return err
	}
	s := &stream{in: in, tick: tick, wait: wait}
	at, head := int64(0), []byte(nil)
	if start.FromEnd && in.Regular() && !f.decoded() {
		if at, head, err = in.seekLast(start.Lines); err != nil {
			return err
		}
		start = Start{}
	}
	s.offset = at
	s.framer = NewFramer(sink, in.name, at)
	defer s.framer.Drop()
	if at > 0 {
		s.identify(head)
	}
	if start.FromEnd {
		s.framer.Last(start.Lines)
	} else {
		s.framer.Skip(start.Lines)
	}
	z := packed.NewReader(in, f.format)
	defer z.Close()
	err = s.copy(packed.NewText(z, f.encoding))
	if werr := s.framer.FlushLast(); werr != nil {
		return werr
	}
	return s.failed(err)
}

// stream is one Copy.
type stream struct {
	in     *Input
	framer *Framer
	offset int64
	known  bool // the framer has the identity
	wait   time.Duration
	tick   func()
	werr   error // of the writer
}

// seekLast goes to the last n lines; of none, to the very end. It returns where
// they start, and the start of the content.
func (in *Input) seekLast(n int64) (at int64, head []byte, err error) {
	if at = in.Size; n > 0 {
		if at, err = lastLines(in.fd, in.Size, n); err != nil {
			return 0, nil, in.failed(err)
		}
	}
	head = make([]byte, headSize)
	k, err := pread(in.fd, head, 0)
	if err != nil {
		return 0, nil, in.failed(err)
	}
	return at, head[:k], in.seek(at)
}

// copy frames what r gives, until its end.
func (s *stream) copy(r io.Reader) error {
	buf := make([]byte, readSize+readSize/4)
	held := 0 // bytes of the last line, which is not whole
	for {
		if held > len(buf)-readSize {
			buf = append(buf, make([]byte, held+readSize)...)
		}
		if n, err := s.expire(buf[:held]); err != nil {
			s.werr = err
			return err
		} else if n > 0 {
			held = copy(buf, buf[n:held])
		}
		n, err := r.Read(buf[held : held+readSize])
		s.offset += int64(n)
		if s.tick != nil {
			s.tick()
		}
		if err == nil && s.in.ctx.Err() != nil {
			err = s.in.ctx.Err()
		}
		p := buf[:held+n]
		if err == nil && !s.identified(p) {
			held = len(p)
			continue
		}
		s.identify(p)
		rest, werr := s.framer.Feed(p, 0, s.offset)
		if werr == nil && err == nil && !s.in.Ready() {
			werr = s.framer.Flush()
		}
		if err != nil && werr == nil {
			werr = s.end(rest, err)
		}
		if s.werr = werr; werr != nil || err == io.EOF {
			return werr
		}
		if err != nil {
			return err
		}
		held = copy(buf, rest)
	}
}

// expire delivers what waits for more, if nothing comes for a while. It returns how
// much of rest that was.
func (s *stream) expire(rest []byte) (int, error) {
	if !s.known || !s.framer.Waiting(rest) || s.in.ReadyWithin(s.wait) {
		return 0, nil
	}
	left, err := s.framer.Expire(rest)
	return len(rest) - len(left), err
}

// end writes what is left when reading ended with err.
func (s *stream) end(rest []byte, err error) error {
	if s.in.ctx.Err() != nil {
		return s.in.ctx.Err()
	}
	if s.in.stopped && s.in.Regular() {
		return s.framer.Flush() // the line is whole in the file
	}
	return s.framer.Finish(rest, err != io.EOF || s.in.stopped)
}

// identified reports whether p, the first of the content, is enough to tell whose
// it is.
func (s *stream) identified(p []byte) bool {
	return s.known || !s.in.Regular() || len(p) >= headSize || bytes.IndexByte(p, '\n') >= 0
}

// identify gives the framer the identity of the content, which starts with p.
func (s *stream) identify(p []byte) {
	if s.known {
		return
	}
	s.known = true
	if s.in.Regular() {
		s.framer.Identify(NewIdentity(s.in.Key, 0, p), true)
	} else {
		s.framer.Identify(newPipeIdentity(time.Now().UnixNano()), true)
	}
}

// failed names the file in an error of its content.
func (s *stream) failed(err error) error {
	var pe *os.PathError
	switch {
	case err == nil, s.werr != nil, s.in.ctx.Err() != nil:
		return err
	case s.in.stopped:
		return nil
	case errors.As(err, &pe):
		return err
	}
	if err == io.EOF { // within the header of what is compressed
		err = io.ErrUnexpectedEOF
	}
	return &os.PathError{Op: "unpack", Path: s.in.name, Err: err}
}

// lastWriter keeps the last n records back until the end. It drops whole batches as
// soon as those behind them have as many; what they stand for, the next stands for.
type lastWriter struct {
	out  stage.Writer
	n    int64
	held []*stage.Batch
	have int64
	from int64 // of the first batch
	any  bool
}

// Write implements stage.Writer.
func (w *lastWriter) Write(b *stage.Batch) error {
	if !w.any {
		w.from, w.any = b.Ack.From, true
	}
	w.held = append(w.held, b)
	w.have += int64(len(b.Off))
	for len(w.held) > 1 && w.have-int64(len(w.held[0].Off)) >= w.n {
		w.have -= int64(len(w.held[0].Off))
		w.held[0].Release()
		w.held[0] = nil
		w.held = w.held[1:]
	}
	return nil
}

// flush writes what is held.
func (w *lastWriter) flush() error {
	for len(w.held) > 0 {
		b := w.held[0]
		w.held = w.held[1:]
		if extra := min(w.have-w.n, int64(len(b.Off))); extra > 0 {
			b.Off = b.Off[:copy(b.Off, b.Off[extra:])]
			w.have -= extra
		}
		if w.any {
			b.Ack.From, w.any = w.from, false
		}
		if err := w.out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (w *lastWriter) drop() {
	for _, b := range w.held {
		b.Release()
	}
	w.held = nil
}
