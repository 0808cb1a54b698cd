package supervise

import (
	"encoding/binary"
	"fmt"
	"math"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// kindControl is the kind of the records in which the two ends talk about the stream.
// It is on no other stream. Its body is a byte, one of the codes, and what that says.
const kindControl = 'C'

// Codes of control records.
const (
	codeReady = 1 // child: the pipeline runs
	codeStop  = 2 // parent: sources are to end
	codeLast  = 3 // child: no more records come
	codeEnd   = 4 // child: the pipeline has ended well
	codeError = 5 // child: it has not; a byte of what the error is, and its text
	codeStats = 6 // child: counters, each an int64: what was added since the last time
	codeDead  = 7 // child: a record for the dead letters
	codeHurry = 8 // either: acknowledgements that are held back are waited for
)

// Bounds of what is believed of a record's length, and of a batch between two marks:
// an honest sender cuts at maxPiece.
const (
	maxControl = 64 << 10
	maxPiece   = 1 << 20
	markSize   = msg.HeaderSize + 1 + 5 + 9 + 9 + 2 // the longest that appendMark writes
)

// appendMark appends the 'A' record of r to dst: a msgpack array of source, from, to
// and hops. It stands behind the records of each batch.
func appendMark(dst []byte, r stage.Range) []byte {
	at := len(dst)
	dst = append(dst, msg.Sep, frame.KindAck, 0, msg.Version, 0, 0, 0, 0, msg.WireFixArray+4)
	dst = binary.BigEndian.AppendUint32(append(dst, msg.WireUint32), r.Source)
	dst = binary.BigEndian.AppendUint64(append(dst, msg.WireInt64), uint64(r.From))
	dst = binary.BigEndian.AppendUint64(append(dst, msg.WireInt64), uint64(r.To))
	dst = append(dst, msg.WireUint8, r.Hops)
	dst[at+7] = byte(len(dst) - at - msg.HeaderSize)
	return dst
}

// parseMark reads the body of an 'A' record: integers in any of msgpack's forms, and
// whatever stands behind the four elements that it knows.
func parseMark(body []byte) (stage.Range, error) {
	bad := fmt.Errorf("%w: not the body of an acknowledgement", frame.ErrDamaged)
	if len(body) == 0 || body[0]&0xf0 != msg.WireFixArray || body[0]&0x0f < 4 {
		return stage.Range{}, bad
	}
	var n [4]int64
	at := 1
	for i := range n {
		size := 0
		if n[i], size = parseInt(body[at:]); size == 0 {
			return stage.Range{}, bad
		}
		at += size
	}
	if n[0] < 0 || n[0] > math.MaxUint32 || n[3] < 0 || n[3] > math.MaxUint8 {
		return stage.Range{}, bad
	}
	return stage.Range{Source: uint32(n[0]), From: n[1], To: n[2], Hops: uint8(n[3])}, nil
}

// parseInt returns the integer at the start of b and its size; 0 if there is none that
// an int64 holds.
func parseInt(b []byte) (n int64, size int) {
	if len(b) == 0 {
		return 0, 0
	}
	c := b[0]
	switch {
	case c < msg.WireFixMap || c >= msg.WireNegFix:
		return int64(int8(c)), 1
	case c < msg.WireUint8 || c > msg.WireInt64:
		return 0, 0
	}
	signed := c >= msg.WireInt8
	width := 1 << ((c - msg.WireUint8) & 3)
	if len(b) < 1+width {
		return 0, 0
	}
	var u uint64
	for _, x := range b[1 : 1+width] {
		u = u<<8 | uint64(x)
	}
	if signed {
		shift := 64 - 8*width
		return int64(u) << shift >> shift, 1 + width
	}
	if u > math.MaxInt64 {
		return 0, 0
	}
	return int64(u), 1 + width
}

// appendControl appends a control record to dst.
func appendControl(dst []byte, code byte, text []byte) []byte {
	dst = append(dst, msg.Sep, kindControl, 0, msg.Version, 0, 0, 0, 0, code)
	binary.BigEndian.PutUint32(dst[len(dst)-5:], uint32(1+len(text)))
	return append(dst, text...)
}

// header reads the header of the record at the start of b: its kind, and its size with
// the header; 0 if b is too short to tell. max bounds the body of messages.
func header(b []byte, max int) (kind byte, size int, err error) {
	if len(b) < msg.HeaderSize {
		return 0, 0, nil
	}
	n := int64(binary.BigEndian.Uint32(b[4:]))
	limit := int64(maxControl)
	switch b[1] {
	case msg.KindMessage:
		limit = int64(max)
	case kindControl:
		limit = int64(max) + maxControl
	case frame.KindAck, frame.KindGap:
	default:
		limit = -1
	}
	if b[0] != msg.Sep || b[2] != 0 || b[3] != msg.Version || n > limit {
		return 0, 0, fmt.Errorf("%w: % x is no header", frame.ErrDamaged, b[:msg.HeaderSize])
	}
	return b[1], msg.HeaderSize + int(n), nil
}
