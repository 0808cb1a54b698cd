package packed

import (
	"bufio"
	"io"
	"unicode/utf8"
)

// Text gives the characters of r as UTF-8. The byte order mark at the start is
// dropped, a later one kept. Half of a surrogate pair becomes U+FFFD. One goroutine
// may use it at once. Nothing is allocated but by NewText.
//
// r may grow: after io.EOF, Read goes on with what came since. What there is of a
// character whose other bytes are missing is held back until they come.
type Text struct {
	r       io.Reader
	in      *bufio.Reader // of r; nil for Bytes
	enc     Encoding
	started bool // the mark is dropped
	held    int
	over    [utf8.UTFMax]byte // a character, for a p that has no room for it
	rest    []byte            // of over
}

// NewText returns a reader of what r gives, as UTF-8. Bytes are passed on as they
// are. More may be read from r than is needed.
func NewText(r io.Reader, e Encoding) *Text {
	t := &Text{r: r, enc: e}
	if e != Bytes {
		t.in = bufio.NewReaderSize(r, bufSize)
	}
	return t
}

// Held returns how many bytes are held back, 0 to 3. At the end of content that
// will not grow, they are a character that was cut off.
func (t *Text) Held() int { return t.held }

// Read gives UTF-8.
func (t *Text) Read(p []byte) (int, error) {
	t.held = 0
	if t.in == nil {
		return t.r.Read(p)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(t.rest) > 0 {
		n := copy(p, t.rest)
		t.rest = t.rest[n:]
		return n, nil
	}
	if !t.started {
		if err := t.start(); err != nil {
			return 0, err
		}
	}
	if t.enc == UTF8BOM {
		return t.in.Read(p)
	}
	return t.transcode(p)
}

// start drops the mark.
func (t *Text) start() error {
	bom := t.enc.bom()
	head, err := t.in.Peek(len(bom))
	if is, _ := begins(head, bom); is {
		t.in.Discard(len(bom))
	} else if err != nil {
		t.held = len(head)
		return err
	}
	t.started = true
	return nil
}

// transcode reads until there is a character.
func (t *Text) transcode(p []byte) (int, error) {
	dst := p
	if len(p) < len(t.over) {
		dst = t.over[:]
	}
	for want := 1; ; {
		_, err := t.in.Peek(want) // reads if there are fewer in the buffer
		src, _ := t.in.Peek(t.in.Buffered())
		n, used := Transcode(dst, src, t.enc)
		t.in.Discard(used)
		switch {
		case n > 0 && len(p) < len(dst):
			k := copy(p, dst[:n])
			t.rest = dst[k:n]
			return k, nil
		case n > 0:
			return n, nil
		case err != nil:
			t.held = len(src)
			return 0, err
		}
		want = len(src) + 1
	}
}
