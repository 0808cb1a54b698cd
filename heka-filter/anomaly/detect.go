package anomaly

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"heka/lib/cbuf"
)

// fits says what is wrong with s for buffers of so many rows and columns; nil if nothing.
func (s *spec) fits(name string, rows, cols int) error {
	switch {
	case s.col < 1 || s.col > cols:
		return fmt.Errorf("%scolumn out of range (columns=%d)", s.prefix(name), cols)
	case s.algorithm == roc && (s.win < 1 || s.win >= (rows+2)/3 || s.hwin > 0 && s.hwin < s.win):
		return fmt.Errorf("%swin=%d hwin=%d arguments out of range (rows=%d)",
			s.prefix(name), s.win, s.hwin, rows)
	case s.algorithm != roc && (s.win < 1 || int64(s.win)*int64(s.nwin) >= int64(rows)):
		return fmt.Errorf("%sarguments out of range", s.prefix(name))
	}
	return nil
}

// minHistory is the shortest history that says anything of what is usual.
const minHistory = 10

// need returns after how many rows a series, of at most so many, is old enough for s. Before
// that everything is a change: a history of one row has no deviation, and rows from before
// the start are smaller than all others.
func (s *spec) need(rows int) int {
	if s.algorithm == roc {
		return min(2*s.win+max(s.hwin, s.win, minHistory), rows-1)
	}
	return s.win * s.nwin
}

func (s *spec) prefix(name string) string {
	return name + " - algorithm: " + s.algorithm + " col: " + strconv.Itoa(s.col) + " msg: "
}

// detect looks for what s describes in the newest complete rows of b, which fits: the
// newest row of all is left out. It returns what it found; empty if nothing.
func (s *spec) detect(b *cbuf.Buffer) string {
	switch s.algorithm {
	case roc:
		return s.rateOfChange(b)
	case mww:
		return s.shift(b)
	}
	return s.overlap(b)
}

// rateOfChange compares the mean of the last window with that of the window before, and
// the difference with the standard deviation of what was before both.
//
//	|...history...|..window before..|...last window...|newest row|
//	hs          he ps             pe cs             ce
func (s *spec) rateOfChange(b *cbuf.Buffer) string {
	row := int64(b.SecondsPerRow()) * 1e9
	win := int64(s.win) * row
	cs, ps := b.Time()-win, b.Time()-2*win
	hs := b.Start()
	if s.hwin > 0 {
		hs = max(hs, ps-int64(s.hwin)*row)
	}
	col := s.col - 1
	sd, _, _ := b.Compute(cbuf.OfStdDev, col, hs, ps-row)
	before, had, _ := b.Compute(cbuf.OfAvg, col, ps, cs-row)
	last, has, _ := b.Compute(cbuf.OfAvg, col, cs, b.Time()-row)
	switch {
	case s.loss && had > 0 && has == 0:
		return "no new data"
	case s.start && had == 0 && has > 0:
		return "unexpected data"
	case math.Abs(last-before) > sd*s.limit:
		return "detected anomaly, standard deviation exceeds " + formatG(s.limit)
	}
	return ""
}

// windows calls f with the times of the last window and of each of those before it.
func (s *spec) windows(b *cbuf.Buffer, f func(from1, to1, from2, to2 int64)) {
	row := int64(b.SecondsPerRow()) * 1e9
	win := int64(s.win) * row
	last := b.Time() - win
	for i := int64(1); i < int64(s.nwin); i++ {
		from := last - i*win
		f(last, b.Time()-row, from, from+win-row)
	}
}

// shift counts the windows that differ from the last one, in the direction that was asked
// for.
func (s *spec) shift(b *cbuf.Buffer) string {
	col, found := s.col-1, 0
	s.windows(b, func(from1, to1, from2, to2 int64) {
		last, _, _ := b.Compute(cbuf.OfAvg, col, from1, to1)
		mean, _, _ := b.Compute(cbuf.OfAvg, col, from2, to2)
		if s.trend == "decreasing" && !(mean > last) || s.trend == "increasing" && !(mean < last) {
			return
		}
		if _, p, ok := b.MannWhitneyU(col, from1, to1, from2, to2, true); ok && p < s.limit {
			found++
		}
	})
	if float64(found) <= float64(s.nwin)/4 {
		return ""
	}
	if s.trend == "any" {
		return "detected anomaly"
	}
	return "detected anomaly, " + s.trend + " values"
}

// overlap is one half where the last window is like those before; more if its numbers are
// larger.
func (s *spec) overlap(b *cbuf.Buffer) string {
	sum := 0.0
	s.windows(b, func(from1, to1, from2, to2 int64) {
		if u, _, ok := b.MannWhitneyU(s.col-1, from1, to1, from2, to2, true); ok {
			sum += u/float64(s.win*s.win) - 0.5
		}
	})
	stat := sum/float64(s.nwin-1) + 0.5
	if s.limit < 0.5 && stat < s.limit || s.limit > 0.5 && stat > s.limit {
		return "detected anomaly, pstat: " + formatG(stat)
	}
	return ""
}

// formatG writes f as %G does in C: six digits, no zeros at the end.
func formatG(f float64) string {
	s := strconv.FormatFloat(f, 'e', 5, 64)
	mantissa, exp, ok := strings.Cut(s, "e")
	if !ok {
		return strings.ToUpper(s)
	}
	n, _ := strconv.Atoi(exp)
	if n >= -4 && n < 6 {
		s = strconv.FormatFloat(f, 'f', 5-n, 64)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	return mantissa + "E" + exp
}
