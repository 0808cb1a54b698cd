package logformat

// maxDigits is how many decimal digits always fit into an int64.
const maxDigits = 18

// parseInt reads a decimal integer, which may have a sign; false if v is none or
// has more than 18 digits.
func parseInt(v []byte) (int64, bool) {
	neg := len(v) > 0 && v[0] == '-'
	if neg {
		v = v[1:]
	}
	if len(v) == 0 || len(v) > maxDigits {
		return 0, false
	}
	var n int64
	for _, c := range v {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	if neg {
		n = -n
	}
	return n, true
}

// pow10 has the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// parseFloat reads a decimal number without exponent, divided by 10^scale, scale
// at most 6. The result is the nearest float64 where the digits make an integer
// up to 2^53, which is all that servers write; false for more than 18 digits.
func parseFloat(v []byte, scale int) (float64, bool) {
	n, frac, ok := parseDecimal(v)
	if !ok || frac+scale >= len(pow10) {
		return 0, false
	}
	return float64(n) / pow10[frac+scale], true
}

// parseDecimal reads a decimal number without exponent as an integer and the
// number of its digits behind the point.
func parseDecimal(v []byte) (n int64, frac int, ok bool) {
	neg := len(v) > 0 && v[0] == '-'
	if neg {
		v = v[1:]
	}
	digits, point := 0, -1
	for i, c := range v {
		if c == '.' && point < 0 && i > 0 {
			point = i
			continue
		}
		if c -= '0'; c > 9 || digits == maxDigits {
			return 0, 0, false
		}
		digits++
		n = n*10 + int64(c)
	}
	if point >= 0 {
		frac = len(v) - point - 1
	}
	if neg {
		n = -n
	}
	return n, frac, digits > 0
}
