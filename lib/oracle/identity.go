package oracle

import (
	"hash/maphash"
)

// identities remembers the uuids of lines: of the last hundred thousand or so, in
// tables of one size whatever comes.
type identities struct {
	seed   maphash.Seed
	byUuid []identity
	byLine []identity
}

type identity struct {
	uuid [16]byte
	src  uint32
	seq  int64
}

const numIdentities = 1 << 16

func newIdentities() *identities {
	return &identities{
		seed:   maphash.MakeSeed(),
		byUuid: make([]identity, numIdentities), byLine: make([]identity, numIdentities),
	}
}

// What a line met.
const (
	nothing   = iota
	otherUuid // it had another uuid before
	otherLine // its uuid was that of another line
)

// meet notes that a line came with this uuid, and says what is known against it.
func (t *identities) meet(src uint32, seq int64, uuid []byte) int {
	now := identity{src: src, seq: seq}
	copy(now.uuid[:], uuid)
	u := &t.byUuid[maphash.Bytes(t.seed, uuid)%numIdentities]
	l := &t.byLine[(uint64(src)*7919+uint64(seq))%numIdentities]
	met := nothing
	switch {
	case u.src != 0 && u.uuid == now.uuid && (u.src != src || u.seq != seq):
		met = otherLine
	case l.src == src && l.seq == seq && l.uuid != now.uuid:
		met = otherUuid
	}
	*u, *l = now, now
	return met
}
