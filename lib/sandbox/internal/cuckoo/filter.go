package cuckoo

import (
	"encoding/binary"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

const (
	slots       = 4 // of a bucket
	slotBytes   = 2
	bucketBytes = slots * slotBytes
	hashSeed    = 1

	// maxKicks bounds how many fingerprints are moved to make room for one.
	maxKicks = 512
)

// filter is a userdata's value.
type filter struct {
	data    []byte
	buckets int  // a power of two
	shift   uint // of a fingerprint's hash, so that an index is left
	count   int
	digest  xxhash.Digest
}

// place is where a key may be: a fingerprint, and a bucket; the other bucket comes
// from both.
type place struct {
	bucket      int
	fingerprint uint16
}

func newFilter(buckets int) *filter {
	return &filter{
		data:    make([]byte, buckets*bucketBytes),
		buckets: buckets,
		shift:   uint(65 - bits.Len(uint(buckets))),
	}
}

func (f *filter) hash(b []byte) uint64 {
	f.digest.ResetWithSeed(hashSeed)
	f.digest.Write(b)
	return f.digest.Sum64()
}

func (f *filter) place(key []byte) place {
	h := f.hash(key)
	return place{int(h % uint64(f.buckets)), max(uint16(h>>48), 1)}
}

// other returns the place of p's fingerprint in its other bucket.
func (f *filter) other(p place) place {
	var b [slotBytes]byte
	binary.LittleEndian.PutUint16(b[:], p.fingerprint)
	return place{p.bucket ^ int(f.hash(b[:])>>f.shift), p.fingerprint}
}

func (f *filter) get(bucket, slot int) uint16 {
	return binary.LittleEndian.Uint16(f.data[bucket*bucketBytes+slot*slotBytes:])
}

func (f *filter) set(bucket, slot int, fingerprint uint16) {
	binary.LittleEndian.PutUint16(f.data[bucket*bucketBytes+slot*slotBytes:], fingerprint)
}

// replace puts to where from is in a bucket, once, and reports whether it was there.
func (f *filter) replace(bucket int, from, to uint16) bool {
	for slot := range slots {
		if f.get(bucket, slot) == from {
			f.set(bucket, slot, to)
			return true
		}
	}
	return false
}

func (f *filter) has(p place) bool {
	return f.replace(p.bucket, p.fingerprint, p.fingerprint) ||
		f.replace(f.other(p).bucket, p.fingerprint, p.fingerprint)
}

func (f *filter) remove(p place) bool {
	return f.replace(p.bucket, p.fingerprint, 0) || f.replace(f.other(p).bucket, p.fingerprint, 0)
}

// insert puts p, which is not there, into one of its buckets. If both are full,
// fingerprints make room, each moving to its other bucket; after maxKicks moves
// there is no room, and all are moved back.
func (f *filter) insert(p place) (kicks int, ok bool) {
	second := f.other(p)
	if f.replace(p.bucket, 0, p.fingerprint) || f.replace(second.bucket, 0, p.fingerprint) {
		return 0, true
	}
	// Any choice of slots is good that differs from one time to the next.
	random := uint32(p.fingerprint)<<16 | uint32(f.count)&0xffff | 1
	if random&(1<<16) != 0 {
		p = second
	}
	var moved [maxKicks]struct{ bucket, slot int }
	for i := range moved {
		random ^= random << 13
		random ^= random >> 17
		random ^= random << 5
		slot := int(random>>8) % slots
		moved[i].bucket, moved[i].slot = p.bucket, slot
		p.fingerprint = f.swap(p.bucket, slot, p.fingerprint)
		if p = f.other(p); f.replace(p.bucket, 0, p.fingerprint) {
			return i + 1, true
		}
	}
	for i := maxKicks - 1; i >= 0; i-- {
		p.fingerprint = f.swap(moved[i].bucket, moved[i].slot, p.fingerprint)
	}
	return maxKicks, false
}

// swap puts a fingerprint into a slot and returns what was there.
func (f *filter) swap(bucket, slot int, fingerprint uint16) uint16 {
	old := f.get(bucket, slot)
	f.set(bucket, slot, fingerprint)
	return old
}
