// Package spool is a bounded queue on disk in front of a node: heka-spool(5). What is
// appended comes out of it again, in order, once or more often, whatever happens to the
// program, the machine or the disk meanwhile. Its segments are captures.
//
// Open a Spool on a folder and Append batches; done is called when they are on disk.
// Source is the stage that reads it, under a name: each name has a cursor, which moves as
// that stage is acknowledged. Close it. What all cursors have passed is removed.
//
//	Append ── memory ── committer ──> 00000000000000000000.heka
//	            |           |         00000000000067108864.heka <── Source "store"
//	          waits        done       00000000000134217728.heka <── Source "replay"
//	                                  positions     the cursors: heka-positions(5)
//	                                  damaged-...   what could not be read
//	                                  lock
//
// One goroutine writes: it takes all that came while it was busy, writes it as blocks of
// up to 256 KiB, syncs, and tells who waits; so an fsync serves many batches. Readers follow
// what is written, synced or not. Nothing is done per message but to copy it.
//
// # Segments
//
// A segment is named for the offset of its first byte in the spool, as twenty digits.
// Offsets only grow, and are the measure of cursors and of a Source's Ranges. A segment
// is a run of entries, each a stamp and a block:
//
//	+--------------------------------+----------------------------------------+
//	| 'T' record, 32 bytes           | 'B' record: crc32c of all of its body  |
//	| time, offset, salt, crc32c     | count, times, messages                 |
//	+--------------------------------+----------------------------------------+
//
// Readers of captures pass over a stamp: to them it is a tick. It is there for what a
// checksum of the block alone does not find. The offset tells a block that stands where it
// was not written: of two segments whose names were swapped, of a sector that went
// astray. The salt, one a segment, tells what an older segment left on the disk, and the
// block that a message quotes: log lines are hostile, and one may hold a whole segment. The
// checksum covers the header of the block, so that a length is never believed
// that was hit.
//
// # What goes wrong, and what holds
//
// The program is killed amid a write. The last segment ends within an entry. Open
// looks at its tail alone, finds the last entry that is whole, and cuts the file there: what
// is cut off was not told to be on disk. The next entry begins another segment, as it
// does after any trouble: nothing is written behind what was torn.
//
// The power is cut. The same, for file and name are synced before done is called. A
// cursor may have been saved of what readers had before it was synced: then the next segment
// begins at the cursor, so that nothing new ever stands before it.
//
// A block is damaged: bits flipped, zeros, a stretch gone. It alone is lost. The reader
// looks for the next stamp that is right, copies what is between to a file damaged-OFFSET,
// counts it, says so, and goes on. What is missing altogether is counted as well. Two
// files for one place: the longer is read, the other put aside.
//
// A cursor is lost or damaged. Package position keeps two copies with checksums; if neither
// serves, the reader starts at the oldest segment, and it is said in the log: to repeat is
// better than to lose. A cursor before the oldest segment goes on with that.
//
// The disk is full, or fails. What was appended waits in memory, within a bound, and is
// tried again, after 20 ms and then up to a second. A write that failed is cut back to
// the end of the last entry. An fsync that failed is not believed when it succeeds the next
// time: the segment ends where it was synced last, and what stood behind is written
// again to another, so that it may come twice. What is acknowledged is removed all the
// while, which is what makes room. A segment that somebody removed while it was
// written is such a failure, too.
//
// Max is reached. Options.Full says what then: Block makes Append wait, DropNew gives up what
// comes, DropOld the oldest segment. What was given up is counted, in messages and bytes. What
// memory can't take any more because the disk fails is given up under the latter two, and
// waited with under Block.
//
// A place can't be read at all. It is tried four times, and then counts as damage. It is
// for Open never a reason to fail, nor to cut anything off.
//
// Two programs have one spool. The second is refused with a position.BusyError.
//
// # Bounds
//
// On disk: Max and less than a segment, and as much as a segment of damage put aside. In
// memory: an eighth of Max, from 64 KiB to 16 MiB, twice (what waits and what is being
// written); half a MiB for each reader; both are given back when the spool is idle.
// Open reads 40 bytes of each segment and the last 8 MiB.
package spool
