package logformat

import (
	"strings"
	"time"

	"heka/lib/stage"
)

// composites are the directives of strftime(3) that stand for several others.
var composites = map[byte]string{
	'T': "%H:%M:%S", 'R': "%H:%M", 'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'h': "%b",
	'c': "%a %b %e %H:%M:%S %Y", 'r': "%I:%M:%S %p", 'x': "%m/%d/%y", 'X': "%H:%M:%S",
	'n': "\n", 't': "\t",
}

// aliases are directives that are read as another is.
var aliases = map[byte]byte{'A': 'a', 'B': 'b', 'e': 'd', 'k': 'H', 'l': 'I'}

// simple are the directives that parseLayout knows.
const simple = "aAbBdeHIklmMpsSyYzZ%"

// Strftime returns the time of texts that strftime(3) writes in the C locale. It
// knows %a %A %b %B %c %d %D %e %F %h %H %I %k %l %m %M %n %p %r %R %s %S %t %T %x
// %X %y %Y %z %Z and %%; the names of days and zones are passed over.
func Strftime(layout string) (*Time, error) {
	t := &Time{}
	if err := t.compile(layout); err != nil {
		return nil, err
	}
	var seen [256]bool
	for i := 0; i < len(t.layout); i++ {
		if t.layout[i] == '%' {
			i++
			seen[t.layout[i]] = true
		}
	}
	if (seen['Y'] || seen['y']) && (seen['b'] || seen['m']) && seen['d'] {
		t.has |= date
	}
	if seen['H'] || seen['I'] {
		t.has |= clock
	}
	if seen['z'] {
		t.has |= zone
	}
	if seen['s'] {
		t.has = epoch
	}
	return t, nil
}

// compile expands layout into the directives of which parseLayout knows one of
// each sort, and literals.
func (t *Time) compile(layout string) error {
	for i := 0; i < len(layout); i++ {
		c := layout[i]
		if c != '%' {
			t.layout = append(t.layout, c)
			continue
		}
		if i++; i == len(layout) {
			return &stage.UsageError{Msg: "a percent sign ends the time format " + quote(layout)}
		}
		c = layout[i]
		if more, ok := composites[c]; ok {
			if err := t.compile(more); err != nil {
				return err
			}
			continue
		}
		if strings.IndexByte(simple, c) < 0 {
			return &stage.UsageError{
				Msg:  "%" + string(rune(c)) + " in the time format " + quote(layout) + " can't be read",
				Hint: "known are %Y %m %d %b %H %M %S %z %s %T %F and their like",
			}
		}
		if same, ok := aliases[c]; ok {
			c = same
		}
		t.layout = append(t.layout, '%', c)
	}
	return nil
}

func quote(s string) string { return "'" + s + "'" }

// calendar gathers what a layout's directives read.
type calendar struct {
	year, month, day, hour, minute, sec, off, epoch int64
	pm, twelve                                      bool
}

// parseLayout reads v, all of it, after a compiled layout that tells has.
func parseLayout(layout, v []byte, has part) (moment, bool) {
	var c calendar
	for i := 0; i < len(layout); i++ {
		b := layout[i]
		n := 0
		if b == '%' {
			i++
			n = c.read(layout[i], v)
		} else if len(v) > 0 && v[0] == b {
			n = 1
		}
		if n == 0 {
			return moment{}, false
		}
		v = v[n:]
	}
	if len(v) > 0 {
		return moment{}, false
	}
	return c.moment(has)
}

// read reads what a directive wrote at the start of v and returns its length; 0
// if it can't have.
func (c *calendar) read(directive byte, v []byte) (n int) {
	switch directive {
	case 'Y':
		n = digits(&c.year, v, 4, 1678, 2261) // the years that nanoseconds count
	case 'y':
		if n = digits(&c.year, v, 2, 0, 99); c.year < 69 {
			c.year += 100
		}
		c.year += 1900
	case 'm':
		n = digits(&c.month, v, 2, 1, 12)
	case 'b':
		n = c.monthName(v)
	case 'd':
		n = digits(&c.day, v, 2, 1, 31)
	case 'H':
		n = digits(&c.hour, v, 2, 0, 23)
	case 'I':
		c.twelve = true
		n = digits(&c.hour, v, 2, 1, 12)
	case 'M':
		n = digits(&c.minute, v, 2, 0, 59)
	case 'S':
		n = digits(&c.sec, v, 2, 0, 60)
	case 'p':
		n = letters(v)
		c.pm = n == 2 && v[0]|0x20 == 'p'
	case 'z':
		n = c.zone(v)
	case 's':
		n = c.seconds(v)
	case 'a', 'Z':
		n = letters(v)
	case '%':
		if len(v) > 0 && v[0] == '%' {
			n = 1
		}
	}
	return n
}

// moment returns the time that c is, of which the parts has are told.
func (c *calendar) moment(has part) (moment, bool) {
	if has&epoch != 0 {
		return moment{has: epoch, ns: c.epoch * 1e9}, true
	}
	if c.twelve {
		if c.hour %= 12; c.pm {
			c.hour += 12
		}
	}
	m := moment{has: has, sec: c.hour*3600 + c.minute*60 + c.sec, off: c.off}
	if has&date != 0 {
		t := time.Date(int(c.year), time.Month(c.month), int(c.day), 0, 0, 0, 0, time.UTC)
		if int64(t.Day()) != c.day {
			return m, false
		}
		m.day = t.Unix() / 86400
	}
	return m, true
}

// digits reads a number of n digits, the first of which may be a blank, and
// returns n; 0 if it is none or not in the range.
func digits(to *int64, v []byte, n int, low, high int64) int {
	if len(v) < n {
		return 0
	}
	*to = 0
	for i, c := range v[:n] {
		if c == ' ' && i == 0 && n == 2 {
			continue
		}
		if c -= '0'; c > 9 {
			return 0
		}
		*to = *to*10 + int64(c)
	}
	if *to < low || *to > high {
		return 0
	}
	return n
}

func letters(v []byte) int {
	n := 0
	for n < len(v) && v[n]|0x20 >= 'a' && v[n]|0x20 <= 'z' {
		n++
	}
	return n
}

const months = "janfebmaraprmayjunjulaugsepoctnovdec"

// monthName reads the name of a month, or the first three letters of it.
func (c *calendar) monthName(v []byte) int {
	n := letters(v)
	if n < 3 {
		return 0
	}
	a, b, d := v[0]|0x20, v[1]|0x20, v[2]|0x20
	for i := 0; i < len(months); i += 3 {
		if months[i] == a && months[i+1] == b && months[i+2] == d {
			c.month = int64(i/3 + 1)
			return n
		}
	}
	return 0
}

// zone reads +hhmm, +hh:mm or Z.
func (c *calendar) zone(v []byte) int {
	if len(v) > 0 && v[0] == 'Z' {
		return 1
	}
	if len(v) < 5 || v[0] != '+' && v[0] != '-' {
		return 0
	}
	at := 3
	if v[at] == ':' {
		at++
	}
	var hours, minutes int64
	if digits(&hours, v[1:], 2, 0, 23) == 0 || digits(&minutes, v[at:], 2, 0, 59) == 0 {
		return 0
	}
	if c.off = hours*3600 + minutes*60; v[0] == '-' {
		c.off = -c.off
	}
	return at + 2
}

// seconds reads a number of seconds since 1970 UTC.
func (c *calendar) seconds(v []byte) int {
	n := 0
	for n < len(v) && n < 10 && v[n] >= '0' && v[n] <= '9' {
		n++
	}
	if c.epoch, _ = parseInt(v[:n]); c.epoch > 9e9 {
		return 0
	}
	return n
}
