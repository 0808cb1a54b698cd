package stamp

import "time"

// ParseRFC3339 reads s as a date and time of RFC 3339 and nothing else:
//
//	2026-11-22T19:04:05.123456789+01:00
//
// As logs have it, a space or '_' may stand for the T, a comma for the fraction's
// dot, a slash for the date's dashes, the zone may be missing (then it is loc's) or
// be without its colon, and the seconds may be missing. Digits behind nanoseconds
// are cut off.
func ParseRFC3339(s []byte, loc *time.Location) (ns int64, ok bool) {
	ns, n := PrefixRFC3339(s, loc)
	return ns, n == len(s) && n > 0
}

// PrefixRFC3339 reads such a time at the start of s and returns how many bytes it
// takes; 0 if there is none.
func PrefixRFC3339(s []byte, loc *time.Location) (ns int64, n int) {
	var c Civil
	if len(s) < 16 || s[4] != '-' && s[4] != '/' || s[7] != s[4] || s[13] != ':' {
		return 0, 0
	}
	if t := s[10]; t != 'T' && t != ' ' && t != 't' && t != '_' {
		return 0, 0
	}
	high, low := two(s[0:]), two(s[2:])
	c.Year, c.Month, c.Day = high*100+low, two(s[5:]), two(s[8:])
	c.Hour, c.Minute = two(s[11:]), two(s[14:])
	if high|low|c.Month|c.Day|c.Hour|c.Minute < 0 {
		return 0, 0
	}
	n = 16
	if len(s) >= 19 && s[16] == ':' {
		if c.Second = two(s[17:]); c.Second < 0 {
			return 0, 0
		}
		n = 19 + Fraction(s[19:], &c)
	}
	n += Zone(s[n:], &c)
	ns, ok := c.Unix(loc)
	if !ok {
		return 0, 0
	}
	return ns, n
}

// two returns the number of two digits at the start of s, which has two bytes at
// least; a negative number if they are no digits.
func two(s []byte) int {
	a, b := int(s[0])-'0', int(s[1])-'0'
	if a < 0 || a > 9 || b < 0 || b > 9 {
		return -1
	}
	return a*10 + b
}

// Fraction reads a dot or comma and digits at the start of s into c.Nano and
// returns how many bytes they take; 0 if there are none.
func Fraction(s []byte, c *Civil) int {
	if len(s) < 2 || s[0] != '.' && s[0] != ',' || s[1]-'0' > 9 {
		return 0
	}
	nano, scale, i := 0, int(1e8), 1
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		nano += int(s[i]-'0') * scale
		scale /= 10
	}
	c.Nano = nano
	return i
}

// Zone reads Z or an offset (+01:00, +0100, +01, with or without a space before
// it) at the start of s into c and returns how many bytes it takes; 0 if there is
// none.
func Zone(s []byte, c *Civil) int {
	if len(s) == 0 {
		return 0
	}
	switch s[0] {
	case 'Z', 'z':
		c.Zoned = true
		return 1
	case '+', '-':
	case ' ':
		if len(s) > 5 && (s[1] == '+' || s[1] == '-') {
			if n := Zone(s[1:], c); n > 0 {
				return n + 1
			}
		}
		return 0
	default:
		return 0
	}
	if len(s) < 3 {
		return 0
	}
	hour, minute, n := two(s[1:]), 0, 3
	if len(s) >= 6 && s[3] == ':' {
		minute, n = two(s[4:]), 6
	} else if len(s) >= 5 && s[3]-'0' <= 9 {
		minute, n = two(s[3:]), 5
	}
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0
	}
	c.Zoned, c.Offset = true, hour*3600+minute*60
	if s[0] == '-' {
		c.Offset = -c.Offset
	}
	return n
}
