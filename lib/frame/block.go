package frame

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"heka/lib/msg"
)

// flagZstd is the flag of a block whose payload is compressed.
const flagZstd = 1

// What stands in a block's body before its payload, by its offset:
//
//	+--------+-------+------------------+-----------------+------------+---------+
//	| crc32c | count | first timestamp  | last timestamp  | raw length | payload |
//	| u32    | u32   | i64              | i64             | u32        |         |
//	+--------+-------+------------------+-----------------+------------+---------+
const (
	blockCount = 4
	blockFirst = 8
	blockLast  = 16
	blockRaw   = 24
	blockHead  = 28 // where the payload starts
)

// maxRaw is the most that a writer puts into a block: stored as it is, with all
// that stands before it, it must be within MaxBlock.
const maxRaw = MaxBlock - blockHead

// castagnoli is the table of crc32c. It is never changed.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// The ways in which bytes are no block.
var (
	errBlockShort   = fmt.Errorf("%w: block: shorter than its head", ErrDamaged)
	errBlockRaw     = fmt.Errorf("%w: block: raw length out of bounds", ErrDamaged)
	errBlockCount   = fmt.Errorf("%w: block: count and raw length disagree", ErrDamaged)
	errBlockTimes   = fmt.Errorf("%w: block: its last timestamp is before the first", ErrDamaged)
	errBlockCrc     = fmt.Errorf("%w: block: checksum", ErrDamaged)
	errBlockFlags   = fmt.Errorf("%w: block: unknown flags", ErrDamaged)
	errBlockLength  = fmt.Errorf("%w: block: payload is not of the raw length", ErrDamaged)
	errBlockRecords = fmt.Errorf("%w: block: payload is not its count of messages", ErrDamaged)
)

// BlockHead says what a block holds.
type BlockHead struct {
	Count int   // messages
	First int64 // smallest timestamp of them, nanoseconds since 1970 UTC
	Last  int64 // largest
	Raw   int   // length of the records, unpacked, in bytes
}

// ParseBlock reads the head of the body of a 'B' record. It compares lengths and
// nothing else, so that a reader may pass over a block by its timestamps at no
// cost; whether the head is true, the checksum tells, which Unpack looks at. The
// error wraps ErrDamaged.
func ParseBlock(body []byte) (BlockHead, error) {
	if len(body) < blockHead {
		return BlockHead{}, errBlockShort
	}
	count := binary.BigEndian.Uint32(body[blockCount:])
	raw := binary.BigEndian.Uint32(body[blockRaw:])
	h := BlockHead{
		First: int64(binary.BigEndian.Uint64(body[blockFirst:])),
		Last:  int64(binary.BigEndian.Uint64(body[blockLast:])),
	}
	switch {
	case raw > MaxBlock:
		return BlockHead{}, errBlockRaw
	case int64(count)*msg.HeaderSize > int64(raw):
		return BlockHead{}, errBlockCount
	case h.First > h.Last:
		return BlockHead{}, errBlockTimes
	}
	h.Count, h.Raw = int(count), int(raw)
	return h, nil
}

// put writes h, and the checksum of all that follows it, to the start of body.
func (h BlockHead) put(body []byte) {
	binary.BigEndian.PutUint32(body[blockCount:], uint32(h.Count))
	binary.BigEndian.PutUint64(body[blockFirst:], uint64(h.First))
	binary.BigEndian.PutUint64(body[blockLast:], uint64(h.Last))
	binary.BigEndian.PutUint32(body[blockRaw:], uint32(h.Raw))
	binary.BigEndian.PutUint32(body, crc32.Checksum(body[blockCount:], castagnoli))
}

// holds tells whether b is count 'M' records end to end.
func holds(b []byte, count int) bool {
	for ; len(b) >= msg.HeaderSize && count > 0; count-- {
		n := uint64(binary.BigEndian.Uint32(b[4:])) + msg.HeaderSize
		if b[0] != msg.Sep || b[1] != KindMessage || n > uint64(len(b)) {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0 && count == 0
}
