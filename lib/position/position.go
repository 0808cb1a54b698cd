// Package position keeps on disk where sources have got to, so that a program that
// was stopped, killed or cut off from power goes on where it was: heka-positions(5).
//
// Open a Store on a folder, Put a Record whenever a position has moved, and Save now
// and then. What moves a position is a Tracker: it is told what was sent and what was
// acknowledged, in any order, and the position follows what was acknowledged without
// a gap. Nothing here looks at a clock or starts a goroutine.
//
// # What goes wrong, and what holds
//
// A position must never be ahead of what was delivered: lines would be lost. It may
// be behind: lines are delivered again, with the uuids that they had. So whatever
// happens, a record comes back as it was at the last Save or at one before it.
//
// The program is killed, again and again. A Save makes a new file beside the one
// that is there and renames it over; steps.go has the steps and what each leaves
// behind. There is no moment without a whole copy, so after a kill the store is as
// before the Save or as after it, and a new file that was complete is taken as saved.
//
// The power is cut. Renamed files with nothing in them, or NULs, come of renaming
// before the data is on disk: so the file is synced first, and the folder after.
//
// A copy is damaged all the same: a bit flipped, cut short, empty, NULs, an older
// program's. All of it is covered by checksums, one a record, so damage never reads
// as a position. The copy before it, positions.old, is used, with those records of the
// damaged one laid over it that are whole; checksums by record cost 12 bytes each and
// save positions even if both copies are hurt, which one checksum over all would
// not. The damaged file is kept as positions.damaged, and it is said in the log. If no
// copy is whole, Damaged tells the caller, who then reads files that he does not know from
// their beginning; a store that is gone is not a first run either, as long as its
// lock is there to tell. To go to the end of a file without a word would lose lines.
//
// A newer program wrote the store. It is refused (ErrNewer) and left alone. The
// version stands in a line with a checksum of its own, whatever the format behind it:
// a flipped bit makes no newer version of it.
//
// The disk is full, or read-only, or fails. Save says so, what was saved before stays,
// the new file goes to make room, and the store remembers that it has to be saved;
// the next Save that finds room does it. An fsync that failed once is not
// believed when it succeeds later: every Save writes a new file.
//
// Two programs have one store. The second is refused with a BusyError. The lock is
// the kernel's and ends with the process that holds it, so that kill -9 leaves nothing
// behind that a person would have to remove. If the lock file is deleted under
// the program, the next Save sees it and takes the lock anew, or stops saving.
package position

import "crypto/sha256"

// Sum recognises a stretch of bytes again: its length, and the first 16 bytes of its
// SHA-256. Two Sums of the same bytes are ==. The zero Sum is of nothing known; the
// Sum of no bytes differs from it.
type Sum struct {
	Len  uint32
	Hash [16]byte
}

// NewSum returns the Sum of p, which is shorter than 4 GiB.
func NewSum(p []byte) Sum {
	h := sha256.Sum256(p)
	return Sum{Len: uint32(len(p)), Hash: [16]byte(h[:16])}
}

// Record is how far one content has been delivered, and what it is known again by.
// A content is what one generation of a file holds, whatever its name is by now.
type Record struct {
	// ID is the identity of the content: the first half of the uuids of its
	// records. It is the key of the store.
	ID     uint64
	Stream string // the stream that the content belongs to
	Path   string // where it was seen last; any bytes

	Dev, Ino uint64 // of its inode
	Born     int64  // birth of the inode, ns since 1970 UTC; 0: not known
	Gen      uint32 // how often the file was truncated before
	Packed   bool   // bytes are counted in the unpacked content

	Offset int64 // delivered up to here, in bytes; never negative
	Seen   int64 // an unfinished line behind Offset was delivered up to here; 0: none
	Head   Sum   // of the first bytes
	Tail   Sum   // of the bytes before Offset

	Size, Mtime int64 // of the inode, as last seen: bytes, ns since 1970 UTC
	Time        int64 // when the record was changed last, ns since 1970 UTC; set by the caller
}
