package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// row is one line of a table: what was measured in each run.
type row struct {
	name   string
	unit   string
	versus *row // measured in the same runs
	aim    *aim // nil: there is none
	shown  string
	per    string // what the CPU seconds are of: s/GB, or s

	values, cpu, peak []float64
}

// aim is what the median of a row, or that of its ratios, is to be.
type aim struct {
	bound float64
	least bool // it is the least that will do, else the most
	ratio bool
	or    float64 // this ratio will do, too, or a better one; 0: none will
}

// add notes a run: the value, the CPU seconds, and the resident bytes; 0 if those were
// not measured.
func (r *row) add(value, cpu float64, peak int64) {
	r.values = append(r.values, value)
	if cpu > 0 {
		r.cpu = append(r.cpu, cpu)
	}
	if peak > 0 {
		r.peak = append(r.peak, float64(peak)/1e6)
	}
}

// middle returns the median of all, the smallest and the largest.
func middle(all []float64) (mid, low, high float64) {
	s := slices.Sorted(slices.Values(all))
	return s[len(s)/2], s[0], s[len(s)-1]
}

// ratio returns the median of the ratios of the runs.
func (r *row) ratio() float64 {
	var q []float64
	for i, v := range r.values {
		q = append(q, v/r.versus.values[i])
	}
	mid, _, _ := middle(q)
	return mid
}

// verdict says whether the aim is met.
func (r *row) verdict() string {
	a := r.aim
	if a == nil {
		return ""
	}
	got, _, _ := middle(r.values)
	unit := " " + r.unit
	if a.ratio {
		got, unit = r.ratio(), " x"
	}
	met, sign := got < a.bound, "under"
	if a.least {
		met, sign = got >= a.bound, "at least"
	}
	if a.or > 0 {
		unit += fmt.Sprintf(", or %g x", a.or)
		met = met || (r.ratio() >= a.or) == a.least || r.ratio() == a.or
	}
	word := "**missed**"
	if met {
		word = "met"
	}
	return fmt.Sprintf("%s %g%s: %s", sign, a.bound, unit, word)
}

// table prints the rows that were measured, and under them how.
func table(out io.Writer, rows []*row) {
	rows = slices.DeleteFunc(rows, func(r *row) bool { return len(r.values) == 0 })
	fmt.Fprintln(out, "| workload | median (min - max) | ratio | CPU | peak MB | aim |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- |")
	for _, r := range rows {
		mid, low, high := middle(r.values)
		ratio, cpu, peak := "", "", ""
		if r.versus != nil {
			if q := r.ratio(); q <= math.MaxFloat64 { // neither what never came, nor of nothing
				ratio = fmt.Sprintf("%.2f x %s", q, r.versus.name)
			}
		}
		if len(r.cpu) > 0 {
			c, _, _ := middle(r.cpu)
			cpu = fmt.Sprintf("%.2f %s", c, r.per)
		}
		if len(r.peak) > 0 {
			p, _, _ := middle(r.peak)
			peak = fmt.Sprintf("%.0f", p)
		}
		fmt.Fprintf(out, "| %s | %s %s (%s - %s) | %s | %s | %s | %s |\n", r.name,
			short(mid), r.unit, short(low), short(high), ratio, cpu, peak, r.verdict())
	}
	fmt.Fprintln(out)
	for _, r := range rows {
		if r.shown != "" {
			fmt.Fprintf(out, "%s: `%s`\n", r.name, r.shown)
		}
	}
}

// short prints v with three digits that say something.
func short(v float64) string {
	switch {
	case math.IsInf(v, 0):
		return "never"
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
