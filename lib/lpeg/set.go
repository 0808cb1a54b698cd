package lpeg

import "math/bits"

// A set is a set of bytes.
type set [4]uint64

func (s *set) has(c byte) bool { return s[c>>6]>>(c&63)&1 != 0 }

func (s *set) add(c byte) { s[c>>6] |= 1 << (c & 63) }

// addRange adds the bytes lo to hi; none if lo is the larger.
func (s *set) addRange(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		s.add(byte(c))
	}
}

func (s set) union(t set) set {
	return set{s[0] | t[0], s[1] | t[1], s[2] | t[2], s[3] | t[3]}
}

func (s set) minus(t set) set {
	return set{s[0] &^ t[0], s[1] &^ t[1], s[2] &^ t[2], s[3] &^ t[3]}
}

func (s set) meets(t set) bool {
	return s[0]&t[0]|s[1]&t[1]|s[2]&t[2]|s[3]&t[3] != 0
}

func (s set) complement() set { return allBytes.minus(s) }

// count returns how many bytes s has.
func (s set) count() int {
	return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) +
		bits.OnesCount64(s[2]) + bits.OnesCount64(s[3])
}

// first returns the smallest byte of s, which is not empty.
func (s set) first() byte {
	for i, w := range s {
		if w != 0 {
			return byte(i*64 + bits.TrailingZeros64(w))
		}
	}
	return 0
}

var allBytes = set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

func oneByte(c byte) set {
	var s set
	s.add(c)
	return s
}

// A table is a set as the machine tests it.
type table [256]bool

func (s set) table() *table {
	t := new(table)
	for c := range t {
		t[c] = s.has(byte(c))
	}
	return t
}
