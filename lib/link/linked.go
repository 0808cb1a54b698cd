package link

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// link reads what a Sender sends.
func (c *conn) link() error {
	if _, err := io.ReadFull(c.in, c.buf[:]); err != nil {
		return early(err)
	}
	h, err := parseHello(c.buf[:])
	a := hello{
		version: version, flags: answered, timeout: c.r.opt.Timeout, id: c.r.id, most: int64(c.r.most),
	}
	if err != nil {
		c.Conn.SetWriteDeadline(time.Now().Add(c.r.opt.Handshake))
		c.Conn.Write(a.append(nil)) // which tells it our version
		return err
	}
	s, from, acked := c.r.session(&h, c)
	c.s = s
	a.from, a.next = from, acked
	c.Conn.SetWriteDeadline(time.Now().Add(c.r.opt.Handshake))
	if _, err := c.Conn.Write(a.append(nil)); err != nil {
		return err
	}
	c.r.answers.Add(1)
	go func() {
		defer c.r.answers.Done()
		c.answer(acked, beatEvery(c.r.opt.Timeout, h.timeout))
	}()
	c.idle, c.until = c.r.opt.Timeout, time.Time{}
	c.come = make(chan readBatch)
	taken := make(chan error, 1)
	go func() { taken <- c.take() }()
	for err = nil; err == nil; {
		err = c.next()
	}
	close(c.come)
	if terr := <-taken; terr != nil {
		return terr // and therefore the reader failed
	}
	return ended(err, c.r.opt.Timeout)
}

// readBatch is a batch whose bytes have come, and what its head said.
type readBatch struct {
	b *stage.Batch
	h head
}

// take checks batches and hands them over, while the next is being read. An error
// closes the connection.
func (c *conn) take() (err error) {
	for w := range c.come {
		if err != nil {
			w.b.Release()
			continue
		}
		if err = c.takeOne(w.b, &w.h); err != nil && !errors.Is(err, errStopped) {
			c.sock.Close()
		}
	}
	return err
}

// ended is silent, but leaves an end between two records as it is.
func ended(err error, timeout time.Duration) error {
	if err == io.EOF || errors.Is(err, errStopped) {
		return err
	}
	return silent(err, timeout)
}

// next reads a batch, or that the peer is there.
func (c *conn) next() error {
	if _, err := io.ReadFull(c.in, c.buf[:msg.HeaderSize]); err != nil {
		return err
	}
	kind, size, err := control(c.buf[:])
	if err != nil {
		return err
	}
	body := c.buf[msg.HeaderSize:][:size]
	if _, err := io.ReadFull(c.in, body); err != nil {
		return err
	}
	switch {
	case kind == frame.KindTick && size == beatSize:
		return nil
	case kind == frame.KindAck && size == headSize:
		h, err := parseHead(body)
		if err != nil {
			return err
		}
		return c.batch(&h)
	}
	return fmt.Errorf("%w: a record %q of %d bytes", ErrProtocol, kind, size)
}

// batch reads the records behind a head.
func (c *conn) batch(h *head) error {
	b, err := c.body(h)
	c.until = time.Time{}
	if err == nil {
		c.come <- readBatch{b, *h}
	}
	return err
}

// takeOne checks a batch and hands it over. It takes b over.
func (c *conn) takeOne(b *stage.Batch, h *head) error {
	if len(b.Buf) > 0 {
		var err error
		if b, err = c.check(b, h); err != nil {
			return err
		}
	}
	b.Ack = stage.Range{Source: c.s.source, From: h.from, To: h.to, Hops: h.hops}
	ok, err := c.s.claim(c, h.from, h.to)
	if err == nil && !ok {
		err = net.ErrClosed
	}
	if err == nil && !c.s.await(h.from) {
		err = errStopped
	}
	if err != nil {
		b.Release()
		return err
	}
	err = c.hand(b)
	c.s.pass(h.to)
	return err
}

// hand hands b to the pipeline, and waits until it has it.
func (c *conn) hand(b *stage.Batch) error {
	select {
	case c.r.batches <- batch{b, c.s}:
		return nil
	case <-c.r.stop:
		b.Release()
		return errStopped
	}
}

// within has so many bytes come within a time from now.
func (c *conn) within(bytes int64) {
	c.until = time.Now().Add(c.r.opt.Timeout + time.Duration(bytes/slowest)*time.Second)
}

// body reads the bytes of a batch. Memory is asked for as bytes arrive, and few
// batches larger than usual are read at once.
func (c *conn) body(h *head) (*stage.Batch, error) {
	if h.bytes > int64(max(c.r.most+msg.HeaderSize, slabSize)) {
		return c.discard(h)
	}
	b := c.r.env.Pool.Get()
	n := int(h.bytes)
	if n > cap(b.Buf) {
		select {
		case c.r.large <- struct{}{}:
			defer func() { <-c.r.large }()
		case <-c.r.stop:
			b.Release()
			return nil, errStopped
		}
	}
	c.within(h.bytes)
	for len(b.Buf) < n {
		if len(b.Buf) == cap(b.Buf) {
			b.Buf = append(make([]byte, 0, min(n, 2*cap(b.Buf))), b.Buf...)
		}
		at := len(b.Buf)
		to := min(n, cap(b.Buf))
		b.Buf = b.Buf[:to]
		if _, err := io.ReadFull(c.in, b.Buf[at:]); err != nil {
			b.Release()
			return nil, err
		}
	}
	return b, nil
}

// discard passes over a message that is longer than we take. It comes alone.
func (c *conn) discard(h *head) (*stage.Batch, error) {
	if h.to-h.from != 1 || h.bytes > maxDiscard {
		return nil, fmt.Errorf("%w: a batch of %d bytes", ErrProtocol, h.bytes)
	}
	c.within(h.bytes)
	if _, err := io.CopyN(io.Discard, c.in, h.bytes); err != nil {
		return nil, err
	}
	c.tooLong(h.bytes)
	return c.r.env.Pool.Get(), nil
}

// tooLong counts a message that is not taken for its length.
func (c *conn) tooLong(n int64) {
	c.r.env.Stats.Dropped.Add(1)
	c.r.quiet.say(c.r.log, fmt.Sprintf(
		"connection from %s: a message of %d bytes passed over; --max-record is %d",
		c.Conn.RemoteAddr(), n, c.r.most))
}
