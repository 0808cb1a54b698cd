package hyperloglog

import (
	"math"
	"math/bits"
)

const (
	indexBits  = 14
	registers  = 1 << indexBits
	width      = 6 // bits of a register
	dataBytes  = registers * width / 8
	headBytes  = 16
	stateBytes = headBytes + dataBytes
)

// registerSet holds for each of 16384 shares of the hashes the longest run of zeros that
// was met in them, plus one. Register i is the 6 bits from bit 6i on, the least
// significant bit of a byte being its first. That is the dense form of Redis.
type registerSet struct {
	data    [dataBytes]byte
	counted bool
	count   float64 // if counted
}

// get returns register i.
func (s *registerSet) get(i int) byte {
	bit := i * width
	at, shift := bit/8, bit%8
	v := uint(s.data[at])
	if at+1 < dataBytes {
		v |= uint(s.data[at+1]) << 8
	}
	return byte(v>>shift) & (1<<width - 1)
}

// set sets register i.
func (s *registerSet) set(i int, v byte) {
	bit := i * width
	at, shift := bit/8, bit%8
	mask := uint(1<<width-1) << shift
	word := uint(v) << shift
	s.data[at] = s.data[at]&^byte(mask) | byte(word)
	if shift > 8-width {
		s.data[at+1] = s.data[at+1]&^byte(mask>>8) | byte(word>>8)
	}
	s.counted = false
}

// raise makes register i at least v, and reports whether it was less.
func (s *registerSet) raise(i int, v byte) bool {
	if s.get(i) >= v {
		return false
	}
	s.set(i, v)
	return true
}

// add notes a hash: its low bits choose the register, the zeros above are counted.
func (s *registerSet) add(hash uint64) bool {
	rest := hash>>indexBits | 1<<(64-indexBits)
	return s.raise(int(hash%registers), byte(1+bits.TrailingZeros64(rest)))
}

// merge takes over what other has seen.
func (s *registerSet) merge(other *registerSet) {
	for i := range registers {
		s.raise(i, other.get(i))
	}
}

// estimate returns how many different hashes were added, as Redis did up to
// version 4: the harmonic mean of Flajolet et al., counting the empty registers
// where they are many, and a correction up to 72000, fitted to what is measured.
func (s *registerSet) estimate() float64 {
	if s.counted {
		return s.count
	}
	const m = float64(registers)
	sum, empty := 0.0, 0
	for i := range registers {
		v := s.get(i)
		sum += 1 / float64(uint64(1)<<v)
		if v == 0 {
			empty++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	switch {
	case e < 2.5*m && empty > 0:
		e = m * math.Log(m/float64(empty))
	case e < 72000:
		percent := 5.9119e-18*e*e*e*e - 1.4253e-12*e*e*e + 1.2940e-7*e*e - 5.2921e-3*e + 83.3216
		e -= e * percent / 100
	}
	s.count, s.counted = math.Floor(e), true
	return s.count
}
