package link

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// connect makes one connection and sends over it. nil says that there is nothing left
// to send for ever.
func (s *Sender) connect(ctx context.Context) error {
	conn, err := s.opt.Dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	l := &sending{Sender: s, conn: conn, in: bufio.NewReaderSize(conn, 512), ended: make(chan struct{})}
	l.every = s.opt.Timeout / 3
	if s.opt.Protobuf {
		s.mu.Lock()
		s.win.rewind(s.win.acked)
		s.mu.Unlock()
	} else if err := l.greet(); err != nil {
		return err
	}
	s.met = true
	s.restored()
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer close(l.ended)
		if l.err = l.listen(); l.err != nil {
			conn.Close() // whoever writes need not wait
		}
	}()
	err = l.send(ctx)
	if err == nil && s.opt.Protobuf {
		err = l.leave(ctx)
	}
	conn.Close()
	wg.Wait()
	if err != nil && l.err != nil && !errors.Is(l.err, net.ErrClosed) {
		return l.err // what the reader met is why the writer failed
	}
	return err
}

// sending is one connection of a Sender.
type sending struct {
	*Sender
	conn  net.Conn
	in    *bufio.Reader
	buf   [msg.HeaderSize + helloSize]byte
	every time.Duration
	ended chan struct{} // closed when listen has ended, with err
	err   error
}

// greet says hello and takes the answer.
func (l *sending) greet() error {
	s := l.Sender
	s.mu.Lock()
	h := hello{version: version, timeout: s.opt.Timeout, id: s.id, from: s.win.acked, next: s.win.next}
	s.mu.Unlock()
	l.conn.SetDeadline(time.Now().Add(s.opt.Handshake))
	if _, err := l.conn.Write(h.append(nil)); err != nil {
		return err
	}
	if _, err := io.ReadFull(l.in, l.buf[:]); err != nil {
		return noAnswer(err)
	}
	a, err := parseHello(l.buf[:])
	if err != nil {
		return err
	}
	l.conn.SetDeadline(time.Time{})
	l.every = beatEvery(s.opt.Timeout, a.timeout)
	s.mu.Lock()
	ok := a.flags&answered != 0 && s.win.rewind(a.from)
	s.most = a.most
	s.mu.Unlock()
	if !ok {
		rand.Read(s.id[:]) // as a new session, nothing is expected of us
		return fmt.Errorf("%w: it wants records from %d, which is none of ours", ErrProtocol, a.from)
	}
	return s.acknowledge(min(a.next, a.from))
}

// noAnswer tells an end instead of an answer from other errors.
func noAnswer(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the connection was closed without an answer", ErrProtocol)
	}
	return fmt.Errorf("no answer to the hello: %w", err)
}

// send writes chunks as they come, and beats between them. nil says that all is
// acknowledged, and no more will come.
func (l *sending) send(ctx context.Context) error {
	beat := time.NewTicker(l.every)
	defer beat.Stop()
	for {
		l.mu.Lock()
		h, p := l.win.take()
		l.mu.Unlock()
		if p != nil {
			poke(l.room)
			if err := l.write(&h, p); err != nil {
				return err
			}
			continue
		}
		if ended, _ := l.waiting(); ended {
			return nil
		}
		select {
		case <-l.work:
		case <-beat.C:
			if l.opt.Protobuf {
				continue
			}
			l.headBuf = appendBeat(l.headBuf[:0], time.Now().UnixNano())
			if _, err := l.conn.Write(l.headBuf); err != nil {
				return err
			}
		case <-l.ended:
			return l.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// write writes a chunk behind its head. There is no deadline: a peer that is behind
// stops reading, and says that it is there; listen closes the connection if it does not.
// It is on the hot path.
func (l *sending) write(h *head, p []byte) error {
	s := l.Sender
	if s.opt.Protobuf {
		if _, err := l.conn.Write(p); err != nil {
			return err
		}
		s.moved = true
		return s.acknowledge(h.to)
	}
	s.headBuf = h.append(s.headBuf[:0])
	s.parts = [2][]byte{s.headBuf, p}
	s.iov = s.parts[:]
	_, err := s.iov.WriteTo(l.conn)
	return err
}

// listen takes what the peer says, until the connection ends.
func (l *sending) listen() error {
	if l.opt.Protobuf {
		// It has nothing to say; but that it leaves is heard at once.
		_, err := io.Copy(io.Discard, l.in)
		if err == nil {
			err = errLeft
		}
		return err
	}
	for {
		kind, size, err := l.next()
		if err != nil {
			return err
		}
		body := l.buf[msg.HeaderSize:][:size]
		switch {
		case kind == frame.KindTick && size == beatSize:
		case kind == frame.KindAck && size == ackSize:
			if err := l.acknowledge(int64(binary.BigEndian.Uint64(body[16:]))); err != nil {
				return err
			}
			l.note()
		default:
			return fmt.Errorf("%w: a record %q of %d bytes", ErrProtocol, kind, size)
		}
	}
}

// note notes that the connection serves: the next may be tried at once.
func (l *sending) note() {
	l.mu.Lock()
	l.moved = true
	l.mu.Unlock()
}

// errLeft is why a connection ends that the other end has closed.
var errLeft = errors.New("the peer has closed the connection")

// next reads one record into buf.
func (l *sending) next() (kind byte, size int, err error) {
	l.conn.SetReadDeadline(time.Now().Add(l.opt.Timeout))
	if _, err = io.ReadFull(l.in, l.buf[:msg.HeaderSize]); err != nil {
		return 0, 0, silent(err, l.opt.Timeout)
	}
	if kind, size, err = control(l.buf[:]); err != nil {
		return 0, 0, err
	}
	_, err = io.ReadFull(l.in, l.buf[msg.HeaderSize:][:size])
	return kind, size, silent(err, l.opt.Timeout)
}

// silent says what the end of waiting for a peer means.
func silent(err error, timeout time.Duration) error {
	switch {
	case err == nil:
		return nil
	case isTimeout(err):
		return fmt.Errorf("nothing heard for %v: the connection is dead", timeout)
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return errLeft
	}
	return err
}

// leaveWait is how long a peer that acknowledges nothing has to take what is on its
// way.
const leaveWait = 5 * time.Second

// leave ends a stream that nobody acknowledges, and waits until the peer has closed
// it, too: then it has read all.
func (l *sending) leave(ctx context.Context) error {
	half, ok := l.conn.(interface{ CloseWrite() error })
	if !ok {
		return nil
	}
	if err := half.CloseWrite(); err != nil {
		return err
	}
	t := time.NewTimer(leaveWait)
	defer t.Stop()
	select {
	case <-l.ended:
	case <-t.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
