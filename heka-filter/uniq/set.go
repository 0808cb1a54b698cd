package uniq

import (
	"github.com/axiomhq/hyperloglog"
	"github.com/cespare/xxhash/v2"
)

// Bounds of what is counted exactly: in one set, and room in the tables of all
// sets together.
const (
	maxExact = 10_000
	maxRoom  = 1 << 20
)

const (
	firstSlots = 16
	denseFrom  = 2048 // values from which a sketch is not worth keeping sparse
	spread     = 0x9e3779b97f4a7c15
)

// set is a set of values of which only the size matters. It keeps their hashes of
// 64 bits; beyond a bound it is a HyperLogLog of 2^14 registers, with a standard
// error of 0.8 %. The hash has no seed, so that the same values always give the
// same answer. The zero set is empty.
type set struct {
	slots  []uint64 // open addressing; 0 is free
	n      int
	sketch *hyperloglog.Sketch
}

func (s *set) exact() bool { return s.sketch == nil }

func (s *set) len() int64 {
	if s.sketch != nil {
		return int64(s.sketch.Estimate())
	}
	return int64(s.n)
}

// add adds value. room is how many more slots there may be, here or elsewhere.
func (s *set) add(value []byte, room *int) {
	h := xxhash.Sum64(value)
	if s.sketch != nil {
		s.sketch.InsertHash(h)
		return
	}
	h = max(h, 1)
	if len(s.slots) > 0 && !s.put(h) {
		return
	}
	if s.n++; s.n > maxExact || s.n > len(s.slots)/4*3 && !s.grow(room) {
		s.approximate(room)
		s.sketch.InsertHash(h)
		return
	}
	s.put(h)
}

// put adds h; false if it was there already. With room for no more, it only looks.
func (s *set) put(h uint64) bool {
	mask := uint64(len(s.slots) - 1)
	for i := (h * spread) >> 20 & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return false
		case 0:
			s.slots[i] = h
			return true
		}
	}
}

// grow doubles the slots; false if there is no room.
func (s *set) grow(room *int) bool {
	n := max(firstSlots, 2*len(s.slots))
	if *room < n-len(s.slots) {
		return false
	}
	*room -= n - len(s.slots)
	old := s.slots
	s.slots = make([]uint64, n)
	for _, h := range old {
		if h != 0 {
			s.put(h)
		}
	}
	return true
}

// approximate makes s a sketch.
func (s *set) approximate(room *int) {
	if s.n < denseFrom {
		s.sketch = hyperloglog.New()
	} else {
		s.sketch = hyperloglog.NewNoSparse()
	}
	for _, h := range s.slots {
		if h != 0 {
			s.sketch.InsertHash(h)
		}
	}
	*room += len(s.slots)
	s.slots = nil
}
