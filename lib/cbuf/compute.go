package cbuf

import (
	"cmp"
	"math"
	"slices"
)

var nan = math.NaN()

// Function is what Compute makes of a range of a column.
type Function uint8

// The functions. StdDev and Variance are those of the whole, not of a sample.
const (
	OfSum Function = iota
	OfAvg
	OfStdDev
	OfMin
	OfMax
	OfVariance
)

// rowsOf returns where the rows from `from` to `to` stand in the ring: n of them,
// from place row on, and around. False: either time is outside the window, or
// they are the wrong way round.
func (b *Buffer) rowsOf(from, to int64) (row, n int, ok bool) {
	row, ok = b.find(from)
	if _, isIn := b.find(to); !ok || !isIn || to < from {
		return 0, 0, false
	}
	return row, int(floor(to, b.step)-floor(from, b.step)) + 1, true
}

// RowsBetween returns how many rows Compute looks at; 0: there are none.
func (b *Buffer) RowsBetween(from, to int64) int {
	_, n, _ := b.rowsOf(from, to)
	return n
}

// each calls f for the cells of column col in n rows from place row on that are
// numbers.
func (b *Buffer) each(col, row, n int, f func(v float64)) {
	for range n {
		if v := b.values[row*b.cols+col]; v == v {
			f(v)
		}
		if row++; row == b.rows {
			row = 0
		}
	}
}

// Compute returns f of column col, counted from 0, in the rows of the times from to
// to, both included, and how many of those have a number. Where none has, the sum is
// 0 and all else NaN. False: one of the times is outside the window.
//
// The largest of numbers that are all 0 or less is that number. Heka gave NaN, as
// its maximum started from the smallest positive number.
func (b *Buffer) Compute(f Function, col int, from, to int64) (v float64, count int, ok bool) {
	b.check(col)
	row, n, ok := b.rowsOf(from, to)
	if !ok {
		return nan, 0, false
	}
	sum, least, most := 0.0, math.Inf(1), math.Inf(-1)
	b.each(col, row, n, func(v float64) {
		count++
		sum += v
		least, most = math.Min(least, v), math.Max(most, v)
	})
	if f == OfSum {
		return sum, count, true
	}
	if count == 0 {
		return nan, 0, true
	}
	switch f {
	case OfAvg:
		return sum / float64(count), count, true
	case OfMin:
		return least, count, true
	case OfMax:
		return most, count, true
	}
	v = b.variance(col, row, n, sum/float64(count), count)
	if f == OfStdDev {
		v = math.Sqrt(v)
	}
	return v, count, true
}

func (b *Buffer) variance(col, row, n int, avg float64, count int) float64 {
	squares := 0.0
	b.each(col, row, n, func(v float64) { squares += (v - avg) * (v - avg) })
	return squares / float64(count)
}

// AppendRange appends the cells of column col in the rows of the times from to to,
// both included: what they hold, or with deltas what has changed of them. False: one
// of the times is outside the window.
func (b *Buffer) AppendRange(
	dst []float64, col int, from, to int64, deltas bool,
) ([]float64, bool) {
	b.check(col)
	row, n, ok := b.rowsOf(from, to)
	if !ok {
		return dst, false
	}
	cells := b.values
	if deltas {
		if cells = nil; b.delta != nil {
			cells = b.delta.cells
		}
	}
	for range n {
		v := nan
		if cells != nil {
			v = cells[row*b.cols+col]
		}
		dst = append(dst, v)
		if row++; row == b.rows {
			row = 0
		}
	}
	return dst, true
}

// MannWhitneyU tests whether the numbers of column col at the times from1 to to1
// tend to be larger than those from2 to to2: u is the statistic of the first range,
// p the one-sided probability by the normal approximation, corrected for ties, and
// with continuity for continuity, too. NaN is smaller than any number, and equal to
// itself. The ranges do not overlap. False: a time is outside the window, or all
// cells are equal.
func (b *Buffer) MannWhitneyU(
	col int, from1, to1, from2, to2 int64, continuity bool,
) (u, p float64, ok bool) {
	x, ok1 := b.AppendRange(nil, col, from1, to1, false)
	y, ok2 := b.AppendRange(nil, col, from2, to2, false)
	if !ok1 || !ok2 {
		return nan, nan, false
	}
	sum, ties := rankSum(x, y)
	if ties == 0 {
		return nan, nan, false
	}
	n1, n2 := float64(len(x)), float64(len(y))
	u = sum - n1*(n1+1)/2
	far := max(u, n1*n2-u) - n1*n2/2
	if continuity {
		far -= 0.5
	}
	z := math.Abs(far / math.Sqrt(ties*n1*n2*(n1+n2+1)/12))
	return u, math.Erfc(z/math.Sqrt2) / 2, true
}

// rankSum ranks the numbers of x and y together from 1, equal ones in the middle of
// the places they take, and returns the sum of the ranks of x, and by how much ties
// make the variance smaller: 1 without any, 0 if all are equal.
func rankSum(x, y []float64) (sum, ties float64) {
	type number struct {
		v     float64
		first bool
	}
	all := make([]number, 0, len(x)+len(y))
	for _, v := range x {
		all = append(all, number{v, true})
	}
	for _, v := range y {
		all = append(all, number{v, false})
	}
	slices.SortFunc(all, func(a, b number) int { return cmp.Compare(a.v, b.v) })
	tied := 0.0
	for i := 0; i < len(all); {
		j, ofX := i, 0
		for ; j < len(all) && cmp.Compare(all[j].v, all[i].v) == 0; j++ {
			if all[j].first {
				ofX++
			}
		}
		sum += float64(ofX) * float64(i+1+j) / 2
		k := float64(j - i)
		tied += k*k*k - k
		i = j
	}
	n := float64(len(all))
	return sum, 1 - tied/(n*n*n-n)
}
