package supervise

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// sender writes batches and control records to a socket. Any number of goroutines may
// use it: each call writes whole records.
type sender struct {
	conn *net.UnixConn

	mu   sync.Mutex
	buf  []byte // of records that do not stand end to end
	mark []byte
	vec  [2][]byte
	out  net.Buffers // of vec
}

func newSender(conn *net.UnixConn) *sender {
	return &sender{conn: conn, mark: make([]byte, 0, markSize)}
}

// errText is returned for a batch of text.
var errText = errors.New("text where records are wanted")

// batch writes the records of b and the mark that ends them, in one write if they are
// not too large. Ticks and snapshots stay out. b stays the caller's. It is on the hot
// path of each isolated node.
func (s *sender) batch(b *stage.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case b.Gap != nil:
		s.buf = frame.AppendGap(s.buf[:0], b.Gap)
		return s.write(s.buf, nil)
	case b.Hurry:
		s.buf = appendControl(s.buf[:0], codeHurry, nil)
		return s.write(s.buf, nil)
	case b.Tick != 0 || b.Interim:
		return nil
	case b.Text:
		return stage.Permanent{Err: errText}
	}
	p, ok := b.Bytes()
	if !ok {
		s.buf = b.AppendTo(s.buf[:0])
		p = s.buf
	}
	for len(p) > maxPiece {
		n := cut(p)
		if n == len(p) {
			break
		}
		s.mark = appendMark(s.mark[:0], stage.Range{Hops: b.Ack.Hops})
		if err := s.write(p[:n], s.mark); err != nil {
			return err
		}
		p = p[n:]
	}
	s.mark = appendMark(s.mark[:0], b.Ack)
	err := s.write(p, s.mark)
	if cap(s.buf) > 2*maxPiece {
		s.buf = nil
	}
	return err
}

// cut returns where to end a piece of p: behind the record that crosses maxPiece.
func cut(p []byte) int {
	n := 0
	for n < maxPiece && n < len(p) {
		h := p[n : n+msg.HeaderSize]
		n += msg.HeaderSize + int(uint32(h[4])<<24|uint32(h[5])<<16|uint32(h[6])<<8|uint32(h[7]))
	}
	return n
}

// ack writes a mark alone.
func (s *sender) ack(r stage.Range) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mark = appendMark(s.mark[:0], r)
	return s.write(s.mark, nil)
}

// control writes a control record.
func (s *sender) control(code byte, text []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = appendControl(s.buf[:0], code, text)
	return s.write(s.buf, nil)
}

// write writes p and q.
func (s *sender) write(p, q []byte) error {
	s.vec[0], s.vec[1] = p, q
	if s.out = s.vec[:]; len(p) == 0 {
		s.out = s.vec[1:]
	}
	_, err := s.out.WriteTo(s.conn)
	s.vec[0], s.vec[1] = nil, nil
	return closed(err)
}

// closed makes io.EOF of the errors that say that the other end is gone.
func closed(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
		return io.EOF
	}
	return err
}
