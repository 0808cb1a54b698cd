package hist

import (
	"math"
	"strconv"
)

// Exponents of the smallest and the largest bound.
const (
	minExp = -9
	maxExp = 18
)

// bounds are 1, 2 and 5 times the powers of ten from 1e-9 to 1e18.
var bounds = func() []float64 {
	var b []float64
	for e := minExp; e <= maxExp; e++ {
		for _, m := range []string{"1", "2", "5"} {
			f, err := strconv.ParseFloat(m+"e"+strconv.Itoa(e), 64)
			if err != nil {
				panic(err)
			}
			b = append(b, f)
		}
	}
	return b
}()

const numBounds = 3 * (maxExp - minExp + 1)

// logarithmic has buckets between the bounds, the same mirrored for negative
// numbers, and one for 0. below[i] and above[i] are up to bounds[i]; the last of
// each has no end. What is smaller than the smallest bound stands in [0].
type logarithmic struct {
	below, above [numBounds + 1]int64
	zero         int64
}

func (h *logarithmic) add(f float64) {
	switch {
	case f == 0:
		h.zero++
	case f > 0:
		h.above[place(f)]++
	default:
		h.below[place(-f)]++
	}
}

// place returns the number of bounds that are f or less.
func place(f float64) int {
	i, j := 0, numBounds
	for i < j {
		m := int(uint(i+j) >> 1)
		if bounds[m] <= f {
			i = m + 1
		} else {
			j = m
		}
	}
	return i
}

// lowerBound and upperBound are those of bucket i of above.
func lowerBound(i int) float64 {
	if i == 0 {
		return 0
	}
	return bounds[i-1]
}

func upperBound(i int) float64 {
	if i == numBounds {
		return math.Inf(1)
	}
	return bounds[i]
}

func (h *logarithmic) each(f func(lower, upper float64, n int64) bool) {
	first, last := used(h.below[:])
	for i := last; i >= first; i-- {
		if !f(-upperBound(i), -lowerBound(i), h.below[i]) {
			return
		}
	}
	if h.zero > 0 && !f(0, 0, h.zero) {
		return
	}
	first, last = used(h.above[:])
	for i := first; i <= last; i++ {
		if !f(lowerBound(i), upperBound(i), h.above[i]) {
			return
		}
	}
}

// used returns the first and the last bucket that is not empty; first > last if
// all are.
func used(n []int64) (first, last int) {
	for first < len(n) && n[first] == 0 {
		first++
	}
	last = len(n) - 1
	for last >= first && n[last] == 0 {
		last--
	}
	return first, last
}
