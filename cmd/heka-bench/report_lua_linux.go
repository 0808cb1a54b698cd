package main

import (
	"fmt"
	"io"
)

// print prints the table, and under it how it was made.
func (b *luaBench) print(out io.Writer, rows []*script) {
	fmt.Fprintln(out, "| script | sandbox | heka-filter lua | lua5.1 | luajit | sandbox / lua5.1 | asked |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- |")
	for _, s := range rows {
		fmt.Fprintf(out, "| %s |", s.name)
		for _, values := range s.values {
			fmt.Fprintf(out, " %s |", millions(values))
		}
		ratio := "-"
		if r := s.ratio(); r > 0 {
			ratio = short(r)
		}
		fmt.Fprintf(out, " %s | %s |\n", ratio, s.verdict())
	}
	if len(b.peak) > 0 {
		peak := &row{unit: "MB", values: b.peak, aim: &aim{bound: 30}}
		mid, low, high := middle(b.peak)
		fmt.Fprintf(out, "\nmemory of heka-filter lua http_status: %s MB (%s - %s), %s\n",
			short(mid), short(low), short(high), peak.verdict())
	}
	fmt.Fprint(out, `
Millions in a second of one processor's time, the median of the runs (smallest - largest);
with the limits that scripts have. The first rows are messages: decoded lines of an access
log, encoded, as a script gets them; the others are operations on texts of the script.
heka-filter lua reads a capture besides. lua5.1 and luajit run the same script in a loop in
Lua, and read_message is there a function in Lua that returns ready values from a table.
`)
}

func millions(values []float64) string {
	if len(values) == 0 {
		return "-"
	}
	mid, low, high := middle(values)
	return fmt.Sprintf("%s (%s - %s)", short(mid), short(low), short(high))
}

// ratio returns the median of what the sandbox does of what lua5.1 does; 0 if that is not
// known.
func (s *script) ratio() float64 {
	ours, theirs := s.values[inside], s.values[puc]
	if len(ours) == 0 || len(ours) != len(theirs) {
		return 0
	}
	r := row{values: ours, versus: &row{values: theirs}}
	return r.ratio()
}

// verdict says whether what was asked of s is met.
func (s *script) verdict() string {
	r := row{unit: "M/s", values: s.values[inside]}
	switch {
	case s.aim > 0:
		r.aim = &aim{bound: s.aim, least: true}
	case s.part > 0 && s.ratio() > 0:
		r.versus = &row{values: s.values[puc]}
		r.aim = &aim{bound: s.part, least: true, ratio: true}
	}
	return r.verdict()
}
