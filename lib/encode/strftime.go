package encode

import "time"

// calendar writes the parts of a time, and keeps the date and clock of the
// second it wrote last.
type calendar struct {
	set                bool
	sec                int64
	time               time.Time
	year, month, day   int
	hour, minute, secs int
}

// append appends what the letter means of ns in loc; times lists the letters.
func (c *calendar) append(dst []byte, letter byte, ns int64, loc *time.Location) []byte {
	sec, frac := split(ns)
	if !c.set || sec != c.sec {
		c.fill(sec, loc)
	}
	switch letter {
	case 'F', 'T', 'D', 'R':
		return c.appendBoth(dst, letter)
	case 'Y', 'C', 'y', 'm', 'd', 'e', 'H', 'I', 'M', 'S', 'j':
		return c.appendPart(dst, letter)
	case 'L':
		return appendFixed(dst, int(frac/1e6), 3)
	case 'f':
		return appendFixed(dst, int(frac/1e3), 6)
	case 'N':
		return appendFixed(dst, int(frac), 9)
	case 's':
		return AppendInt(dst, sec)
	case 'B':
		return append(dst, time.Month(c.month).String()...)
	case 'b', 'h':
		return append(dst, time.Month(c.month).String()[:3]...)
	case 'p':
		if c.hour < 12 {
			return append(dst, "AM"...)
		}
		return append(dst, "PM"...)
	}
	return c.appendWeek(dst, letter)
}

func (c *calendar) fill(sec int64, loc *time.Location) {
	c.set, c.sec = true, sec
	c.time = time.Unix(sec, 0).In(loc)
	var m time.Month
	c.year, m, c.day = c.time.Date()
	c.month = int(m)
	c.hour, c.minute, c.secs = c.time.Clock()
}

// appendBoth appends the letters that stand for several.
func (c *calendar) appendBoth(dst []byte, letter byte) []byte {
	parts := ""
	switch letter {
	case 'F':
		parts = "Y-m-d"
	case 'T':
		parts = "H:M:S"
	case 'D':
		parts = "m/d/y"
	case 'R':
		parts = "H:M"
	}
	for i := range len(parts) {
		if i%2 == 1 {
			dst = append(dst, parts[i])
		} else {
			dst = c.appendPart(dst, parts[i])
		}
	}
	return dst
}

// appendPart appends the letters that are a number of the date or the clock.
func (c *calendar) appendPart(dst []byte, letter byte) []byte {
	switch letter {
	case 'Y':
		return appendFixed(dst, c.year, 4)
	case 'C':
		return appendFixed(dst, c.year/100, 2)
	case 'y':
		return appendFixed(dst, c.year%100, 2)
	case 'm':
		return appendFixed(dst, c.month, 2)
	case 'd':
		return appendFixed(dst, c.day, 2)
	case 'e':
		if c.day < 10 {
			return append(dst, ' ', byte('0'+c.day))
		}
		return appendFixed(dst, c.day, 2)
	case 'H':
		return appendFixed(dst, c.hour, 2)
	case 'I':
		return appendFixed(dst, (c.hour+11)%12+1, 2)
	case 'M':
		return appendFixed(dst, c.minute, 2)
	case 'S':
		return appendFixed(dst, c.secs, 2)
	default: // 'j'
		return appendFixed(dst, c.time.YearDay(), 3)
	}
}

// appendWeek appends the letters that are of the week or the zone.
func (c *calendar) appendWeek(dst []byte, letter byte) []byte {
	switch letter {
	case 'a':
		return append(dst, c.time.Weekday().String()[:3]...)
	case 'A':
		return append(dst, c.time.Weekday().String()...)
	case 'u':
		return AppendInt(dst, int64(c.time.Weekday()+6)%7+1)
	case 'w':
		return AppendInt(dst, int64(c.time.Weekday()))
	case 'G':
		year, _ := c.time.ISOWeek()
		return appendFixed(dst, year, 4)
	case 'g':
		year, _ := c.time.ISOWeek()
		return appendFixed(dst, year%100, 2)
	case 'V':
		_, week := c.time.ISOWeek()
		return appendFixed(dst, week, 2)
	case 'Z':
		if name, _ := c.time.Zone(); name != "" {
			return append(dst, name...)
		}
	}
	_, offset := c.time.Zone() // 'z', or the name of a zone that has none
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return appendFixed(append(dst, sign), offset/3600*100+offset/60%60, 4)
}

// appendFixed appends n >= 0 with the given number of digits.
func appendFixed(dst []byte, n, digits int) []byte {
	var t [9]byte
	putFixed(t[:], 0, uint64(n), digits)
	return append(dst, t[:digits]...)
}
