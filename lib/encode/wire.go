package encode

import (
	"encoding/binary"
	"math"

	"heka/lib/msg"
)

// Where the elements of a canonical body stand (heka-frame(5)), and the first
// bytes of the msgpack values that are told apart here.
const (
	uuidAt      = 3
	timestampAt = 20
	typeAt      = 28

	fixmap   = 0x80
	fixarray = 0x90
	fixstr   = 0xa0
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

// integer returns the integer at b[i:] as its magnitude and sign, and the
// offset behind it. Nothing is lost of one beyond int64.
func integer(b []byte, i int) (u uint64, neg bool, next int) {
	c := b[i]
	var n int64
	switch c {
	case tUint8:
		return uint64(b[i+1]), false, i + 2
	case tUint16:
		return uint64(binary.BigEndian.Uint16(b[i+1:])), false, i + 3
	case tUint32:
		return uint64(binary.BigEndian.Uint32(b[i+1:])), false, i + 5
	case tUint64:
		return binary.BigEndian.Uint64(b[i+1:]), false, i + 9
	case tInt8:
		n, i = int64(int8(b[i+1])), i+2
	case tInt16:
		n, i = int64(int16(binary.BigEndian.Uint16(b[i+1:]))), i+3
	case tInt32:
		n, i = int64(int32(binary.BigEndian.Uint32(b[i+1:]))), i+5
	case tInt64:
		n, i = int64(binary.BigEndian.Uint64(b[i+1:])), i+9
	default:
		n, i = int64(int8(c)), i+1
	}
	if n < 0 {
		return -uint64(n), true, i
	}
	return uint64(n), false, i
}

// isArray reports whether c is the first byte of an array.
func isArray(c byte) bool { return c&0xf0 == fixarray || c == tArray16 || c == tArray32 }

// isBin reports whether c is the first byte of a bin.
func isBin(c byte) bool { return c >= tBin8 && c <= tBin32 }

// isText reports whether c is the first byte of a str.
func isText(c byte) bool { return c&0xe0 == fixstr || c >= tStr8 && c <= tStr32 }

// offsets are where the elements of an envelope stand, by msg.Header from Type
// on, and behind them the map of fields.
type offsets [msg.Hostname + 2]int

// walk fills o in for the body b.
func (o *offsets) walk(b []byte) {
	i := typeAt
	for h := msg.Type; h <= msg.Hostname; h++ {
		o[h] = i
		i = msg.Skip(b, i)
	}
	o[msg.Hostname+1] = i
}

// floatAt returns the float at b[i:] of either width.
func floatAt(b []byte, i int) float64 {
	if b[i] == tFloat32 {
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b[i+1:])))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b[i+1:]))
}
