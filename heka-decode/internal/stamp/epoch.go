package stamp

import "math"

// Bounds that tell the unit of a number since 1970: below the first it is of
// seconds, then of milliseconds, of microseconds, and of nanoseconds.
const (
	maxSeconds = 9_223_372_035 // what nanoseconds in an int64 can tell: the year 2262
	maxMillis  = maxSeconds * 1000
	maxMicros  = maxMillis * 1000
)

// plausible is the number from which on an unasked for number may be a time: in
// seconds, a day in 1973.
const plausible = 100_000_000

// Epoch returns the time that n, a count since 1970 UTC, tells. Its size tells the
// unit: seconds up to the year 2262, milliseconds from April 1970 on, micro- and
// nanoseconds.
func Epoch(n int64) int64 {
	a := n
	if a < 0 {
		a = -a // the least number stays what it is, and is of nanoseconds
	}
	switch {
	case a < 0:
		return n
	case a <= maxSeconds:
		return n * 1e9
	case a <= maxMillis:
		return n * 1e6
	case a <= maxMicros:
		return n * 1e3
	}
	return n
}

// EpochFloat is Epoch for a number with a fraction. False if it is none, or is too
// large for a time.
func EpochFloat(f float64) (ns int64, ok bool) {
	a := math.Abs(f)
	unit := 1e9
	switch {
	case a <= maxSeconds:
	case a <= maxMillis:
		unit = 1e6
	case a <= maxMicros:
		unit = 1e3
	case a < math.MaxInt64:
		unit = 1
	default:
		return 0, false
	}
	// The whole and the fraction by themselves: together they lose nanoseconds.
	whole, frac := math.Modf(f)
	return int64(whole)*int64(unit) + int64(math.Round(frac*unit)), true
}

// ParseEpoch reads s as a decimal number since 1970, with or without a fraction.
// Digits of a fraction count in full.
func ParseEpoch(s []byte) (ns int64, ok bool) {
	i, neg := 0, false
	if len(s) > 0 && s[0] == '-' {
		i, neg = 1, true
	}
	start := i
	var n int64
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		if i-start > 18 || n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	if i == start {
		return 0, false
	}
	ns = Epoch(n)
	if i < len(s) {
		var c Civil
		if i += Fraction(s[i:], &c); i != len(s) {
			return 0, false
		}
		ns += int64(c.Nano) / perSecond(n)
	}
	if neg {
		ns = -ns
	}
	return ns, true
}

// perSecond returns how many of the units of which n counts make a second.
func perSecond(n int64) int64 {
	switch {
	case n <= maxSeconds:
		return 1
	case n <= maxMillis:
		return 1e3
	case n <= maxMicros:
		return 1e6
	}
	return 1e9
}
