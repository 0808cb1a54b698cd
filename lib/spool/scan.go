package spool

import (
	"bytes"
	"errors"
	"io"
	"os"

	"heka/lib/frame"
)

// chunk is how much of a segment is read at once.
const chunk = 512 << 10

// entry is a stamp and the block behind it, as they stand in a segment.
type entry struct {
	at, size int64 // in the file
	time     int64
	flags    byte
	head     frame.BlockHead
}

// scanner reads a segment through a window. The zero scanner but for its file is
// ready to use. It is for one goroutine.
type scanner struct {
	f    *os.File
	base int64  // offset in the spool of the file's first byte
	size int64  // of the file, as far as it may be read
	salt uint32 // of the segment; 0 until a stamp has told

	few bool // only the heads of entries are wanted: no reading ahead

	// blind takes what can't be read for zeros: for a disk that has refused it for long.
	blind bool

	buf []byte // what the file holds from at on
	at  int64
}

// reset goes on with another segment and keeps the buffer.
func (c *scanner) reset(f *os.File, g *segment) {
	*c = scanner{f: f, base: g.base, size: g.size, salt: g.salt, buf: c.buf[:0]}
}

// bytes returns n bytes from at on, fewer only where the segment ends. They are good
// until the next call.
func (c *scanner) bytes(at int64, n int) ([]byte, error) {
	n = int(min(int64(n), c.size-at))
	if n <= 0 {
		return nil, nil
	}
	had := c.at + int64(len(c.buf))
	if at >= c.at && at+int64(n) <= had {
		return c.buf[at-c.at:][:n], nil
	}
	if at >= c.at && at < had {
		c.buf = c.buf[:copy(c.buf, c.buf[at-c.at:])]
	} else {
		c.buf = c.buf[:0]
	}
	c.at = at
	ahead := chunk
	if c.few {
		ahead = n
	}
	want := int(min(int64(max(n, ahead)), c.size-at))
	if cap(c.buf) < want {
		c.buf = append(make([]byte, 0, want), c.buf...)
	}
	keep := len(c.buf)
	got, err := c.read(c.buf[keep:want], at+int64(keep))
	c.buf = c.buf[:keep+got]
	if len(c.buf) >= n {
		return c.buf[:n], nil
	}
	if err == io.EOF { // it was cut behind our back
		return c.buf, nil
	}
	return nil, err
}

// read is ReadAt, and bit by bit for who is blind.
func (c *scanner) read(p []byte, at int64) (int, error) {
	got, err := c.f.ReadAt(p, at)
	if err == nil || errors.Is(err, io.EOF) || !c.blind {
		return got, err
	}
	const sector = 4096
	clear(p)
	for i := 0; i < len(p); i += sector {
		q := p[i:min(i+sector, len(p))]
		if n, err := c.f.ReadAt(q, at+int64(i)); err != nil && !errors.Is(err, io.EOF) {
			clear(q[n:])
		}
	}
	return len(p), nil
}

// entry returns the entry at `at`; false if there is none, or one that is cut off. The
// stamp and both headers have been looked at, the block has not. The error is that of
// the disk.
func (c *scanner) entry(at int64) (entry, bool, error) {
	b, err := c.bytes(at, entryHead+blockHead)
	if err != nil || len(b) < entryHead+blockHead {
		return entry{}, false, err
	}
	e, ok := c.parse(b, at)
	return e, ok && at+e.size <= c.size, nil
}

// parse reads what tells an entry from its first bytes.
func (c *scanner) parse(b []byte, at int64) (entry, bool) {
	s, size, ok := parseStamp(b)
	if !ok || s.offset != c.base+at || s.salt == 0 || c.salt != 0 && s.salt != c.salt {
		return entry{}, false
	}
	h, err := frame.ParseBlock(b[entryHead:][:blockHead])
	if err != nil {
		return entry{}, false
	}
	c.salt = s.salt
	return entry{at: at, size: size, time: s.time, flags: b[stampSize+2], head: h}, true
}

// unpack appends the records of e to dst. Damage is an error that wraps
// frame.ErrDamaged.
func (c *scanner) unpack(r *frame.BlockReader, dst []byte, e entry) ([]byte, error) {
	b, err := c.bytes(e.at, int(e.size))
	if err != nil {
		return dst, err
	}
	if int64(len(b)) < e.size {
		return dst, frame.ErrDamaged
	}
	dst, _, err = r.Unpack(dst, e.flags, b[entryHead:])
	return dst, err
}

// next returns where the first entry at or behind `at` stands, whole or cut off; the end
// of the segment if there is none.
func (c *scanner) next(at int64) (int64, error) {
	const least = entryHead + blockHead
	for c.size-at >= least {
		if b, err := c.bytes(at, least); err != nil || len(b) < least {
			return c.size, err
		}
		rest := c.buf[at-c.at:] // all of the window, so that it moves seldom
		i := bytes.Index(rest, stampHead[:])
		if i < 0 {
			at += int64(len(rest) - len(stampHead) + 1)
			continue
		}
		at += int64(i)
		b, err := c.bytes(at, least)
		if err != nil {
			return c.size, err
		}
		if len(b) == least {
			if _, ok := c.parse(b, at); ok {
				return at, nil
			}
		}
		at++
	}
	return c.size, nil
}
