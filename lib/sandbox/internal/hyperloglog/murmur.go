package hyperloglog

import "encoding/binary"

// seed is the one that Redis uses.
const seed = 0xadc83b19

// murmur returns the 64-bit hash of b: MurmurHash64A, Austin Appleby's MurmurHash2
// for 64-bit machines.
func murmur(b []byte) uint64 {
	const m, r = 0xc6a4a7935bd1e995, 47
	h := seed ^ uint64(len(b))*m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		k = (k ^ k>>r) * m
		h = (h ^ k) * m
	}
	if len(b) > 0 {
		var tail [8]byte
		copy(tail[:], b)
		h = (h ^ binary.LittleEndian.Uint64(tail[:])) * m
	}
	h = (h ^ h>>r) * m
	return h ^ h>>r
}
