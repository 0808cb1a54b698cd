package match

// bits is some of the expressions of a Set.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func (b bits) add(i int32) { b[i>>6] |= 1 << (i & 63) }
