package msg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes of the record format of heka-frame(5).
const (
	// HeaderSize is the size in bytes of the header before each record's body:
	// separator, kind, flags, version and the length of the body.
	HeaderSize = 8

	// Sep is the first byte of each record, Heka's record separator.
	Sep = 0x1E

	// Version is the version of the record format that this package writes.
	Version = 1

	// KindMessage is the kind of a record whose body is a message.
	KindMessage = 'M'
)

// Where the elements of a canonical body stand: the array's head, the uuid as
// bin8, the timestamp as int64. From typeAt on, offsets depend on the content.
const (
	uuidAt      = 3
	timestampAt = 20
	typeAt      = 28
)

// First bytes of msgpack values.
const (
	fixmap   = 0x80
	fixarray = 0x90
	fixstr   = 0xa0
	tNil     = 0xc0
	tFalse   = 0xc2
	tTrue    = 0xc3
	tBin8    = 0xc4
	tBin16   = 0xc5
	tBin32   = 0xc6
	tFloat32 = 0xca
	tFloat64 = 0xcb
	tUint8   = 0xcc
	tUint16  = 0xcd
	tUint32  = 0xce
	tUint64  = 0xcf
	tInt8    = 0xd0
	tInt16   = 0xd1
	tInt32   = 0xd2
	tInt64   = 0xd3
	tStr8    = 0xd9
	tStr16   = 0xda
	tStr32   = 0xdb
	tArray16 = 0xdc
	tArray32 = 0xdd
	tMap16   = 0xde
	tMap32   = 0xdf
	negFix   = 0xe0
)

// sizes has, for the first byte of each msgpack value whose size that byte
// alone decides, the size in bytes with the first; 0 for all others. Containers
// of fixed length are not in it: their elements have sizes of their own.
var sizes = func() (t [256]uint8) {
	for c := range 0x80 {
		t[c] = 1
	}
	for c := fixstr; c < tNil; c++ {
		t[c] = uint8(1 + c - fixstr)
	}
	for c := negFix; c < 0x100; c++ {
		t[c] = 1
	}
	t[tNil], t[tFalse], t[tTrue] = 1, 1, 1
	t[tFloat32], t[tFloat64] = 5, 9
	t[tUint8], t[tUint16], t[tUint32], t[tUint64] = 2, 3, 5, 9
	t[tInt8], t[tInt16], t[tInt32], t[tInt64] = 2, 3, 5, 9
	return t
}()

// kinds has the Kind of the value that starts with each byte; Invalid for what
// a message can't hold as a field's value.
var kinds = func() (t [256]Kind) {
	for c := range 0x80 {
		t[c] = Int
	}
	for c := fixarray; c < fixstr; c++ {
		t[c] = Array
	}
	for c := fixstr; c < tNil; c++ {
		t[c] = String
	}
	for c := tUint8; c <= tInt64; c++ {
		t[c] = Int
	}
	for c := negFix; c < 0x100; c++ {
		t[c] = Int
	}
	t[tFalse], t[tTrue] = Bool, Bool
	t[tBin8], t[tBin16], t[tBin32] = Bytes, Bytes, Bytes
	t[tFloat32], t[tFloat64] = Float, Float
	t[tStr8], t[tStr16], t[tStr32] = String, String, String
	t[tArray16], t[tArray32] = Array, Array
	return t
}()

// Skip returns the offset behind the value at b[i:]: a string, a bin, a number, a
// bool, or an array of those. It, TextAt and ValueAt are for hot paths that walk
// over a body in registers; b is a body that has passed Check, and i an offset
// that one of them or a View gave.
func Skip(b []byte, i int) int {
	if n := sizes[b[i]]; n != 0 {
		return i + int(n)
	}
	return skipLong(b, i)
}

func skipLong(b []byte, i int) int {
	switch b[i] {
	case tStr8, tBin8:
		return i + 2 + int(b[i+1])
	case tStr16, tBin16:
		return i + 3 + int(binary.BigEndian.Uint16(b[i+1:]))
	case tStr32, tBin32:
		return i + 5 + int(binary.BigEndian.Uint32(b[i+1:]))
	}
	n, i := ArrayAt(b, i)
	for range n {
		i = Skip(b, i)
	}
	return i
}

// TextAt returns where the content of the string or bin at b[i:] starts and ends;
// the end is where the next value stands.
func TextAt(b []byte, i int) (start, end int) {
	if c := b[i]; c&0xe0 == fixstr {
		return i + 1, i + 1 + int(c&0x1f)
	}
	return textLong(b, i)
}

func textLong(b []byte, i int) (start, end int) {
	switch b[i] {
	case tStr8, tBin8:
		return i + 2, i + 2 + int(b[i+1])
	case tStr16, tBin16:
		return i + 3, i + 3 + int(binary.BigEndian.Uint16(b[i+1:]))
	default: // tStr32, tBin32
		return i + 5, i + 5 + int(binary.BigEndian.Uint32(b[i+1:]))
	}
}

// ValueAt returns the value at b[i:].
func ValueAt(b []byte, i int) Value { return Value{b[i:]} }

// ArrayAt returns the number of elements of the array at b[i:], and where the first
// of them stands.
func ArrayAt(b []byte, i int) (n, next int) {
	switch c := b[i]; c {
	case tArray16:
		return int(binary.BigEndian.Uint16(b[i+1:])), i + 3
	case tArray32:
		return int(binary.BigEndian.Uint32(b[i+1:])), i + 5
	default:
		return int(c & 0x0f), i + 1
	}
}

// MapAt returns the number of pairs of the map at b[i:], and where the first of them
// stands.
func MapAt(b []byte, i int) (n, next int) {
	switch c := b[i]; c {
	case tMap16:
		return int(binary.BigEndian.Uint16(b[i+1:])), i + 3
	case tMap32:
		return int(binary.BigEndian.Uint32(b[i+1:])), i + 5
	default:
		return int(c & 0x0f), i + 1
	}
}

// text returns the content of the string or bin at b[i:], and the offset behind it.
func text(b []byte, i int) (s []byte, next int) {
	start, next := TextAt(b, i)
	return b[start:next], next
}

// integer returns the integer at b[i:]; an unsigned one beyond int64 gives its
// largest value.
func integer(b []byte, i int) int64 {
	c := b[i]
	switch {
	case c < fixmap:
		return int64(c)
	case c >= negFix:
		return int64(int8(c))
	}
	switch c {
	case tUint8:
		return int64(b[i+1])
	case tUint16:
		return int64(binary.BigEndian.Uint16(b[i+1:]))
	case tUint32:
		return int64(binary.BigEndian.Uint32(b[i+1:]))
	case tUint64:
		if u := binary.BigEndian.Uint64(b[i+1:]); u <= 1<<63-1 {
			return int64(u)
		}
		return 1<<63 - 1
	case tInt8:
		return int64(int8(b[i+1]))
	case tInt16:
		return int64(int16(binary.BigEndian.Uint16(b[i+1:])))
	case tInt32:
		return int64(int32(binary.BigEndian.Uint32(b[i+1:])))
	default: // tInt64
		return int64(binary.BigEndian.Uint64(b[i+1:]))
	}
}

// ErrMalformed is what Check and Canonical wrap when a body is not a message.
var ErrMalformed = errors.New("malformed message")

// ErrNotCanonical is returned by Check for a body that is a message, but not in
// the form that a View reads. Canonical puts it into that form.
var ErrNotCanonical = errors.New("message not in canonical form")

func malformed(at int, what string) error {
	return fmt.Errorf("%w: byte %d: %s", ErrMalformed, at, what)
}
