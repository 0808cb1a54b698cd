package link

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// conn is one connection of a Receiver. One goroutine reads; a second checks what it has
// read, and hands it over. While that waits for the pipeline no more than one batch is
// read, and the peer has to wait. A third tells the peer what is acknowledged, and that
// we are here.
//
//	peer ──> link ──come──> take ──batches──> pass ──> out
//	     <── answer <──poke── Acked
type conn struct {
	net.Conn          // of the reader's goroutine until it answers
	sock     net.Conn // below TLS, if there is that; of all goroutines
	r        *Receiver
	trusted  bool
	in       *bufio.Reader
	idle     time.Duration // silence after which it is given up; 0: never
	until    time.Time     // when what is being read has to be there; zero: any time
	foreign  bool          // it does not speak the protocol
	toils    bool          // it has a token of work

	s    *session
	come chan readBatch
	poke chan struct{} // has a value when there is something to acknowledge
	last chan struct{} // closed when nothing more will be acknowledged
	dead chan struct{} // closed when the reader has found the connection dead
	gone sync.Once

	buf     [msg.HeaderSize + helloSize]byte
	out     []byte
	again   msg.Builder // of a record that is made anew
	view    msg.View
	scratch []byte
}

func newConn(r *Receiver, sock net.Conn) *conn {
	return &conn{
		r: r, Conn: sock, sock: sock, poke: make(chan struct{}, 1),
		last: make(chan struct{}), dead: make(chan struct{}),
	}
}

// inSize is how much a connection reads ahead: small batches come together, the bulk
// of large ones goes where it belongs at once.
const inSize = 16 << 10

// serve reads until the connection or the Receiver ends.
func (c *conn) serve(ctx context.Context) {
	err := c.read(ctx)
	if c.s != nil {
		select {
		case <-c.r.stop: // Settle closes it
			if errors.Is(err, errStopped) {
				return
			}
		default:
		}
		c.s.leave(c)
	}
	close(c.dead)
	c.Conn.Close()
	c.forget()
	c.tell(err)
}

// errStopped ends a connection when the Receiver reads no more.
var errStopped = errors.New("stopped")

// tell says why a connection ended, if it was for no good reason.
func (c *conn) tell(err error) {
	var opErr *net.OpError
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, errStopped), errors.Is(err, net.ErrClosed):
		return
	case errors.Is(err, ErrProtocol):
		c.r.env.Stats.Damaged.Add(1)
	case errors.As(err, &opErr) && !opErr.Timeout():
		return // it was cut: the peer knows, and comes back
	}
	c.r.quiet.say(c.r.log, fmt.Sprintf("connection from %s: %v", c.Conn.RemoteAddr(), err))
}

// forget takes c from the connections.
func (c *conn) forget() {
	c.gone.Do(func() {
		c.r.mu.Lock()
		delete(c.r.conns, c)
		c.r.mu.Unlock()
	})
}

// read finds out what the peer speaks, and reads it.
func (c *conn) read(ctx context.Context) error {
	c.Conn.SetDeadline(time.Now().Add(c.r.opt.Handshake))
	select {
	case <-c.r.stop: // end may have set the deadline before we did
		return errStopped
	default:
	}
	if c.r.opt.Wrap != nil {
		t, trusted, err := c.r.opt.Wrap(ctx, c.Conn)
		if err != nil {
			return err
		}
		c.Conn, c.trusted = t, trusted
	}
	c.in = bufio.NewReaderSize(timed{c}, inSize)
	c.until = time.Now().Add(c.r.opt.Handshake)
	start, err := c.in.Peek(4)
	if err != nil {
		return early(err)
	}
	if start[0] == msg.Sep && start[1] == frame.KindAck && start[3] == msg.Version {
		start, err = c.in.Peek(helloStart)
		if err != nil {
			return early(err)
		}
	}
	c.Conn.SetWriteDeadline(time.Time{})
	switch {
	case isHello(start):
		return c.link()
	case start[0] == msg.Sep && start[3] == msg.Version && isKind(start[1]):
		return c.records()
	case start[0] == msg.Sep && start[2] == hekaStart:
		return c.heka()
	}
	return fmt.Errorf("%w: neither records nor Heka's framing", ErrProtocol)
}

// isKind reports whether k is a kind of records.
func isKind(k byte) bool {
	switch k {
	case frame.KindMessage, frame.KindBlock, frame.KindAck, frame.KindGap, frame.KindTick:
		return true
	}
	return false
}

// hekaStart is the third byte of Heka's framing: the tag of message_length.
const hekaStart = 0x08

// early says what an end before the first record means: somebody looked whether we are
// there, or the peer is too slow.
func early(err error) error {
	if isTimeout(err) {
		return fmt.Errorf("%w: nothing said within the time for it", ErrProtocol)
	}
	if err == io.ErrUnexpectedEOF {
		return io.EOF
	}
	return err
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// timed reads from the connection of c within its limits of time.
type timed struct{ c *conn }

func (t timed) Read(p []byte) (int, error) {
	c := t.c
	at := c.until
	if c.idle > 0 {
		if d := time.Now().Add(c.idle); at.IsZero() || d.Before(at) {
			at = d
		}
	}
	c.Conn.SetReadDeadline(at)
	select {
	case <-c.r.stop: // end may have set the deadline before we did
		return 0, errStopped
	default:
	}
	c.rest()
	n, err := c.Conn.Read(p)
	if err != nil && isTimeout(err) {
		select {
		case <-c.r.stop:
			err = errStopped
		default:
		}
	}
	c.toil()
	return n, err
}

// answer tells the peer what is acknowledged, and that we are here, until the
// connection is dead or nothing more will be acknowledged.
func (c *conn) answer(told int64, every time.Duration) {
	beat := time.NewTicker(every)
	defer beat.Stop()
	for {
		beats, last := false, false
		select {
		case <-c.poke:
		case <-beat.C:
			beats = true
		case <-c.last:
			last = true
		case <-c.dead:
			return
		}
		at := c.s.acked()
		switch {
		case at > told:
			c.out = appendAck(c.out[:0], told, at)
			told = at
		case beats:
			c.out = appendBeat(c.out[:0], time.Now().UnixNano())
		default:
			c.out = c.out[:0]
		}
		if len(c.out) > 0 {
			c.Conn.SetWriteDeadline(time.Now().Add(c.r.opt.Timeout))
			if _, err := c.Conn.Write(c.out); err != nil {
				c.Conn.Close()
				return
			}
		}
		if last {
			return
		}
	}
}

// partWait is how long a peer has to close the connection, too.
const partWait = time.Second

// part closes the connection when all is said. What the peer has sent meanwhile is read
// away, so that the system does not take back what it was told.
func (c *conn) part() {
	defer c.Conn.Close()
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.s != nil && half.CloseWrite() == nil {
		c.Conn.SetReadDeadline(time.Now().Add(partWait))
		io.Copy(io.Discard, c.Conn)
	}
}
