package hist

import (
	"math"
	"strconv"
)

// maxFine is how many fine buckets linear keeps, so that ten put together still
// leave as many as --buckets may ask for, and a few.
const maxFine = 40 * maxBuckets

// linear has fine buckets whose width is a power of ten: small enough for the
// numbers met so far, and ten times as much whenever these no longer fit. Counts
// are exact. At the end so many of them are put together that at most `want`
// buckets are left, 1, 2 or 5 times a power of ten wide.
type linear struct {
	want int
	exp  int   // width is 10^exp
	base int64 // n[i] counts from (base+i) * width on
	n    []int64
}

// maxIndex bounds the places of fine buckets, so that they are exact in a float.
const maxIndex = 1e15

func (h *linear) add(f float64) {
	if len(h.n) == 0 {
		h.exp = -9
		if f != 0 {
			h.exp = max(-300, int(math.Floor(math.Log10(math.Abs(f))))-9)
		}
	}
	at := place10(f, h.exp)
	for len(h.n) > 0 && (math.Abs(at) > maxIndex || !h.fits(int64(at))) {
		h.coarsen()
		at = place10(f, h.exp)
	}
	i := int64(at)
	h.stretch(i)
	h.n[i-h.base]++
}

// place10 returns the place of f among buckets 10^exp wide: f / 10^exp, rounded
// down, but up where it is less by no more than what arithmetic may have lost.
func place10(f float64, exp int) float64 {
	x := scale(f, -exp)
	return math.Floor(x + math.Abs(x)*1e-13)
}

// scale returns f * 10^exp, by powers that a float holds exactly where it can.
func scale(f float64, exp int) float64 {
	if exp < 0 {
		return f / math.Pow10(-exp)
	}
	return f * math.Pow10(exp)
}

func (h *linear) fits(i int64) bool {
	low, high := min(i, h.base), max(i, h.base+int64(len(h.n))-1)
	return high-low < maxFine
}

// stretch makes room for place i, which fits.
func (h *linear) stretch(i int64) {
	if len(h.n) == 0 {
		h.base = i
	}
	if i < h.base {
		more := make([]int64, h.base-i, h.base-i+int64(len(h.n)))
		h.n, h.base = append(more, h.n...), i
	}
	for i >= h.base+int64(len(h.n)) {
		h.n = append(h.n, 0)
	}
}

// coarsen makes the buckets ten times as wide.
func (h *linear) coarsen() {
	old, from := h.n, h.base
	h.exp++
	h.base = floorDiv(from, 10)
	h.n = make([]int64, floorDiv(from+int64(len(old))-1, 10)-h.base+1)
	for i, c := range old {
		h.n[floorDiv(from+int64(i), 10)-h.base] += c
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (h *linear) each(f func(lower, upper float64, n int64) bool) {
	step, coarse := h.step()
	last := h.base + int64(len(h.n)) - 1
	for i := floorDiv(h.base, step); len(h.n) > 0 && i <= floorDiv(last, step); i++ {
		var sum int64
		for at := max(i*step, h.base); at < (i+1)*step && at <= last; at++ {
			sum += h.n[at-h.base]
		}
		if !f(h.value(i, coarse), h.value(i+1, coarse), sum) {
			return
		}
	}
}

// step is 1, 2, 5 or ten times as many: how many fine buckets make up a bucket.
type step struct {
	mant int64
	exp  int // of the width of a bucket: mant * 10^exp
}

func (h *linear) step() (n int64, s step) {
	s = step{1, h.exp}
	n = 1
	last := h.base + int64(len(h.n)) - 1
	for {
		buckets := floorDiv(last, n) - floorDiv(h.base, n) + 1
		if buckets <= int64(h.want) || buckets == 2 && h.base < 0 && last >= 0 {
			return n, s // no width makes one bucket of both sides of 0
		}
		switch s.mant {
		case 1:
			s.mant, n = 2, n*2
		case 2:
			s.mant, n = 5, n/2*5
		default:
			s.mant, s.exp, n = 1, s.exp+1, n*2
		}
	}
}

// value returns the bound i * s as the float nearest to its decimal.
func (h *linear) value(i int64, s step) float64 {
	f, err := strconv.ParseFloat(strconv.FormatInt(i*s.mant, 10)+"e"+strconv.Itoa(s.exp), 64)
	if err != nil {
		return scale(float64(i*s.mant), s.exp) // beyond the largest float: infinite
	}
	return f
}
