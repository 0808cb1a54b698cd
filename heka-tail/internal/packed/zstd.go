package packed

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// zstdFrames unpacks zstd. The library would go on to the next frame by itself, and
// could not tell a truncated one from a few bytes that are none; so it gets one
// frame at a time.
//
// The library is told to decode as it is read, without goroutines: that is faster
// here than with two of them, and costs less.
type zstdFrames struct {
	in    *bufio.Reader
	frame frame
	z     *zstd.Decoder
}

func (z *zstdFrames) next() error {
	z.frame = frame{in: z.in}
	if z.z != nil {
		return z.z.Reset(&z.frame)
	}
	var err error
	z.z, err = zstd.NewReader(&z.frame, zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxMemory))
	return err
}

func (z *zstdFrames) Read(p []byte) (int, error) {
	n, err := z.z.Read(p)
	if n == 0 && err != nil {
		n, _ = z.z.Read(p) // a block whose frame turned out to be wrong, or cut off behind it
	}
	switch {
	case n > 0:
		return n, nil // the library says it again
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		err = ErrMemory
	case err == io.EOF && z.frame.at != atEnd:
		err = io.ErrUnexpectedEOF
	}
	return 0, err
}

func (z *zstdFrames) close() {
	if z.z != nil {
		z.z.Close()
	}
}

// frame reads one frame of zstd, which in is at the start of, and gives io.EOF
// behind it. RFC 8878, 3.1.
type frame struct {
	in   *bufio.Reader
	left int // bytes of the piece that it is in
	at   piece
	sum  bool // the frame ends with a checksum
}

// piece is the part of a frame that comes next.
type piece uint8

const (
	atHeader piece = iota
	atBlock
	atSum
	atEnd
)

func (f *frame) Read(p []byte) (int, error) {
	for f.left == 0 {
		if f.at == atEnd {
			return 0, io.EOF
		}
		if err := f.next(); err != nil {
			return 0, err
		}
	}
	n, err := f.in.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, ended(err)
}

// next takes up the piece that comes next: how long it is, and what is behind it.
func (f *frame) next() error {
	switch f.at {
	case atHeader:
		return f.header()
	case atBlock:
		return f.block()
	}
	f.left, f.at = 4, atEnd
	return nil
}

func (f *frame) header() error {
	b, err := f.in.Peek(8)
	if len(b) > 4 && b[0]&0xf0 == 0x50 { // skippable
		if len(b) < 8 {
			return ended(err)
		}
		f.left, f.at = 8+int(binary.LittleEndian.Uint32(b[4:])), atEnd
		return nil
	}
	if len(b) < 5 {
		return ended(err)
	}
	d := b[4] // Frame_Header_Descriptor
	single := d&0x20 != 0
	f.left = 5 + [...]int{0, 1, 2, 4}[d&3] + [...]int{0, 2, 4, 8}[d>>6]
	if !single || d>>6 == 0 { // Window_Descriptor, or a content size of one byte
		f.left++
	}
	f.sum, f.at = d&4 != 0, atBlock
	return nil
}

func (f *frame) block() error {
	b, err := f.in.Peek(3)
	if len(b) < 3 {
		return ended(err)
	}
	h := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	f.left = 3 + h>>3
	if h>>1&3 == 1 { // RLE: one byte, however often
		f.left = 3 + 1
	}
	switch {
	case h&1 == 0:
	case f.sum:
		f.at = atSum
	default:
		f.at = atEnd
	}
	return nil
}
