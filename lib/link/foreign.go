package link

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// Programs that do not speak the protocol only write. Nothing is acknowledged to them.

// toil waits for a token, with which c may work on what it has read: a block unpacks to
// many times its size, and not all connections do so at once.
func (c *conn) toil() {
	if c.foreign && !c.toils {
		c.r.work <- struct{}{}
		c.toils = true
	}
}

// rest gives the token back.
func (c *conn) rest() {
	if c.toils {
		<-c.r.work
		c.toils = false
	}
}

// ready is a source of a frame.Reader, that goes on filling a batch as long as there is
// something to fill it with.
type ready struct{ *bufio.Reader }

func (r ready) Ready() bool { return r.Buffered() > 0 }

// records reads plain records and blocks.
func (c *conn) records() error {
	c.foreign, c.idle, c.until = true, c.r.opt.Idle, time.Time{}
	defer c.rest()
	var gaps []frame.Gap
	in := frame.NewReader(ready{c.in}, frame.Options{
		MaxRecord: c.r.most,
		Now:       func() int64 { return time.Now().UnixNano() },
		Gap:       func(g frame.Gap) { gaps = append(gaps, g) },
	})
	defer func() {
		c.r.env.Stats.Damaged.Add(in.Stats.Damaged)
		c.r.env.Stats.Skipped.Add(in.Stats.Skipped)
	}()
	for {
		b := c.r.env.Pool.Get()
		var err error
		b.Buf, b.Off, err = in.Read(b.Buf, b.Off)
		c.rest()
		for i := range gaps {
			g := gaps[i]
			if err := c.give(c.r.env.Pool.Gap(&g)); err != nil {
				b.Release()
				return err
			}
		}
		gaps = gaps[:0]
		if len(b.Off) > 0 {
			c.disown(b)
			if err := c.give(b); err != nil {
				return err
			}
		} else {
			b.Release()
		}
		if err != nil {
			return err
		}
	}
}

// give hands over what nobody waits to hear of.
func (c *conn) give(b *stage.Batch) error {
	c.rest()
	return c.hand(b)
}

// hekaIn reads the framing of Mozilla's Heka.
type hekaIn struct {
	*conn
	raw     []byte // bytes read and not used yet: raw[at:]
	at      int
	damaged bool // the last bytes belonged to no record
	large   bool // it has a token for a long message
	convert frame.Converter
}

// heka reads the framing of Mozilla's Heka.
func (c *conn) heka() error {
	c.foreign, c.idle, c.until = true, c.r.opt.Idle, time.Time{}
	in := &hekaIn{conn: c}
	defer in.small()
	defer c.rest()
	for {
		b := c.r.env.Pool.Get()
		err := in.fillBatch(b)
		if b.Len() > 0 {
			if err := c.give(b); err != nil {
				return err
			}
		} else {
			b.Release()
		}
		if err != nil {
			return err
		}
	}
}

// fillBatch puts messages into b until it is full or the next has to be waited for.
func (in *hekaIn) fillBatch(b *stage.Batch) error {
	stats := &in.r.env.Stats
	keys := in.r.env.Keys
	for len(b.Buf) < stage.BatchFull {
		body, signer, n, err := frame.NextHeka(in.raw[in.at:], in.r.most, keys)
		switch {
		case err == frame.ErrShort:
			if b.Len() > 0 && in.in.Buffered() == 0 {
				return nil
			}
			if err := in.more(n); err != nil {
				return err
			}
			continue
		case errors.Is(err, frame.ErrDamaged):
			in.resync(1)
			continue
		case err == frame.ErrSignature || keys != nil && len(signer) == 0 && !in.r.opt.Unsigned:
			stats.Refused.Add(1)
			in.r.quiet.say(in.r.log, fmt.Sprintf("connection from %s: a message refused for its signature",
				in.Conn.RemoteAddr()))
		case !in.message(b, body, signer):
			in.resync(n)
			continue
		}
		in.at += n
		in.damaged = false
		in.small()
	}
	return nil
}

// message appends the message of a protobuf to b; false if it is none.
func (in *hekaIn) message(b *stage.Batch, body, signer []byte) bool {
	at := len(b.Buf)
	buf, err := in.convert.Append(b.Buf, body)
	if err != nil {
		return false
	}
	b.Buf = buf
	if mentions(b.Buf[at:]) {
		in.view.Reset(b.Buf[at+msg.HeaderSize:])
		disown(&in.view)
	}
	if len(signer) > 0 {
		in.signed(b, at, signer)
	}
	b.Off = append(b.Off, uint32(at))
	return true
}

// resync passes over n bytes at least, to the next separator.
func (in *hekaIn) resync(n int) {
	rest := in.raw[in.at:]
	if i := bytes.IndexByte(rest[n:], msg.Sep); i >= 0 {
		n += i
	} else {
		n = len(rest)
	}
	if !in.damaged {
		in.damaged = true
		in.r.env.Stats.Damaged.Add(1)
	}
	in.r.env.Stats.Skipped.Add(int64(n))
	in.at += n
}

// more reads on, to a record of want bytes if that is not 0. What is begun has to end
// within a time; memory is asked for as bytes arrive.
func (in *hekaIn) more(want int) error {
	if in.at > 0 {
		in.raw = in.raw[:copy(in.raw, in.raw[in.at:])]
		in.at = 0
	}
	begun := len(in.raw) > 0
	if !begun {
		in.until = time.Time{}
	} else if in.until.IsZero() {
		in.within(int64(want))
	}
	if len(in.raw) == cap(in.raw) {
		if err := in.grow(); err != nil {
			return err
		}
	}
	n, err := in.in.Read(in.raw[len(in.raw):cap(in.raw)])
	in.raw = in.raw[:len(in.raw)+n]
	if n > 0 {
		return nil
	}
	if err == io.EOF && begun {
		in.resync(1) // what seemed to begin there may have others within
		return nil
	}
	return err
}

// grow makes room in raw. Few connections have more than most of them need.
func (in *hekaIn) grow() error {
	size := max(4*inSize, 2*len(in.raw))
	if size > slabSize && !in.large {
		in.rest()
		select {
		case in.r.large <- struct{}{}:
			in.large = true
		case <-in.r.stop:
			return errStopped
		}
	}
	in.raw = append(make([]byte, 0, size), in.raw...)
	return nil
}

// small gives back what a long message took.
func (in *hekaIn) small() {
	in.until = time.Time{}
	if in.large && len(in.raw)-in.at <= slabSize {
		<-in.r.large
		in.large = false
		in.raw, in.at = append(make([]byte, 0, slabSize), in.raw[in.at:]...), 0
	}
}
