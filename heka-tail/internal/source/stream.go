package source

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"heka/lib/stage"
)

// Copy reads in to its end and writes batches of its lines to sink, unpacked if it
// is compressed: the last lines, or all but the first, as start says. A last line
// without an end is delivered as well; it is marked as partial where reading
// stopped before the end, for an error or a stop. An error of the content wraps
// that of the reader in an *os.PathError; what could be read was delivered then.
// tick, if not nil, is called now and then.
func Copy(sink *Sink, in *Input, start Start, tick func()) error {
	how, err := in.packing()
	if err != nil && err != io.EOF {
		return err
	}
	s := &stream{in: in, tick: tick}
	at, head := int64(0), []byte(nil)
	if start.FromEnd && in.Regular() && how == plain {
		if at, head, err = in.seekLast(start.Lines); err != nil {
			return err
		}
		start = Start{}
	}
	s.framer = NewFramer(sink, in.name, at)
	defer s.framer.Drop()
	if at > 0 {
		s.identify(head)
	}
	var last *lastWriter
	if start.FromEnd {
		last = &lastWriter{out: sink, n: start.Lines}
		defer last.drop()
		s.framer.out = last
	} else {
		s.framer.Skip(start.Lines)
	}
	r, end, err := unpack(in, how)
	defer end()
	if err == nil {
		err = s.copy(r)
	}
	if last != nil {
		if werr := last.flush(); werr != nil {
			return werr
		}
	}
	return s.failed(err)
}

// stream is one Copy.
type stream struct {
	in     *Input
	framer *Framer
	known  bool // the framer has the identity
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
		n, err := r.Read(buf[held : held+readSize])
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
		rest, werr := s.framer.Feed(p)
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
		s.framer.Identify(NewIdentity(s.in.Key, p))
	} else {
		s.framer.Identify(newPipeIdentity(time.Now().UnixNano()))
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
// soon as those behind them have as many.
type lastWriter struct {
	out  stage.Writer
	n    int64
	held []*stage.Batch
	have int64
}

// Write implements stage.Writer.
func (w *lastWriter) Write(b *stage.Batch) error {
	w.held = append(w.held, b)
	w.have += int64(len(b.Off))
	for len(w.held) > 0 && w.have-int64(len(w.held[0].Off)) >= w.n {
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
		if extra := w.have - w.n; extra > 0 {
			b.Off = b.Off[:copy(b.Off, b.Off[extra:])]
			w.have -= extra
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
