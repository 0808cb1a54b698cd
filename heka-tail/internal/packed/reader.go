package packed

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// MaxMemory bounds the window of zstd and the dictionary of xz that are unpacked:
// zstd --long=27 makes as much, xz -9 half of it.
const MaxMemory = 128 << 20

// What may be wrong with content, besides that it ends too early. Errors of Reader
// wrap these.
var (
	ErrCorrupt  = errors.New("can't be unpacked")
	ErrTrailing = errors.New("is followed by bytes that do not belong to it")
	ErrMemory   = errors.New("needs more than 128 MiB of memory to be unpacked")
)

// bufSize is how much compressed input a Reader takes at once.
const bufSize = 64 << 10

// unpacker unpacks members, one at a time.
type unpacker interface {
	// next begins the member that the input is at, which starts as the format does.
	next() error
	// Read gives io.EOF at the end of the member; the input is just behind it then.
	// io.ErrUnexpectedEOF is for input that ends.
	io.Reader
	close()
}

// Reader gives the unpacked bytes of content. One goroutine may use it at once; it
// starts none.
//
// Several members (gzip), frames (zstd) or streams (xz) one after another are one
// content. NUL bytes behind them are passed over, since tapes and crashes leave
// such. All bytes that can be unpacked come before an error, which is
//
//   - io.ErrUnexpectedEOF, wrapped, when the input ends too early, also if empty;
//   - ErrCorrupt, ErrTrailing or ErrMemory, wrapped;
//   - that of the input, as it is;
//
// and the same from then on. Bytes that came before ErrCorrupt may be wrong.
type Reader struct {
	src    source
	in     *bufio.Reader // of src; nil for Plain
	format Format
	u      unpacker
	inside bool // a member
	begun  bool // the first member
	err    error
}

// NewReader returns a reader of what r gives, unpacked; for Plain, as it is. It
// reads nothing yet. More may be read from r than is needed. Close gives memory
// back, and leaves r open.
func NewReader(r io.Reader, f Format) *Reader {
	z := &Reader{src: source{r: r}, format: f}
	if f != Plain {
		z.in = bufio.NewReaderSize(&z.src, bufSize)
	}
	return z
}

// Read gives unpacked bytes; never 0 and nil unless p is empty.
func (z *Reader) Read(p []byte) (int, error) {
	if z.format == Plain && z.err == nil {
		return z.src.r.Read(p)
	}
	if z.err != nil || len(p) == 0 {
		return 0, z.err
	}
	for {
		n, err := z.read(p)
		if err != nil {
			z.err = z.explain(err)
			z.free()
		}
		if n > 0 {
			return n, nil
		}
		if z.err != nil {
			return 0, z.err
		}
	}
}

// read gives some bytes of the member it is in, or begins the next one. io.EOF is
// the end of the content.
func (z *Reader) read(p []byte) (int, error) {
	if !z.inside {
		if err := z.begin(); err != nil {
			return 0, err
		}
		z.inside, z.begun = true, true
	}
	n, err := z.u.Read(p)
	if err == io.EOF {
		z.inside, err = false, nil
	}
	return n, err
}

// begin looks for another member.
func (z *Reader) begin() error {
	if z.begun {
		if err := skipZeros(z.in); err != nil {
			return err
		}
	}
	head, err := z.in.Peek(HeadLen)
	switch is, may := z.format.starts(head); {
	case is:
	case may:
		return ended(err)
	case z.begun:
		return ErrTrailing
	default:
		return ErrCorrupt
	}
	if z.u == nil {
		z.u = newUnpacker(z.format, z.in)
	}
	return z.u.next()
}

func newUnpacker(f Format, in *bufio.Reader) unpacker {
	switch f {
	case Gzip:
		return &gzipMembers{in: in}
	case Zstd:
		return &zstdFrames{in: in}
	}
	return &xzStreams{in: in}
}

// skipZeros gives io.EOF if there is nothing but zeros.
func skipZeros(in *bufio.Reader) error {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return in.UnreadByte()
		}
	}
}

// explain makes the error of Read from one of the layers below.
func (z *Reader) explain(err error) error {
	switch {
	case z.src.err != nil:
		return z.src.err
	case err == io.EOF:
		return io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%v content is truncated: %w", z.format, io.ErrUnexpectedEOF)
	case err == ErrTrailing, err == ErrMemory, err == ErrCorrupt:
		return fmt.Errorf("%v content %w", z.format, err)
	}
	return fmt.Errorf("%v content %w: %w", z.format, ErrCorrupt, err)
}

// Close gives memory back. Read fails from then on.
func (z *Reader) Close() error {
	z.free()
	z.err = errClosed
	return nil
}

var errClosed = errors.New("read of unpacked content after its close")

func (z *Reader) free() {
	if z.u != nil {
		z.u.close()
	}
	z.u, z.in = nil, nil
}

// source keeps the error of r, if it is another than its end, and gives no bytes
// along with an error.
type source struct {
	r   io.Reader
	err error
	end bool
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.end {
		return 0, io.EOF
	}
	n, err := s.r.Read(p)
	switch err {
	case nil:
		return n, nil
	case io.EOF:
		s.end = true
	default:
		s.err = err
	}
	if n > 0 {
		return n, nil
	}
	return 0, err
}

// ended makes an end that comes too early of the input's end.
func ended(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
