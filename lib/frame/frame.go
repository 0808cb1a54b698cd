// Package frame moves messages over streams of bytes: the records of
// heka-frame(5), and the framing and protobuf messages of Mozilla's Heka.
//
// A stream says itself what it is. A Reader looks at its first bytes and takes
// records, Heka's framing, or lines of text; whatever it was, batches of checked
// canonical 'M' records come out, ready for msg.View. Records need no writer of
// their own: a msg.Builder appends whole ones, and a run of them is written as
// it stands. A BlockWriter packs them for captures and slow links.
package frame

import (
	"encoding/binary"
	"errors"

	"heka/lib/msg"
)

// Kinds of records.
const (
	KindMessage = msg.KindMessage // a message
	KindBlock   = 'B'             // messages packed together
	KindAck     = 'A'             // acknowledgement of a range of a source
	KindGap     = 'G'             // bytes known to be lost
	KindTick    = 'T'             // the passing of time
)

// Limits of the length of a record's body, in bytes.
const (
	DefaultMaxRecord = 8 << 20  // of a message, unless told otherwise
	MaxBlock         = 64 << 20 // of a block, packed and unpacked
	maxControl       = 64 << 10 // of the other kinds
)

// Errors that tell a reader what to do next.
var (
	// ErrShort: what is there may become a record; more bytes are needed.
	ErrShort = errors.New("record not complete")

	// ErrDamaged: what is there is no record. Go on behind the next separator.
	ErrDamaged = errors.New("damaged record")
)

// next looks at the start of b for one of our records and returns its kind and
// its size with the header; size is valid with ErrShort as well if it is not 0.
func next(b []byte, maxRecord int) (kind byte, size int, err error) {
	if len(b) < msg.HeaderSize {
		for i, c := range b {
			if i == 0 && c != msg.Sep || i == 1 && limit(c, maxRecord) == 0 || i == 3 && c != msg.Version {
				return 0, 0, ErrDamaged
			}
		}
		return 0, 0, ErrShort
	}
	kind = b[1]
	length := int64(binary.BigEndian.Uint32(b[4:]))
	if b[0] != msg.Sep || b[3] != msg.Version || length > int64(limit(kind, maxRecord)) {
		return 0, 0, ErrDamaged
	}
	if kind != KindBlock && b[2] != 0 || b[2] > flagZstd {
		return 0, 0, ErrDamaged
	}
	size = msg.HeaderSize + int(length)
	if size > len(b) {
		return kind, size, ErrShort
	}
	return kind, size, nil
}

// limit returns the longest body of a record of this kind; 0 if there is no
// such kind.
func limit(kind byte, maxRecord int) int {
	switch kind {
	case KindMessage:
		return maxRecord
	case KindBlock:
		return MaxBlock
	case KindAck, KindGap, KindTick:
		return maxControl
	}
	return 0
}
