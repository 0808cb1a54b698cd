package cbuf

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestCompute(t *testing.T) {
	b := newBuffer(t, 5, 1, 1, false)
	for i := int64(1); i <= 4; i++ {
		b.Set(i*1e9, 0, float64(i))
	}
	f := func(fn Function, from, to int64, want string) {
		t.Helper()
		v, n, ok := b.Compute(fn, 0, from*1e9, to*1e9)
		equal(t, fmt.Sprintf("%.6g %d %v", v, n, ok), want)
	}
	f(OfSum, 0, 4, "10 4 true")
	f(OfAvg, 0, 4, "2.5 4 true")
	f(OfStdDev, 0, 4, "1.11803 4 true")
	f(OfVariance, 0, 4, "1.25 4 true")
	f(OfMin, 0, 4, "1 4 true")
	f(OfMax, 0, 4, "4 4 true")
	f(OfSum, 3, 4, "7 2 true")
	f(OfStdDev, 3, 4, "0.5 2 true")
	f(OfSum, 0, 0, "0 0 true")
	f(OfMin, 0, 0, "NaN 0 true")
	f(OfMax, 0, 0, "NaN 0 true")
	f(OfAvg, 0, 0, "NaN 0 true")
	f(OfVariance, 0, 0, "NaN 0 true")
	f(OfSum, 3, 5, "NaN 0 false")
	f(OfSum, -1, 4, "NaN 0 false")
	f(OfSum, 4, 3, "NaN 0 false")
	b.Set(6e9, 0, -6) // the window is 2 to 6, and 5 is NaN
	f(OfMin, 2, 6, "-6 4 true")
	f(OfSum, 4, 6, "-2 2 true")
	b.Set(5e9, 0, 0)
	f(OfMax, 5, 6, "0 2 true")
	f(OfMax, 6, 6, "-6 1 true")
}

func TestAppendRange(t *testing.T) {
	b := newBuffer(t, 3, 2, 1, true)
	for i := range int64(5) {
		b.Set(i*1e9, 1, float64(i))
	}
	b.ResetDelta()
	b.Add(3e9, 1, 10)
	f := func(from, to int64, deltas bool, want string) {
		t.Helper()
		got, ok := b.AppendRange(nil, 1, from, to, deltas)
		equal(t, fmt.Sprint(got, ok), want)
	}
	f(2e9, 4e9, false, "[2 13 4] true")
	f(2e9, 4e9, true, "[NaN 10 NaN] true")
	f(3e9, 3e9+1, false, "[13] true")
	f(1e9, 4e9, false, "[] false")
	b = newBuffer(t, 3, 2, 1, false)
	f(0, 2e9, true, "[NaN NaN NaN] true")
}

// ranked returns 20 numbers whose ranks have the sum 381 among those from 1 to 40, and
// behind them the other 20. odd stands in the place of 23.
func ranked(odd float64) []float64 {
	var x, y []float64
	for r := 1.0; r <= 40; r++ {
		switch {
		case r == 23:
			x = append(x, odd)
		case r <= 11 || r >= 33:
			x = append(x, r)
		default:
			y = append(y, r)
		}
	}
	return append(x, y...)
}

// TestMannWhitneyU has the figures of Heka's tests, and small ones.
func TestMannWhitneyU(t *testing.T) {
	f := func(all []float64, n1 int, continuity bool, want string) {
		t.Helper()
		b := newBuffer(t, len(all), 1, 1, false)
		for i, v := range all {
			b.Set(int64(i)*1e9, 0, v)
		}
		last := int64(len(all)-1) * 1e9
		u, p, ok := b.MannWhitneyU(0, 0, int64(n1-1)*1e9, int64(n1)*1e9, last, continuity)
		if !ok {
			p = 0
		}
		equal(t, fmt.Sprintf("%g %.0f %v", u, math.Floor(p*1e5), ok), want)
	}
	f(ranked(23), 20, true, "171 22037 true")
	f(ranked(23), 20, false, "171 21638 true")
	f(ranked(20), 20, true, "168.5 20084 true")
	f([]float64{1, 2, 3, 4}, 2, false, "0 6066 true")
	f([]float64{3, 4, 1, 2}, 2, false, "4 6066 true")
	f([]float64{nan, nan, 1, 2}, 2, false, "0 5123 true")
	f([]float64{7, 7, 7, 7}, 2, true, "NaN 0 false")
	f([]float64{nan, nan, nan, nan}, 2, true, "NaN 0 false")
	b := newBuffer(t, 4, 1, 1, false)
	if _, _, ok := b.MannWhitneyU(0, 0, 1e9, 2e9, 4e9, true); ok {
		t.Error("a range that ends outside the window")
	}
}

// TestRankSum compares ranks with a count of the pairs.
func TestRankSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		x, y := make([]float64, 1+rng.IntN(9)), make([]float64, 1+rng.IntN(9))
		for i := range x {
			x[i] = float64(rng.IntN(6))
		}
		for i := range y {
			y[i] = float64(rng.IntN(6))
		}
		wins := 0.0
		for _, a := range x {
			for _, b := range y {
				switch {
				case a > b:
					wins++
				case a == b:
					wins += .5
				}
			}
		}
		sum, _ := rankSum(x, y)
		if n := float64(len(x)); sum-n*(n+1)/2 != wins {
			t.Fatalf("%v, %v: %g wins, rank sum %g", x, y, wins, sum)
		}
	}
}
