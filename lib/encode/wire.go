package encode

import (
	"encoding/binary"
	"math"

	"heka/lib/msg"
)

// integer returns the integer at b[i:] as its magnitude and sign, and the
// offset behind it. Nothing is lost of one beyond int64.
func integer(b []byte, i int) (u uint64, neg bool, next int) {
	c := b[i]
	var n int64
	switch c {
	case msg.WireUint8:
		return uint64(b[i+1]), false, i + 2
	case msg.WireUint16:
		return uint64(binary.BigEndian.Uint16(b[i+1:])), false, i + 3
	case msg.WireUint32:
		return uint64(binary.BigEndian.Uint32(b[i+1:])), false, i + 5
	case msg.WireUint64:
		return binary.BigEndian.Uint64(b[i+1:]), false, i + 9
	case msg.WireInt8:
		n, i = int64(int8(b[i+1])), i+2
	case msg.WireInt16:
		n, i = int64(int16(binary.BigEndian.Uint16(b[i+1:]))), i+3
	case msg.WireInt32:
		n, i = int64(int32(binary.BigEndian.Uint32(b[i+1:]))), i+5
	case msg.WireInt64:
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
func isArray(c byte) bool {
	return c&0xf0 == msg.WireFixArray || c == msg.WireArray16 || c == msg.WireArray32
}

// isBin reports whether c is the first byte of a bin.
func isBin(c byte) bool { return c >= msg.WireBin8 && c <= msg.WireBin32 }

// isText reports whether c is the first byte of a str.
func isText(c byte) bool { return c&0xe0 == msg.WireFixStr || c >= msg.WireStr8 && c <= msg.WireStr32 }

// offsets are where the elements of an envelope stand, by msg.Header from Type
// on, and behind them the map of fields.
type offsets [msg.Hostname + 2]int

// walk fills o in for the body b.
func (o *offsets) walk(b []byte) {
	i := msg.TypeAt
	for h := msg.Type; h <= msg.Hostname; h++ {
		o[h] = i
		i = msg.Skip(b, i)
	}
	o[msg.Hostname+1] = i
}

// floatAt returns the float at b[i:] of either width.
func floatAt(b []byte, i int) float64 {
	if b[i] == msg.WireFloat32 {
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b[i+1:])))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b[i+1:]))
}
