package spool

import (
	"encoding/binary"
	"hash/crc32"

	"heka/lib/frame"
	"heka/lib/msg"
)

// What stands before each block: a 'T' record that says when and where it was written.
//
//	+----------------+------+--------+------+--------+
//	| record header  | time | offset | salt | crc32c |
//	| 8 bytes        | i64  | u64    | u32  | u32    |
//	+----------------+------+--------+------+--------+
//	0                8      16       24     28       32
//
// The checksum covers time to salt, and the header of the block behind: so a length
// that is damaged is never believed.
const (
	stampTime   = 8
	stampOffset = 16
	stampSalt   = 24
	stampCrc    = 28
	stampSize   = 32

	entryHead = stampSize + msg.HeaderSize // what tells how long an entry is
	blockHead = 28                         // of a block's body before its payload
)

// maxBase bounds the offsets that are believed, so that sums of them do not overflow.
const maxBase = 1 << 62

// castagnoli is the table of crc32c. It is never changed.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// stampHead is the header of a stamp. It is never changed.
var stampHead = [msg.HeaderSize]byte{
	msg.Sep, frame.KindTick, 0, msg.Version, 0, 0, 0, stampSize - msg.HeaderSize,
}

// stamp is what stands before a block.
type stamp struct {
	time   int64 // when the block was made, nanoseconds since 1970 UTC
	offset int64 // where the stamp itself stands in the spool
	salt   uint32
}

// put writes s to the start of entry, which is a stamp's room and a block.
func (s stamp) put(entry []byte) {
	copy(entry, stampHead[:])
	binary.BigEndian.PutUint64(entry[stampTime:], uint64(s.time))
	binary.BigEndian.PutUint64(entry[stampOffset:], uint64(s.offset))
	binary.BigEndian.PutUint32(entry[stampSalt:], s.salt)
	binary.BigEndian.PutUint32(entry[stampCrc:], stampSum(entry))
}

func stampSum(entry []byte) uint32 {
	sum := crc32.Checksum(entry[stampTime:stampCrc], castagnoli)
	return crc32.Update(sum, castagnoli, entry[stampSize:entryHead])
}

// parseStamp reads a stamp and the header of the block behind it, entryHead bytes in
// all, and returns the length of both, the block with its body; false if they are none.
func parseStamp(b []byte) (s stamp, size int64, ok bool) {
	if len(b) < entryHead || [msg.HeaderSize]byte(b) != stampHead ||
		binary.BigEndian.Uint32(b[stampCrc:]) != stampSum(b) {
		return stamp{}, 0, false
	}
	h := b[stampSize:]
	length := binary.BigEndian.Uint32(h[4:])
	if h[0] != msg.Sep || h[1] != frame.KindBlock || h[3] != msg.Version ||
		length < blockHead || length > frame.MaxBlock {
		return stamp{}, 0, false
	}
	s = stamp{
		time:   int64(binary.BigEndian.Uint64(b[stampTime:])),
		offset: int64(binary.BigEndian.Uint64(b[stampOffset:])),
		salt:   binary.BigEndian.Uint32(b[stampSalt:]),
	}
	if s.offset < 0 || s.offset > maxBase {
		return stamp{}, 0, false
	}
	return s, entryHead + int64(length), true
}
