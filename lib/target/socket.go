package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// How often and how patiently a lost connection is made again: seven times, in
// about half a minute.
const (
	dialTries   = 7
	dialFirst   = 250 * time.Millisecond
	dialLongest = 10 * time.Second
	dialTimeout = 10 * time.Second

	// closeWait is how long a peer has to take what is on its way at the end.
	closeWait = 5 * time.Second
)

// ErrUnreachable is wrapped by what ends a Target whose peer can't be reached,
// or not again.
var ErrUnreachable = errors.New("peer unreachable")

// socket is a stream of records over a connection. A connection that is lost is
// made again, and what was being written is written again from its first record:
// the peer may get records twice, and at the end of the lost connection half a
// one. What the system had taken and not delivered is lost: a bare stream has
// nobody who would say so.
type socket struct {
	spec    string
	network string
	address string
	conn    net.Conn
	wait    time.Duration // before the next try; 0: dialFirst
}

func (s *socket) String() string              { return s.spec }
func (s *socket) Flush(context.Context) error { return nil }
func (s *socket) Holds() bool                 { return false }

func (s *socket) Write(ctx context.Context, p []byte) error {
	if s.conn == nil {
		if err := s.dial(ctx); err != nil {
			return s.unreachable(err)
		}
	}
	if !gone(s.conn) {
		err := writeCtx(ctx, s.conn, p)
		if err == nil || err == ctx.Err() {
			return err
		}
	}
	s.conn.Close()
	return s.again(ctx, p)
}

// again connects again, and writes p.
func (s *socket) again(ctx context.Context, p []byte) error {
	wait := s.wait
	if wait == 0 {
		wait = dialFirst
	}
	var err error
	for range dialTries {
		if err = s.dial(ctx); err == nil {
			if err = writeCtx(ctx, s.conn, p); err == nil {
				return nil
			}
			s.conn.Close()
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
		if ctx.Err() != nil {
			s.conn = nil
			return ctx.Err()
		}
		wait = min(2*wait, dialLongest)
	}
	s.conn = nil
	return s.unreachable(err)
}

func (s *socket) unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, unix.EPIPE) { // which elsewhere is our own reader's
		err = &net.OpError{Op: "write", Net: s.network, Err: errReaderLeft}
	}
	return fmt.Errorf("%s: %w: %w", s.spec, ErrUnreachable, err)
}

func (s *socket) dial(ctx context.Context) error {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, s.network, s.address)
	if err == nil {
		s.conn = conn
	}
	return err
}

// gone reports whether the peer has closed the connection. What it sends is read
// away: it has nothing to say.
func gone(conn net.Conn) bool {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return true
	}
	closed := false
	var buf [512]byte
	err = raw.Control(func(fd uintptr) {
		for {
			n, _, err := unix.Recvfrom(int(fd), buf[:], unix.MSG_DONTWAIT)
			if n > 0 || err == unix.EINTR {
				continue
			}
			closed = err != unix.EAGAIN
			return
		}
	})
	return closed || err != nil
}

// Close ends the stream, and waits a while for the peer to close it too: then it
// has all.
func (s *socket) Close(ctx context.Context) error {
	if s.conn == nil {
		return nil
	}
	conn := s.conn
	s.conn = nil
	defer conn.Close()
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return nil
	}
	if err := half.CloseWrite(); err != nil {
		return fmt.Errorf("%s: the end of the stream may be lost: %w", s.spec, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(past) })
	defer stop()
	conn.SetReadDeadline(time.Now().Add(closeWait))
	_, err := io.Copy(io.Discard, conn)
	var timeout net.Error
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !(errors.As(err, &timeout) && timeout.Timeout()) {
		return fmt.Errorf("%s: the end of the stream may be lost: %w", s.spec, err)
	}
	return nil
}
