package stamp

import "time"

// Syslog reads "Oct 11 22:14:15", "Oct 11 2026 22:14:15" or "2026 Oct 11 22:14:15" at
// the start of s into c and returns how many bytes they take; 0 if there is none. The
// year is 0 if there is none.
func Syslog(s []byte, c *Civil) int {
	i := 0
	if c.Year = four(s); c.Year > 0 && len(s) > 4 && s[4] == ' ' {
		i = 5
	} else {
		c.Year = 0
	}
	if len(s) < i+15 {
		return 0
	}
	if c.Month = month(s[i:]); c.Month == 0 || s[i+3] != ' ' {
		return 0
	}
	i += 4
	if s[i] == ' ' {
		i++
	}
	for ; i < len(s) && s[i]-'0' <= 9 && c.Day < 10; i++ {
		c.Day = c.Day*10 + int(s[i]-'0')
	}
	if c.Day == 0 || i+1 >= len(s) || s[i] != ' ' {
		return 0
	}
	i++
	if y := four(s[i:]); y > 0 && len(s) > i+4 && s[i+4] == ' ' {
		c.Year = y
		i += 5
	}
	if len(s) < i+8 || s[i+2] != ':' || s[i+5] != ':' {
		return 0
	}
	c.Hour, c.Minute, c.Second = two(s[i:]), two(s[i+3:]), two(s[i+6:])
	if c.Hour|c.Minute|c.Second < 0 {
		return 0
	}
	return i + 8
}

// httpd reads a time as web servers write it, 02/Jan/2006:15:04:05 -0700, and nothing
// else.
func httpd(s []byte, loc *time.Location) (ns int64, ok bool) {
	if len(s) < 20 || s[2] != '/' || s[6] != '/' || s[11] != ':' || s[14] != ':' || s[17] != ':' {
		return 0, false
	}
	c := Civil{
		Year: four(s[7:]), Month: month(s[3:]), Day: two(s),
		Hour: two(s[12:]), Minute: two(s[15:]), Second: two(s[18:]),
	}
	if c.Hour|c.Minute|c.Second < 0 || 20+Zone(s[20:], &c) != len(s) {
		return 0, false
	}
	return c.Unix(loc)
}

// syslog is Syslog for a text that is nothing else but for a fraction and a zone.
func syslog(s []byte, loc *time.Location, near int64) (ns int64, ok bool) {
	var c Civil
	n := Syslog(s, &c)
	if n == 0 {
		return 0, false
	}
	n += Fraction(s[n:], &c)
	if n += Zone(s[n:], &c); n != len(s) {
		return 0, false
	}
	if c.Year == 0 {
		return c.UnixNear(loc, near)
	}
	return c.Unix(loc)
}

// four is two for the digits of a year; 0 if there are none.
func four(s []byte) int {
	if len(s) < 4 {
		return 0
	}
	high, low := two(s), two(s[2:])
	if high < 0 || low < 0 {
		return 0
	}
	return high*100 + low
}

// month returns the number of the month whose short name starts s, which has three
// bytes at least; 0 if none does.
func month(s []byte) int {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(names); i += 3 {
		if string(s[:3]) == names[i:i+3] {
			return i/3 + 1
		}
	}
	return 0
}
