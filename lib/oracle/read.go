package oracle

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// maxLine is the longest line and record that is read.
const maxLine = 16 << 20

// Read takes all that comes from r: records of heka-frame(5), blocks of them, or lines
// of text, whichever it is. Streams may follow one another, and be read at once.
func (c *Checker) Read(r io.Reader) error {
	in := frame.NewReader(r, frame.Options{
		MaxRecord: maxLine, MaxLine: maxLine, Now: func() int64 { return 0 },
	})
	var buf []byte
	var off []uint32
	var v msg.View
	for {
		var err error
		buf, off, err = in.Read(buf, off)
		for _, at := range off {
			n := uint32(buf[at+4])<<24 | uint32(buf[at+5])<<16 | uint32(buf[at+6])<<8 | uint32(buf[at+7])
			v.Reset(buf[at+msg.HeaderSize:][:n])
			if in.Format == frame.Text {
				c.Line(v.Payload())
			} else {
				c.Message(&v)
			}
		}
		if err == nil {
			continue
		}
		c.mu.Lock()
		c.r.Damage += in.Stats.Skipped
		c.mu.Unlock()
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}

// Growing is a reader of a file that others append to: at its end it waits for more,
// until ctx is done.
type Growing struct {
	ctx context.Context
	f   *os.File
}

// NewGrowing returns a reader of f.
func NewGrowing(ctx context.Context, f *os.File) *Growing { return &Growing{ctx, f} }

// growingPause is between looks at the end of the file.
const growingPause = 5 * time.Millisecond

// Read implements io.Reader. When ctx is done it is io.EOF at the end of the file.
func (g *Growing) Read(p []byte) (int, error) {
	tick := time.NewTicker(growingPause)
	defer tick.Stop()
	for {
		done := g.ctx.Err() != nil
		n, err := g.f.Read(p)
		if n > 0 || err != nil && err != io.EOF {
			return n, err
		}
		if done {
			return 0, io.EOF
		}
		select {
		case <-tick.C:
		case <-g.ctx.Done():
		}
	}
}
