package frame

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"heka/lib/msg"
)

// Wire types of protobuf. Groups (3 and 4) are in no message of Heka's, and are
// refused: they alone would need to be followed into their depth.
const (
	pbVarint = 0
	pbFixed8 = 1
	pbBytes  = 2
	pbFixed4 = 5
)

// Tags of Heka's message, and of a field in it.
const (
	pbUuid       = 1<<3 | pbBytes
	pbTimestamp  = 2<<3 | pbVarint
	pbType       = 3<<3 | pbBytes
	pbLogger     = 4<<3 | pbBytes
	pbSeverity   = 5<<3 | pbVarint
	pbPayload    = 6<<3 | pbBytes
	pbEnvVersion = 7<<3 | pbBytes
	pbPid        = 8<<3 | pbVarint
	pbHostname   = 9<<3 | pbBytes
	pbField      = 10<<3 | pbBytes
	pbLastNumber = 10

	pbName      = 1<<3 | pbBytes
	pbValueType = 2<<3 | pbVarint
	pbRep       = 3<<3 | pbBytes
	pbValues    = 4 // number of value_string; the others follow in the order of value types
)

// Value types of a field: Heka's enum, and their values' place behind pbValues.
const (
	pbString = iota
	pbBytesValue
	pbInteger
	pbDouble
	pbBool
	pbValueTypes
)

// pbItem is one field of a protobuf message.
type pbItem struct {
	tag  uint64 // number<<3 | wire type
	n    uint64 // value of a varint or fixed field
	data []byte // value of a field of bytes
}

// pbCursor goes over the fields of a protobuf message in place. It stops at the
// end, or at the first byte that can't be read, which sets bad.
type pbCursor struct {
	pbItem
	b   []byte
	i   int
	bad bool
}

// next moves on to the next field.
func (c *pbCursor) next() bool {
	if c.i >= len(c.b) || c.bad {
		return false
	}
	var ok bool
	if first := c.b[c.i]; first < 0x80 && first >= 1<<3 {
		c.tag = uint64(first)
		c.i++
	} else if c.tag, ok = c.varint(); !ok || c.tag < 1<<3 || c.tag >= 1<<32 {
		c.bad = true
		return false
	}
	left := c.b[c.i:]
	switch c.tag & 7 {
	case pbVarint:
		c.n, ok = c.varint()
	case pbBytes:
		if c.n, ok = c.varint(); ok && c.n <= uint64(len(c.b)-c.i) {
			c.data = c.b[c.i : c.i+int(c.n)]
			c.i += int(c.n)
		} else {
			ok = false
		}
	case pbFixed8:
		if ok = len(left) >= 8; ok {
			c.n = binary.LittleEndian.Uint64(left)
			c.i += 8
		}
	case pbFixed4:
		if ok = len(left) >= 4; ok {
			c.n = uint64(binary.LittleEndian.Uint32(left))
			c.i += 4
		}
	default:
		ok = false
	}
	c.bad = !ok
	return ok
}

// varint reads the varint at the cursor and moves behind it.
func (c *pbCursor) varint() (uint64, bool) {
	if c.i < len(c.b) && c.b[c.i] < 0x80 {
		c.i++
		return uint64(c.b[c.i-1]), true
	}
	v, n := binary.Uvarint(c.b[c.i:])
	if n <= 0 {
		return 0, false
	}
	c.i += n
	return v, true
}

// pbErr is the error about byte at of a protobuf message. It says nothing of the
// message's content.
func pbErr(at int, what string) error {
	return fmt.Errorf("%w: protobuf: byte %d: %s", msg.ErrMalformed, at, what)
}

// pbSize returns how many bytes n takes as a varint.
func pbSize(n uint64) int { return (bits.Len64(n|1) + 6) / 7 }

// pbAppend appends n as a varint.
func pbAppend(dst []byte, n uint64) []byte {
	for n >= 0x80 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n))
}

// pbPut writes n as a varint to the start of b, which has room.
func pbPut(b []byte, n uint64) {
	i := 0
	for ; n >= 0x80; i++ {
		b[i] = byte(n) | 0x80
		n >>= 7
	}
	b[i] = byte(n)
}

// pbAppendBytes appends a field of bytes.
func pbAppendBytes(dst []byte, tag byte, s []byte) []byte {
	dst = pbAppend(append(dst, tag), uint64(len(s)))
	return append(dst, s...)
}

// pbAppendText is pbAppendBytes for a field that is left out when empty.
func pbAppendText(dst []byte, tag byte, s []byte) []byte {
	if len(s) == 0 {
		return dst
	}
	return pbAppendBytes(dst, tag, s)
}

// pbShift moves dst[at:] by some bytes, back if by is negative.
func pbShift(dst []byte, at, by int) []byte {
	if by > 0 {
		var room [10]byte
		dst = append(dst, room[:by]...)
		copy(dst[at+by:], dst[at:len(dst)-by])
	} else if by < 0 {
		dst = dst[:at+by+copy(dst[at+by:], dst[at:])]
	}
	return dst
}

// pbClose gives the bytes behind dst[at] their length: the byte at at was left for
// it, and they are moved if it takes more.
func pbClose(dst []byte, at int) []byte {
	n := uint64(len(dst) - at - 1)
	dst = pbShift(dst, at+1, pbSize(n)-1)
	pbPut(dst[at:], n)
	return dst
}
