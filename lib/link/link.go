// Package link carries records from one of our programs to another over a connection
// that may be cut at any byte, and tells the sender what has become of them.
//
// A [Sender] keeps what it has sent until the peer acknowledges it, and sends it again
// over the next connection. A [Receiver] takes connections from any number of them, and
// from programs that only write: the framing of Mozilla's Heka, or plain records. What
// it acknowledges has come through its pipeline, to the end.
//
//	stages ── Sender ═══ records ═══> Receiver ── stages ── sink
//	   ^         ^                        ^                  │
//	   └─ Done ──┴─── acknowledgements ───┴───── Acked ──────┘
//
// # The protocol
//
// All that is said are records of heka-frame(5) of kinds that a reader of messages
// passes over, so that a program which knows nothing of links reads what comes as a
// plain stream. The sender speaks first, and the receiver answers:
//
//	+------------+---------+-------+---------+---------+------+------+------+
//	| "heka-lnk" | version | flags | timeout | id      | from | next | most |
//	| 8 bytes    | u16 = 1 | u16   | u32, ms | 16 bytes| u64  | u64  | u64  |   'A', 56 bytes: hello
//	+------------+---------+-------+---------+---------+------+------+------+
//
//	            from the sender                       from the receiver, flags bit 0
//	timeout     silence after which it gives up       the same
//	id          its session: of its process           of its process
//	from        the first record that it holds        the first record that it wants
//	next        behind the last one it has numbered   behind the last one acknowledged
//	most        0                                     longest body that it takes
//
// Then the sender sends batches, each behind its head, and the receiver acknowledges.
// The records of a session are numbered from 0.
//
//	+------+------+---------+------+
//	| from | to   | bytes   | hops |
//	| u64  | u64  | u64     | u64  |         'A', 32 bytes: a batch; then `bytes` bytes, which
//	+------+------+---------+------+         are records from to to-1: 'M', or one 'G'
//
//	+--------+--------+--------+
//	| source | from   | to     |
//	| u64 = 0| u64    | u64    |            'A', 24 bytes: acknowledged, all before `to`
//	+--------+--------+--------+
//
//	+--------+
//	| time   |                              'T', 8 bytes: I am here. From both sides, when they
//	| i64    |                              have said nothing else for a third of the timeout
//	+--------+
//
// Whoever hears nothing for its timeout closes the connection: the other end is gone, or
// the way to it. A receiver whose pipeline is behind stops reading, and says that it is
// here; it is not silent, and nobody gives up.
//
// The receiver remembers how far each session is. When a sender comes back over a new
// connection, the answer tells it where to go on, so that nothing comes twice or out of
// order. A receiver that was started anew knows of no session, and is sent all that was
// not acknowledged: what its predecessor had passed on without saying so comes twice. A
// sender that was started anew is a new session.
package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// Lengths of the bodies of what is said.
const (
	helloSize = 56
	headSize  = 32
	ackSize   = 24
	beatSize  = 8
)

const (
	magic    = "heka-lnk"
	version  = 1
	answered = 1 // flag of the receiver's hello
)

// ErrProtocol is wrapped by what ends a connection whose other end does not keep to the
// protocol.
var ErrProtocol = errors.New("not what a peer of ours says")

// hello is what both sides say first.
type hello struct {
	version uint16
	flags   uint16
	timeout time.Duration
	id      [16]byte
	from    int64
	next    int64
	most    int64
}

func appendRecord(dst []byte, kind byte, size int) []byte {
	return append(dst, msg.Sep, kind, 0, msg.Version, 0, 0, 0, byte(size))
}

func (h *hello) append(dst []byte) []byte {
	dst = append(appendRecord(dst, frame.KindAck, helloSize), magic...)
	dst = binary.BigEndian.AppendUint16(dst, h.version)
	dst = binary.BigEndian.AppendUint16(dst, h.flags)
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.timeout/time.Millisecond))
	dst = append(dst, h.id[:]...)
	for _, n := range [...]int64{h.from, h.next, h.most} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	return dst
}

// isHello reports whether a stream begins with a hello, by its first bytes, as many as
// helloStart.
func isHello(b []byte) bool {
	return len(b) >= helloStart && b[0] == msg.Sep && b[1] == frame.KindAck &&
		string(b[msg.HeaderSize:helloStart]) == magic
}

const helloStart = msg.HeaderSize + len(magic)

// parseHello reads a whole record.
func parseHello(b []byte) (h hello, err error) {
	if len(b) != msg.HeaderSize+helloSize || !isHello(b) || b[2] != 0 || b[3] != msg.Version ||
		binary.BigEndian.Uint32(b[4:]) != helloSize {
		return h, fmt.Errorf("%w: no hello", ErrProtocol)
	}
	b = b[helloStart:]
	h.version = binary.BigEndian.Uint16(b)
	h.flags = binary.BigEndian.Uint16(b[2:])
	h.timeout = time.Duration(binary.BigEndian.Uint32(b[4:])) * time.Millisecond
	copy(h.id[:], b[8:])
	b = b[24:]
	for i, to := range [...]*int64{&h.from, &h.next, &h.most} {
		*to = int64(binary.BigEndian.Uint64(b[8*i:]))
	}
	switch {
	case h.version != version:
		return h, fmt.Errorf("%w: version %d of the protocol, we speak %d", ErrProtocol, h.version, version)
	case h.from < 0 || h.next < 0 || h.most < 0 || h.timeout < MinTimeout:
		return h, fmt.Errorf("%w: a hello out of bounds", ErrProtocol)
	}
	return h, nil
}

// MinTimeout is the shortest silence after which a side may give up: a third of it is
// how often the other says that it is there.
const MinTimeout = 30 * time.Millisecond

// beatEvery is how often to say something, to a peer that gives up after theirs.
func beatEvery(ours, theirs time.Duration) time.Duration { return min(ours, theirs) / 3 }

// head stands before a batch.
type head struct {
	from, to int64
	bytes    int64
	hops     uint8
}

func (h *head) append(dst []byte) []byte {
	dst = appendRecord(dst, frame.KindAck, headSize)
	for _, n := range [...]int64{h.from, h.to, h.bytes, int64(h.hops)} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	return dst
}

// parseHead reads the body of one.
func parseHead(b []byte) (h head, err error) {
	h.from = int64(binary.BigEndian.Uint64(b))
	h.to = int64(binary.BigEndian.Uint64(b[8:]))
	h.bytes = int64(binary.BigEndian.Uint64(b[16:]))
	hops := binary.BigEndian.Uint64(b[24:])
	h.hops = uint8(hops)
	if h.from < 0 || h.to <= h.from || hops > 255 || h.bytes/msg.HeaderSize < h.to-h.from {
		return h, fmt.Errorf("%w: a batch out of bounds", ErrProtocol)
	}
	return h, nil
}

func appendAck(dst []byte, from, to int64) []byte {
	dst = appendRecord(dst, frame.KindAck, ackSize)
	for _, n := range [...]int64{0, from, to} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	return dst
}

func appendBeat(dst []byte, now int64) []byte {
	dst = appendRecord(dst, frame.KindTick, beatSize)
	return binary.BigEndian.AppendUint64(dst, uint64(now))
}

// control reads the header of a record of the protocol and returns its kind and the
// length of its body.
func control(b []byte) (kind byte, size int, err error) {
	n := binary.BigEndian.Uint32(b[4:])
	if b[0] != msg.Sep || b[2] != 0 || b[3] != msg.Version || n > helloSize {
		return 0, 0, fmt.Errorf("%w: no record where one should begin", ErrProtocol)
	}
	return b[1], int(n), nil
}
