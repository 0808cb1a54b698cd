package packed

import (
	"bufio"
	"bytes"
	"io"

	"github.com/therootcompany/xz"
)

// xzStreams unpacks xz: all streams as one member, since the library reads on
// beyond the end of each.
type xzStreams struct {
	in   *bufio.Reader
	z    *xz.Reader
	tail tail
}

func (x *xzStreams) next() error {
	x.tail.r = x.in
	var err error
	x.z, err = xz.NewReader(&x.tail, MaxMemory)
	return x.explain(err)
}

func (x *xzStreams) Read(p []byte) (int, error) {
	n, err := x.z.Read(p)
	return n, x.explain(err)
}

func (x *xzStreams) close() { x.z = nil }

func (x *xzStreams) explain(err error) error {
	switch err {
	case xz.ErrFormat: // the first stream's was looked at before
		return ErrTrailing
	case xz.ErrMemlimit:
		return ErrMemory
	case xz.ErrBuf: // it wants more and there is none
		if x.z.CheckType < 0 && !x.tail.startsStream() {
			return ErrTrailing
		}
		return io.ErrUnexpectedEOF
	}
	return err
}

// tail reads from r and remembers the last bytes, for the case that they are too
// few for the header of another stream.
type tail struct {
	r    io.Reader
	last []byte
}

// headerLen is how long the header of a stream of xz is.
const headerLen = 12

func (t *tail) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.last = append(t.last, p[max(0, n-headerLen):n]...)
	if drop := len(t.last) - headerLen; drop > 0 {
		t.last = t.last[:copy(t.last, t.last[drop:])]
	}
	return n, err
}

// startsStream reports whether the last bytes may be the start of a stream, given
// that they are no whole header.
func (t *tail) startsStream() bool {
	for n := range len(magicXz) {
		if bytes.HasSuffix(t.last, []byte(magicXz[:n+1])) {
			return true
		}
	}
	return bytes.Contains(t.last, []byte(magicXz))
}
