package console

import (
	"io"

	"heka/lib/encode"
	"heka/lib/stage"
)

// Sequences of ECMA-48 and DEC terminals that move and erase.
const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	noWrap     = "\x1b[?7l"
	wrap       = "\x1b[?7h"
	eraseLine  = "\x1b[K" // from the cursor on
	eraseBelow = "\x1b[J"
)

// screen writes what is there to stay, and below it a snapshot that the next one
// takes the place of.
//
//	... lines that stay, which scroll ...
//	first line of the snapshot
//	last line of the snapshot
//	_ the cursor rests here
//
// All that one frame changes goes out in one write, which leaves the cursor shown
// and lines wrapping: a process that is killed between two leaves the terminal as
// it was. Lines of a snapshot do not wrap, even if the terminal thinks them wider
// than we do, so that it is known how far up the next one starts.
type screen struct {
	w     io.Writer
	size  func() (width, height int)
	env   *stage.Env
	buf   []byte
	drawn int  // lines of the snapshot that is on the screen
	dirty bool // a frame was drawn
}

// write writes p, which stays, and draws f below it. k is given the size of the
// terminal.
func (s *screen) write(p []byte, f *frame, k *look) error {
	if s.drawn == 0 && len(f.tables) == 0 {
		return s.send(p)
	}
	k.width, k.height = s.size()
	b := append(s.buf[:0], hideCursor...)
	b = s.up(b, k)
	if len(p) > 0 {
		b = append(append(b, eraseBelow...), p...)
	}
	at := len(b)
	b, s.drawn = render(append(b, noWrap...), f, k)
	b = eraseBehind(b, at)
	b = append(append(append(b, eraseBelow...), wrap...), showCursor...)
	s.buf, s.dirty = b[:0], true
	return s.send(b)
}

// up appends what takes the cursor to the first line of the snapshot drawn last. If
// the terminal has become narrower since, it may have wrapped those lines, or may
// not: what of them stands higher is left there, rather than go too far and
// erase what is to stay.
func (s *screen) up(b []byte, k *look) []byte {
	n := min(s.drawn, k.height-1)
	if n <= 0 {
		return b
	}
	b = encode.AppendInt(append(b, "\r\x1b["...), int64(n))
	return append(b, 'A')
}

// eraseBehind puts eraseLine at the end of each line of b[at:].
func eraseBehind(b []byte, at int) []byte {
	n := 0
	for _, c := range b[at:] {
		if c == '\n' {
			n++
		}
	}
	from := len(b) - 1
	for range n * len(eraseLine) {
		b = append(b, 0)
	}
	for to := len(b) - 1; from >= at; from-- {
		b[to] = b[from]
		if b[to] == '\n' {
			to -= len(eraseLine)
			copy(b[to:], eraseLine)
		}
		to--
	}
	return b
}

// close leaves the terminal as it was found, whatever became of the last write.
func (s *screen) close() error {
	if !s.dirty {
		return nil
	}
	return s.send([]byte(plain + wrap + showCursor))
}

func (s *screen) send(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	n, err := s.w.Write(p)
	s.env.Stats.OutBytes.Add(int64(n))
	return err
}
