package position

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5"
)

// recordFields is how many elements the array of a record has.
const recordFields = 17

// encoder makes the bytes of a copy. The zero encoder is ready; it keeps its buffer.
type encoder struct {
	buf bytes.Buffer
	enc *msgpack.Encoder
}

// file returns a copy with these records. It is valid until the next call.
func (e *encoder) file(generation uint64, records []Record) []byte {
	if e.enc == nil {
		e.enc = msgpack.NewEncoder(&e.buf)
	}
	e.buf.Reset()
	line := fmt.Sprintf("%s %d %d %d ", magic, version, generation, len(records))
	e.buf.WriteString(line + lineSum(line) + "\n")
	for i := range records {
		start := e.buf.Len()
		e.buf.WriteString(recordMark + "lengcrc_")
		e.record(&records[i])
		b := e.buf.Bytes()[start:]
		binary.BigEndian.PutUint32(b[4:], uint32(len(b)-recordHead))
		binary.BigEndian.PutUint32(b[8:], recordSum(b[4:8], b[recordHead:]))
	}
	return e.buf.Bytes()
}

// record appends the body of r. Writing to a buffer does not fail.
func (e *encoder) record(r *Record) {
	_ = e.enc.EncodeArrayLen(recordFields)
	e.uint(r.ID)
	e.bytes(r.Stream)
	e.bytes(r.Path)
	e.uint(r.Dev)
	e.uint(r.Ino)
	e.int(r.Born)
	e.uint(uint64(r.Gen))
	_ = e.enc.EncodeBool(r.Packed)
	e.int(r.Offset)
	e.int(r.Seen)
	e.sum(r.Head)
	e.sum(r.Tail)
	e.int(r.Size)
	e.int(r.Mtime)
	e.int(r.Time)
}

func (e *encoder) uint(n uint64) { _ = e.enc.EncodeUint(n) }
func (e *encoder) int(n int64)   { _ = e.enc.EncodeInt(n) }

func (e *encoder) bytes(s string) {
	_ = e.enc.EncodeBytesLen(len(s))
	e.buf.WriteString(s)
}

func (e *encoder) sum(s Sum) {
	e.uint(uint64(s.Len))
	_ = e.enc.EncodeBytesLen(len(s.Hash))
	e.buf.Write(s.Hash[:])
}

// decoder reads the bodies of records. The zero decoder is ready.
type decoder struct {
	body []byte // of the record at hand
	src  bytes.Reader
	dec  *msgpack.Decoder // reads src without reading ahead
	err  error            // of the record at hand
}

// record reads a body. It takes a longer array, as a program of the same format
// with more to keep may write, and leaves out what it does not know.
func (d *decoder) record(body []byte) (Record, error) {
	if d.dec == nil {
		d.dec = msgpack.NewDecoder(&d.src)
	}
	d.body = body
	d.src.Reset(body)
	d.dec.Reset(&d.src)
	n, err := d.dec.DecodeArrayLen()
	if err == nil && n < recordFields {
		err = fmt.Errorf("array of %d", n)
	}
	if err != nil {
		return Record{}, err
	}
	d.err = nil
	r := Record{
		ID: d.uint(), Stream: d.bytes(), Path: d.bytes(),
		Dev: d.uint(), Ino: d.uint(), Born: d.int(), Gen: d.uint32(), Packed: d.bool(),
		Offset: d.int(), Seen: d.int(), Head: d.sum(), Tail: d.sum(),
		Size: d.int(), Mtime: d.int(), Time: d.int(),
	}
	if d.err == nil && r.Offset < 0 {
		d.err = errors.New("negative offset")
	}
	if d.err == nil && n == recordFields && d.src.Len() > 0 {
		d.err = errors.New("bytes behind the array")
	}
	return r, d.err
}

func (d *decoder) uint() uint64 { return next(d, d.dec.DecodeUint64) }
func (d *decoder) int() int64   { return next(d, d.dec.DecodeInt64) }
func (d *decoder) bool() bool   { return next(d, d.dec.DecodeBool) }

// next reads an element, unless one before it was bad.
func next[T any](d *decoder, read func() (T, error)) (v T) {
	if d.err == nil {
		v, d.err = read()
	}
	return v
}

func (d *decoder) uint32() uint32 {
	n := d.uint()
	if n > 1<<32-1 && d.err == nil {
		d.err = errors.New("number too large")
	}
	return uint32(n)
}

// bytes compares the length with what is there before it asks for memory.
func (d *decoder) bytes() string {
	n := next(d, d.dec.DecodeBytesLen)
	left := d.src.Len()
	if d.err == nil && (n < 0 || n > left) {
		d.err = io.ErrUnexpectedEOF
	}
	if d.err != nil {
		return ""
	}
	rest := d.body[len(d.body)-left:]
	_, d.err = d.src.Seek(int64(n), io.SeekCurrent)
	return string(rest[:n])
}

func (d *decoder) sum() (s Sum) {
	s.Len = d.uint32()
	if n := next(d, d.dec.DecodeBytesLen); d.err == nil && n != len(s.Hash) {
		d.err = fmt.Errorf("hash of %d bytes", n)
	}
	if d.err == nil {
		d.err = d.dec.ReadFull(s.Hash[:])
	}
	return s
}
