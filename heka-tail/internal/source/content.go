package source

import (
	"errors"
	"io"

	"heka/heka-tail/internal/packed"
)

// decoder gives the bytes of content that is compressed or written in UTF-16, from
// its start on.
type decoder struct {
	raw    reader
	z      *packed.Reader
	r      io.Reader
	offset int64 // of the next byte that r gives
	err    error // how what is compressed ended
}

func newDecoder(fd int, f packed.Format, e packed.Encoding) *decoder {
	d := &decoder{raw: reader{fd: fd}}
	d.r = &d.raw
	if f != packed.Plain {
		d.z = packed.NewReader(d.r, f)
		d.r = d.z
	}
	if e != packed.Bytes {
		d.r = packed.NewText(d.r, e)
	}
	return d
}

// read fills p; with an error, such as io.EOF, less. What is not compressed may go on
// behind its end.
func (d *decoder) read(p []byte) (n int, err error) {
	for n < len(p) && err == nil && d.err == nil {
		var k int
		k, err = d.r.Read(p[n:])
		n += k
		d.offset += int64(k)
	}
	if d.z != nil && err != nil {
		d.err = err
	}
	if err == nil && n < len(p) {
		err = d.err
	}
	return n, err
}

func (d *decoder) close() {
	if d.z != nil {
		d.z.Close()
	}
}

// form is how a content is stored.
type form struct {
	format   packed.Format
	encoding packed.Encoding
}

// decoded reports whether its bytes are others than those in the file.
func (f form) decoded() bool {
	return f.format != packed.Plain || f.encoding == packed.UTF16LE || f.encoding == packed.UTF16BE
}

// detect tells the form of the file that fd refers to. sure is false if it is too
// short to tell.
func detect(fd int) (f form, sure bool, err error) {
	var b [packed.HeadLen]byte
	n, err := pread(fd, b[:], 0)
	if err != nil {
		return f, false, err
	}
	if f.format, sure = packed.Detect(b[:n]); f.format == packed.Plain {
		var also bool
		f.encoding, also = packed.DetectText(b[:n])
		return f.plainUTF8(), sure && also, nil
	}
	z := packed.NewReader(&reader{fd: fd}, f.format)
	defer z.Close()
	n, err = io.ReadFull(z, b[:])
	f.encoding, sure = packed.DetectText(b[:n])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		sure = true
	}
	return f.plainUTF8(), sure, nil
}

// plainUTF8 keeps the mark of UTF-8: bytes are passed on as they are.
func (f form) plainUTF8() form {
	if f.encoding == packed.UTF8BOM {
		f.encoding = packed.Bytes
	}
	return f
}

// headOf returns the first bytes of the content of fd, at most n, as far as they
// are there.
func headOf(fd int, f form, n int) ([]byte, error) {
	b := make([]byte, n)
	if !f.decoded() {
		n, err := pread(fd, b, 0)
		return b[:n], err
	}
	d := newDecoder(fd, f.format, f.encoding)
	defer d.close()
	k, err := d.read(b)
	if k > 0 {
		err = nil
	}
	return b[:k], err
}
