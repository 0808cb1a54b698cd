package match

// bits is some of the expressions of a Set.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func (b bits) add(i int32)      { b[i>>6] |= 1 << (i & 63) }
func (b bits) drop(i int32)     { b[i>>6] &^= 1 << (i & 63) }
func (b bits) has(i int32) bool { return b[i>>6]>>(i&63)&1 != 0 }

// meets reports whether b and o have a member in common.
func (b bits) meets(o bits) bool {
	for i := range b {
		if b[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// keep drops what isn't in o.
func (b bits) keep(o bits) {
	for i := range b {
		b[i] &= o[i]
	}
}
