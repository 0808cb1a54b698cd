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

// Where the elements of a canonical body stand: behind the array's head the uuid, a
// bin8, then the timestamp, an int64, and the type. From there on offsets depend on the
// content.
const (
	UuidAt      = 3
	TimestampAt = 20
	TypeAt      = 28
)

// First bytes of msgpack values. Those of FixMap, FixArray, FixStr and NegFix are ranges
// that start there. They are for packages that, like this one, walk over bodies.
const (
	WireFixMap   = 0x80
	WireFixArray = 0x90
	WireFixStr   = 0xa0
	WireNil      = 0xc0
	WireFalse    = 0xc2
	WireTrue     = 0xc3
	WireBin8     = 0xc4
	WireBin16    = 0xc5
	WireBin32    = 0xc6
	WireFloat32  = 0xca
	WireFloat64  = 0xcb
	WireUint8    = 0xcc
	WireUint16   = 0xcd
	WireUint32   = 0xce
	WireUint64   = 0xcf
	WireInt8     = 0xd0
	WireInt16    = 0xd1
	WireInt32    = 0xd2
	WireInt64    = 0xd3
	WireStr8     = 0xd9
	WireStr16    = 0xda
	WireStr32    = 0xdb
	WireArray16  = 0xdc
	WireArray32  = 0xdd
	WireMap16    = 0xde
	WireMap32    = 0xdf
	WireNegFix   = 0xe0
)

// sizes has, for the first byte of each msgpack value whose size that byte
// alone decides, the size in bytes with the first; 0 for all others. Containers
// of fixed length are not in it: their elements have sizes of their own.
var sizes = func() (t [256]uint8) {
	for c := range 0x80 {
		t[c] = 1
	}
	for c := WireFixStr; c < WireNil; c++ {
		t[c] = uint8(1 + c - WireFixStr)
	}
	for c := WireNegFix; c < 0x100; c++ {
		t[c] = 1
	}
	t[WireNil], t[WireFalse], t[WireTrue] = 1, 1, 1
	t[WireFloat32], t[WireFloat64] = 5, 9
	t[WireUint8], t[WireUint16], t[WireUint32], t[WireUint64] = 2, 3, 5, 9
	t[WireInt8], t[WireInt16], t[WireInt32], t[WireInt64] = 2, 3, 5, 9
	return t
}()

// kinds has the Kind of the value that starts with each byte; Invalid for what
// a message can't hold as a field's value.
var kinds = func() (t [256]Kind) {
	for c := range 0x80 {
		t[c] = Int
	}
	for c := WireFixArray; c < WireFixStr; c++ {
		t[c] = Array
	}
	for c := WireFixStr; c < WireNil; c++ {
		t[c] = String
	}
	for c := WireUint8; c <= WireInt64; c++ {
		t[c] = Int
	}
	for c := WireNegFix; c < 0x100; c++ {
		t[c] = Int
	}
	t[WireFalse], t[WireTrue] = Bool, Bool
	t[WireBin8], t[WireBin16], t[WireBin32] = Bytes, Bytes, Bytes
	t[WireFloat32], t[WireFloat64] = Float, Float
	t[WireStr8], t[WireStr16], t[WireStr32] = String, String, String
	t[WireArray16], t[WireArray32] = Array, Array
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
	case WireStr8, WireBin8:
		return i + 2 + int(b[i+1])
	case WireStr16, WireBin16:
		return i + 3 + int(binary.BigEndian.Uint16(b[i+1:]))
	case WireStr32, WireBin32:
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
	if c := b[i]; c&0xe0 == WireFixStr {
		return i + 1, i + 1 + int(c&0x1f)
	}
	return textLong(b, i)
}

func textLong(b []byte, i int) (start, end int) {
	switch b[i] {
	case WireStr8, WireBin8:
		return i + 2, i + 2 + int(b[i+1])
	case WireStr16, WireBin16:
		return i + 3, i + 3 + int(binary.BigEndian.Uint16(b[i+1:]))
	default: // WireStr32, WireBin32
		return i + 5, i + 5 + int(binary.BigEndian.Uint32(b[i+1:]))
	}
}

// ValueAt returns the value at b[i:].
func ValueAt(b []byte, i int) Value { return Value{b[i:]} }

// ArrayAt returns the number of elements of the array at b[i:], and where the first
// of them stands.
func ArrayAt(b []byte, i int) (n, next int) {
	switch c := b[i]; c {
	case WireArray16:
		return int(binary.BigEndian.Uint16(b[i+1:])), i + 3
	case WireArray32:
		return int(binary.BigEndian.Uint32(b[i+1:])), i + 5
	default:
		return int(c & 0x0f), i + 1
	}
}

// MapAt returns the number of pairs of the map at b[i:], and where the first of them
// stands.
func MapAt(b []byte, i int) (n, next int) {
	switch c := b[i]; c {
	case WireMap16:
		return int(binary.BigEndian.Uint16(b[i+1:])), i + 3
	case WireMap32:
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
	case c < WireFixMap:
		return int64(c)
	case c >= WireNegFix:
		return int64(int8(c))
	}
	switch c {
	case WireUint8:
		return int64(b[i+1])
	case WireUint16:
		return int64(binary.BigEndian.Uint16(b[i+1:]))
	case WireUint32:
		return int64(binary.BigEndian.Uint32(b[i+1:]))
	case WireUint64:
		if u := binary.BigEndian.Uint64(b[i+1:]); u <= 1<<63-1 {
			return int64(u)
		}
		return 1<<63 - 1
	case WireInt8:
		return int64(int8(b[i+1]))
	case WireInt16:
		return int64(int16(binary.BigEndian.Uint16(b[i+1:])))
	case WireInt32:
		return int64(int32(binary.BigEndian.Uint32(b[i+1:])))
	default: // WireInt64
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
