// Package when is about moments: it reads those that people type, and waits for
// those that come.
//
// [Parse] reads one moment, [ParseWindow] a pair of them. A [Clock] waits; [Machine]
// is that of the machine, tests have one of their own.
package when

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// layouts are the forms of an absolute time, zone first.
var layouts = [...]string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
	"2006-01-02",
}

// Parse reads a moment, in nanoseconds since 1970 UTC:
//
//	2026-03-01T12:30:05.25Z    RFC 3339; the T may be a space
//	2026-03-01 12:30           without a zone, in loc; seconds and time may be left out
//	@1772368205.25             seconds since 1970 UTC
//	now  -10m  now-1h30m  +5s  from now: ns, us, ms, s, m, h, d, w
//
// The error says what is wanted.
func Parse(s string, now time.Time, loc *time.Location) (int64, error) {
	if rest, ok := strings.CutPrefix(s, "now"); ok && rest == "" {
		return now.UnixNano(), nil
	} else if ok || strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		if d, ok := signedDuration(rest); ok {
			return saturate(now.UnixNano(), d), nil
		}
		return 0, errWant(s)
	}
	if rest, ok := strings.CutPrefix(s, "@"); ok {
		return parseUnix(s, rest)
	}
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, s, loc); err == nil {
			if y := t.Year(); y < 1678 || y > 2261 {
				return 0, fmt.Errorf("%q: want a year from 1678 to 2261", s)
			}
			return t.UnixNano(), nil
		}
	}
	return 0, errWant(s)
}

func errWant(s string) error {
	return fmt.Errorf("%q is no time: want one like 2026-03-01T12:30:05Z, "+
		"2026-03-01 12:30, @1772368205, or -10m (from now)", s)
}

const second = 1_000_000_000 // in nanoseconds

// parseUnix reads seconds with decimals, without rounding through a float.
func parseUnix(s, digits string) (int64, error) {
	whole, frac, _ := strings.Cut(digits, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(frac) > 9 || sec > math.MaxInt64/second-1 || sec < math.MinInt64/second+1 {
		return 0, errWant(s)
	}
	ns := int64(0)
	if frac != "" {
		n, err := strconv.ParseUint(frac+strings.Repeat("0", 9-len(frac)), 10, 32)
		if err != nil {
			return 0, errWant(s)
		}
		ns = int64(n)
	}
	if strings.HasPrefix(whole, "-") {
		ns = -ns
	}
	return sec*second + ns, nil
}

var units = [...]struct {
	name string
	ns   float64
}{
	{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9},
	{"d", 86400e9}, {"w", 7 * 86400e9},
}

// signedDuration reads + or -, then a duration.
func signedDuration(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	d, ok := Duration(s[1:])
	switch s[0] {
	case '-':
		return -d, ok
	case '+':
		return d, ok
	}
	return 0, false
}

// Duration reads a length of time like 90s, 1h30m or 2d, in nanoseconds; false if s
// is none, or one of more than 292 years.
func Duration(s string) (int64, bool) {
	total := 0.0
	for s != "" {
		n := 0
		for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.') {
			n++
		}
		f, err := strconv.ParseFloat(s[:n], 64)
		if err != nil {
			return 0, false
		}
		s = s[n:]
		n = 0
		for n < len(s) && s[n] >= 'a' && s[n] <= 'z' {
			n++
		}
		unit := 0.0
		for _, u := range units {
			if u.name == s[:n] {
				unit = u.ns
			}
		}
		if total += f * unit; unit == 0 || total >= math.MaxInt64 {
			return 0, false
		}
		s = s[n:]
		if s == "" {
			return int64(math.Round(total)), true
		}
	}
	return 0, false
}

// saturate returns a+b, or the nearest that an int64 holds.
func saturate(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}
