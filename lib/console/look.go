package console

import "time"

// look is what the destination can show, and how large it is.
type look struct {
	color   bool
	screen  bool // a terminal: tables fit its width, large numbers are grouped
	unicode bool // blocks, dashes and ellipses beyond ASCII
	width   int  // cells in a line
	height  int  // lines
	loc     *time.Location
}

// Sequences of ECMA-48 that set colours.
const (
	plain  = "\x1b[0m"
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	blue   = "\x1b[34m"
	cyan   = "\x1b[36m"
	alarm  = "\x1b[1;31m"
)

// paint appends a colour, if there are colours.
func (k *look) paint(dst []byte, color string) []byte {
	if k.color {
		return append(dst, color...)
	}
	return dst
}

// word appends s in a colour.
func (k *look) word(dst []byte, color, s string) []byte {
	dst = k.paint(dst, color)
	dst = append(dst, s...)
	return k.paint(dst, plain)
}

// ellipsis stands for what was cut; it is as many cells wide as it has runes.
func (k *look) ellipsis() string {
	if k.unicode {
		return "…"
	}
	return "..."
}

func (k *look) time(ns int64) time.Time { return time.Unix(0, ns).In(k.loc) }

// appendClock appends HH:MM:SS of t, and milliseconds if ms is true.
func appendClock(dst []byte, t time.Time, ms bool) []byte {
	h, m, s := t.Clock()
	dst = append(appendPair(dst, h), ':')
	dst = append(appendPair(dst, m), ':')
	dst = appendPair(dst, s)
	if !ms {
		return dst
	}
	n := t.Nanosecond() / 1e6
	return appendPair(append(dst, '.', byte('0'+n/100)), n%100)
}

// appendDate appends YYYY-MM-DD of t.
func appendDate(dst []byte, t time.Time) []byte {
	y, m, d := t.Date()
	dst = append(appendPair(appendPair(dst, y/100), y%100), '-')
	dst = append(appendPair(dst, int(m)), '-')
	return appendPair(dst, d)
}

func appendPair(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// appendDay appends a line with the date of t.
func (k *look) appendDay(dst []byte, t time.Time) []byte {
	dash := "--"
	if k.unicode {
		dash = "──"
	}
	dst = append(k.paint(dst, dim), dash...)
	dst = append(appendDate(append(dst, ' '), t), ' ')
	return append(k.paint(append(dst, dash...), plain), '\n')
}
