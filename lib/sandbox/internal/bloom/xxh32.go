package bloom

import (
	"encoding/binary"
	"math/bits"
)

// The primes of XXH32, from its specification.
const (
	prime1 uint32 = 0x9E3779B1
	prime2 uint32 = 0x85EBCA77
	prime3 uint32 = 0xC2B2AE3D
	prime4 uint32 = 0x27D4EB2F
	prime5 uint32 = 0x165667B1
)

// xxh32 returns the 32-bit xxHash of b.
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
func xxh32(b []byte, seed uint32) uint32 {
	h := seed + prime5
	size := uint32(len(b))
	if len(b) >= 16 {
		lanes := [4]uint32{seed + prime1 + prime2, seed + prime2, seed, seed - prime1}
		for ; len(b) >= 16; b = b[16:] {
			for i := range lanes {
				lane := lanes[i] + binary.LittleEndian.Uint32(b[4*i:])*prime2
				lanes[i] = bits.RotateLeft32(lane, 13) * prime1
			}
		}
		h = 0
		for i, lane := range lanes {
			h += bits.RotateLeft32(lane, [4]int{1, 7, 12, 18}[i])
		}
	}
	h += size
	for ; len(b) >= 4; b = b[4:] {
		h += binary.LittleEndian.Uint32(b) * prime3
		h = bits.RotateLeft32(h, 17) * prime4
	}
	for _, c := range b {
		h += uint32(c) * prime5
		h = bits.RotateLeft32(h, 11) * prime1
	}
	h ^= h >> 15
	h *= prime2
	h ^= h >> 13
	h *= prime3
	return h ^ h>>16
}
