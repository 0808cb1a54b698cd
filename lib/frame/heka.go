package frame

import (
	"errors"
	"fmt"

	"heka/lib/msg"
)

// Heka's framing:
//
//	+------+---------+------------------+------+----------------------+
//	| 0x1E | L       | header, protobuf | 0x1F | message, protobuf    |
//	| u8   | u8      | L bytes          | u8   | message_length bytes |
//	+------+---------+------------------+------+----------------------+
const (
	hekaUnit      = 0x1F
	hekaMinHeader = 2   // message_length: a tag and a byte
	hekaMaxHeader = 255 // what L can say
)

// Tags (number<<3 | wire type) of the fields of Heka's header.
const (
	hekaLengthTag  = 1<<3 | pbVarint
	hekaHashTag    = 3<<3 | pbVarint
	hekaSignerTag  = 4<<3 | pbBytes
	hekaVersionTag = 5<<3 | pbVarint
	hekaMacTag     = 6<<3 | pbBytes
)

// ErrSignature is returned for a whole record whose signature is wrong, is of
// an unknown signer or hash function, or is missing although a signer is named.
var ErrSignature = errors.New("record with a bad signature")

// The ways in which bytes are no record of Heka's framing.
var (
	errHekaSep    = fmt.Errorf("%w: no separator", ErrDamaged)
	errHekaUnit   = fmt.Errorf("%w: no separator behind the header", ErrDamaged)
	errHekaHeader = fmt.Errorf("%w: malformed header", ErrDamaged)
	errHekaLength = fmt.Errorf("%w: message length out of bounds", ErrDamaged)
)

// hekaHeader is the header before a message; its slices alias the record.
type hekaHeader struct {
	length  uint64
	hash    uint64
	version uint64
	signer  []byte
	mac     []byte
	signed  bool // there is a mac, be it empty
}

// NextHeka looks at the start of b for a record of Heka's framing and returns
// its message, a protobuf for Converter, and its size n. A message may have at
// most max bytes. body and signer alias b.
//
// With keys, a signed record is verified, and signer is who signed it; it is
// empty for one that is unsigned. Without keys (nil) signatures are not looked
// at, and signer is always empty: nobody vouches for the name in the header.
//
// The error is nil; or ErrShort itself, when b may be the start of a record that
// goes on behind it, with n the size of the record if that is known already, else
// 0; or ErrSignature itself, with n, for a record to be passed over whole; or it
// wraps ErrDamaged, when b does not start with a record. NextHeka never allocates.
func NextHeka(b []byte, max int, keys Keys) (body, signer []byte, n int, err error) {
	switch {
	case len(b) > 0 && b[0] != msg.Sep:
		return nil, nil, 0, errHekaSep
	case len(b) < 2:
		return nil, nil, 0, ErrShort
	case b[1] < hekaMinHeader:
		return nil, nil, 0, errHekaHeader
	}
	unit := 2 + int(b[1])
	if len(b) <= unit {
		return nil, nil, 0, ErrShort
	}
	if b[unit] != hekaUnit {
		return nil, nil, 0, errHekaUnit
	}
	var h hekaHeader
	if !h.parse(b[2:unit]) {
		return nil, nil, 0, errHekaHeader
	}
	if h.length == 0 || max < 0 || h.length > uint64(max) {
		return nil, nil, 0, errHekaLength
	}
	n = unit + 1 + int(h.length)
	if n > len(b) {
		return nil, nil, n, ErrShort
	}
	body = b[unit+1 : n : n]
	if keys == nil || len(h.signer) == 0 && !h.signed {
		return body, nil, n, nil
	}
	if !keys.verify(&h, body) {
		return nil, nil, n, ErrSignature
	}
	return body, h.signer, n, nil
}

// parse reads the header's protobuf; false if it is none, or lacks the length.
// Fields that it does not know are passed over.
func (h *hekaHeader) parse(b []byte) bool {
	has := false
	c := pbCursor{b: b}
	for c.next() {
		switch c.tag {
		case hekaLengthTag:
			h.length, has = c.n, true
		case hekaHashTag:
			h.hash = c.n
		case hekaSignerTag:
			h.signer = c.data
		case hekaVersionTag:
			h.version = c.n
		case hekaMacTag:
			h.mac, h.signed = c.data, true
		default:
			if n := c.tag >> 3; n == 1 || n >= 3 && n <= 6 {
				return false
			}
		}
	}
	return has && !c.bad
}

// AppendHeka appends the message of v to dst as a record of Heka's framing,
// signed by s, or unsigned if s is nil.
//
// Severity and Pid are cut to the 32 bits that Heka has for them, an integer
// beyond int64 to the largest. An array of integers and floats becomes one of
// DOUBLE; one that mixes other kinds, one of BYTES that holds strings as they are
// and the rest as msgpack. An array of one element is, in Heka, that element. The
// representation of a name goes with each of its fields, until a message would
// more than double in size by them; hostile input alone gets there.
func AppendHeka(dst []byte, v *msg.View, s *Signer) []byte {
	const guess = 2 // bytes of message_length, for messages of 128 to 16383 bytes
	at := len(dst)
	dst = append(dst, msg.Sep, 0, hekaLengthTag, 0, 0)
	if s != nil {
		dst = append(dst, s.head...)
		dst = append(dst, s.room...)
	}
	dst = append(dst, hekaUnit)
	body := len(dst)
	dst = appendPB(dst, v)
	n := len(dst) - body
	size := pbSize(uint64(n))
	dst = pbShift(dst, at+3+guess, size-guess)
	body += size - guess
	pbPut(dst[at+3:], uint64(n))
	dst[at+1] = byte(body - 1 - (at + 2))
	if s != nil {
		var sum [maxSum]byte
		copy(dst[body-1-len(s.room):], s.hash.appendMac(sum[:0], s.key, dst[body:]))
	}
	return dst
}

// AppendProtobuf appends the message of v to dst as the protobuf that AppendHeka
// frames.
func AppendProtobuf(dst []byte, v *msg.View) []byte { return appendPB(dst, v) }
