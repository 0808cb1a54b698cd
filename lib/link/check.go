package link

import (
	"fmt"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// check finds the records of a batch and looks at each of them: what comes from outside
// is trusted from here on. It takes b over, which has all bytes of the batch. It is on
// the hot path.
func (c *conn) check(b *stage.Batch, h *head) (*stage.Batch, error) {
	n, end := int64(0), len(b.Buf)
	for at := 0; at < end; n++ {
		size := recordSize(b.Buf[at:end])
		if size == 0 {
			b.Release()
			return nil, fmt.Errorf("%w: %d bytes of a batch are no record", ErrProtocol, end-at)
		}
		if b.Buf[at+1] == frame.KindGap {
			return c.gap(b, h)
		}
		if body := b.Buf[at+msg.HeaderSize : at+size]; len(body) > c.r.most {
			c.tooLong(int64(len(body)))
		} else if err := msg.Check(body); err == nil {
			b.Off = append(b.Off, uint32(at))
		} else {
			c.salvage(b, b.Buf[at:at+size])
		}
		at += size
	}
	if n != h.to-h.from {
		b.Release()
		return nil, fmt.Errorf("%w: a batch of %d records has %d", ErrProtocol, h.to-h.from, n)
	}
	if !c.trusted || !c.r.opt.TrustSigners {
		c.disown(b)
	}
	return b, nil
}

// salvage makes the best of a record that is none of ours, behind the others.
func (c *conn) salvage(b *stage.Batch, rec []byte) {
	var skipped int
	if b.Buf, b.Off, skipped = frame.Salvage(b.Buf, b.Off, rec); skipped > 0 {
		c.r.env.Stats.Damaged.Add(1)
		c.r.env.Stats.Skipped.Add(int64(skipped))
	}
}

// gap makes a gap of a batch, which is one.
func (c *conn) gap(b *stage.Batch, h *head) (*stage.Batch, error) {
	defer b.Release()
	if recordSize(b.Buf) != len(b.Buf) || h.to-h.from != 1 {
		return nil, fmt.Errorf("%w: a gap among other records", ErrProtocol)
	}
	g, err := frame.ParseGap(b.Buf[msg.HeaderSize:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return c.r.env.Pool.Gap(&g), nil
}

// recordSize returns the size of the record at the start of b, a message or a gap; 0 if
// there is none, or not all of it.
func recordSize(b []byte) int {
	if len(b) < msg.HeaderSize || b[0] != msg.Sep || b[2] != 0 || b[3] != msg.Version ||
		b[1] != frame.KindMessage && b[1] != frame.KindGap {
		return 0
	}
	size := msg.HeaderSize + int(b[4])<<24 + int(b[5])<<16 + int(b[6])<<8 + int(b[7])
	if size > len(b) {
		return 0
	}
	return size
}
