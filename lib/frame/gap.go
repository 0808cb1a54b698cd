package frame

import (
	"encoding/binary"
	"fmt"
	"math"

	"heka/lib/msg"
)

// maxGapText is how much of each text of a gap a record holds, in bytes.
const maxGapText = 16 << 10

// errGap is what ParseGap gives for all that is no gap.
var errGap = fmt.Errorf("%w: not the body of a gap", ErrDamaged)

// Gap says that bytes of a source are known to be lost: they were there, and no
// message has them.
type Gap struct {
	Source string // its name: that of a file, say
	Offset int64  // of the first byte that is lost, in the source's own measure
	Bytes  int64  // how many are
	Reason string // for people: why
}

// AppendGap appends the whole 'G' record of g to dst. Of a text longer than 16 KiB
// the start is kept; a negative number becomes 0.
func AppendGap(dst []byte, g *Gap) []byte {
	at := len(dst)
	dst = append(dst, msg.Sep, KindGap, 0, msg.Version, 0, 0, 0, 0, msg.WireFixArray+4)
	dst = appendGapText(dst, g.Source)
	dst = appendGapInt(dst, g.Offset)
	dst = appendGapInt(dst, g.Bytes)
	dst = appendGapText(dst, g.Reason)
	binary.BigEndian.PutUint32(dst[at+4:], uint32(len(dst)-at-msg.HeaderSize))
	return dst
}

func appendGapText(dst []byte, s string) []byte {
	switch n := min(len(s), maxGapText); {
	case n < 32:
		dst = append(dst, msg.WireFixStr+byte(n))
	case n < 1<<8:
		dst = append(dst, msg.WireStr8, byte(n))
	default:
		dst = binary.BigEndian.AppendUint16(append(dst, msg.WireStr16), uint16(n))
	}
	return append(dst, s[:min(len(s), maxGapText)]...)
}

func appendGapInt(dst []byte, n int64) []byte {
	switch {
	case n < 1<<7:
		return append(dst, byte(max(n, 0)))
	case n < 1<<8:
		return append(dst, msg.WireUint8, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, msg.WireUint16), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, msg.WireUint32), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, msg.WireInt64), uint64(n))
}

// ParseGap reads the body of a 'G' record: in any form of msgpack's lengths and
// integers, and without regard to elements behind the four that it knows. The error
// wraps ErrDamaged; numbers that are negative or beyond int64 are one.
func ParseGap(body []byte) (Gap, error) {
	w := gapWalk{b: body}
	n := w.array()
	g := Gap{Source: w.text(), Offset: w.int(), Bytes: w.int(), Reason: w.text()}
	if w.bad || n < 4 || n == 4 && len(w.b) > 0 {
		return Gap{}, errGap
	}
	return g, nil
}

// gapWalk reads msgpack from hostile bytes: what is not there gives zeros, and bad.
type gapWalk struct {
	b   []byte
	bad bool
}

// take returns the next n bytes.
func (w *gapWalk) take(n uint64) []byte {
	if w.bad || n > uint64(len(w.b)) {
		w.bad = true
		return nil
	}
	p := w.b[:n]
	w.b = w.b[n:]
	return p
}

func (w *gapWalk) first() byte {
	if p := w.take(1); p != nil {
		return p[0]
	}
	return 0
}

// uint returns the unsigned integer of size bytes that follows.
func (w *gapWalk) uint(size uint64) uint64 {
	var n uint64
	for _, c := range w.take(size) {
		n = n<<8 | uint64(c)
	}
	return n
}

func (w *gapWalk) array() uint64 {
	switch c := w.first(); {
	case c&0xf0 == msg.WireFixArray:
		return uint64(c & 0x0f)
	case c == msg.WireArray16:
		return w.uint(2)
	case c == msg.WireArray32:
		return w.uint(4)
	}
	w.bad = true
	return 0
}

func (w *gapWalk) text() string {
	switch c := w.first(); {
	case c&0xe0 == msg.WireFixStr:
		return string(w.take(uint64(c & 0x1f)))
	case c >= msg.WireStr8 && c <= msg.WireStr32:
		return string(w.take(w.uint(1 << (c - msg.WireStr8))))
	}
	w.bad = true
	return ""
}

// int returns the integer that follows, which is not negative.
func (w *gapWalk) int() int64 {
	var n uint64
	switch c := w.first(); {
	case c < msg.WireFixMap:
		n = uint64(c)
	case c >= msg.WireUint8 && c <= msg.WireUint64:
		n = w.uint(1 << (c - msg.WireUint8))
	case c >= msg.WireInt8 && c <= msg.WireInt64:
		size := uint64(1) << (c - msg.WireInt8)
		if n = w.uint(size); n>>(8*size-1) != 0 {
			w.bad = true
		}
	default:
		w.bad = true
	}
	if n > math.MaxInt64 {
		w.bad = true
	}
	return int64(n)
}
