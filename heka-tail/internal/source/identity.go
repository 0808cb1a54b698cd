package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"

	"golang.org/x/sys/unix"
)

// Key tells files apart that exist at the same time. A file system may give the
// number of one that is gone to the next, which then differs in its time of
// birth, where the file system knows that.
type Key struct {
	Dev, Ino uint64
	Born     int64 // nanoseconds since 1970 UTC; 0 if unknown
}

// Status is what a look at a file's inode tells.
type Status struct {
	Key   Key
	Size  int64
	Mtime int64  // nanoseconds since 1970 UTC
	Links uint64 // names that the file has; 0: it is deleted, and open still

	mode uint32
}

// Regular reports whether the file has a size and offsets.
func (s *Status) Regular() bool { return s.mode&unix.S_IFMT == unix.S_IFREG }

// Dir reports whether it is a directory.
func (s *Status) Dir() bool { return s.mode&unix.S_IFMT == unix.S_IFDIR }

// lineSize is how much of the first line is part of the identity.
const lineSize = 256

// Identity names a content. It is the first half of the uuids of its records: the
// bits of version 8, and a hash.
type Identity uint64

// NewIdentity returns the identity of the content that the file of key k has after
// gen truncations, which starts with head, unpacked: its first line counts, or as
// much of it as head has up to 256 bytes.
func NewIdentity(k Key, gen uint32, head []byte) Identity {
	line, _ := firstLine(head)
	var b [28 + lineSize]byte
	binary.BigEndian.PutUint64(b[0:], k.Dev)
	binary.BigEndian.PutUint64(b[8:], k.Ino)
	binary.BigEndian.PutUint64(b[16:], uint64(k.Born))
	n := 24 + copy(b[24:], line)
	if gen > 0 {
		binary.BigEndian.PutUint32(b[n:], gen)
		n += 4
	}
	sum := sha256.Sum256(b[:n])
	return Identity(binary.BigEndian.Uint64(sum[:])&^0xf000 | 8<<12)
}

// firstLine returns what of head is part of the identity, and whether more of the
// content would not change that.
func firstLine(head []byte) (line []byte, whole bool) {
	line = head[:min(len(head), lineSize)]
	if n := bytes.IndexByte(line, '\n'); n >= 0 {
		return line[:n+1], true
	}
	return line, len(line) == lineSize
}

// newPipeIdentity returns the identity of a stream that can't be read again: that
// of a uuid of version 7 made at now, nanoseconds since 1970 UTC.
func newPipeIdentity(now int64) Identity {
	return Identity(uint64(now/1e6)<<16 | 7<<12 | rand.Uint64()&0xfff)
}
