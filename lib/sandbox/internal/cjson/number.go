package cjson

import (
	"math"
	"strconv"

	"heka/lib/sandbox/host"
)

// number reads the number at d.pos, as C's strtod does. want names it in errors.
func (d *decoder) number(want string) float64 {
	rest := d.s[d.pos:]
	if f, n := simpleNumber(rest); n > 0 {
		d.pos += n
		return f
	}
	if !d.decodeInvalid && isLax(rest) {
		d.fail(want, "invalid number", d.pos)
	}
	f, n := strtod(rest)
	if n == 0 {
		d.fail(want, "invalid number", d.pos)
	}
	d.meter.Step(d.L, n/16)
	d.pos += n
	return f
}

// simpleNumber reads a number of at most 15 digits, without an exponent and not
// starting with a 0 that is not alone; n is 0 if it is not one.
func simpleNumber(s string) (f float64, n int) {
	i, neg := 0, false
	if s[0] == '-' {
		i, neg = 1, true
	}
	start, mantissa := i, uint64(0)
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		if i-start == 16 {
			return 0, 0
		}
		mantissa = mantissa*10 + uint64(s[i]-'0')
	}
	digits, fraction := i-start, 0
	if digits == 0 || s[start] == '0' && digits > 1 {
		return 0, 0
	}
	if i < len(s) && s[i] == '.' {
		point := i
		for i++; i < len(s) && s[i]-'0' <= 9 && i-start <= 16; i++ {
			mantissa = mantissa*10 + uint64(s[i]-'0')
		}
		if fraction = i - point - 1; fraction == 0 {
			return 0, 0
		}
	}
	if digits+fraction > 15 || i < len(s) && (s[i]|0x20 == 'e' || s[i]|0x20 == 'x') {
		return 0, 0
	}
	// Both are exact, so the quotient is what a full reading gives.
	f = float64(mantissa) / powers[fraction]
	if neg {
		f = -f
	}
	return f, i
}

var powers = [16]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15}

// isLax reports whether s starts a number that JSON does not have: with a plus
// sign or more zeros, hexadecimal, infinite, or none.
func isLax(s string) bool {
	if s[0] == '+' {
		return true
	}
	if s[0] == '-' {
		s = s[1:]
	}
	if s == "" {
		return false
	}
	if s[0] == '0' {
		return len(s) > 1 && (s[1]|0x20 == 'x' || s[1]-'0' <= 9)
	}
	return hasFold(s, "inf") || hasFold(s, "nan")
}

// hasFold reports whether s starts with word, which is in lower case.
func hasFold(s, word string) bool {
	if len(s) < len(word) {
		return false
	}
	for i := range len(word) {
		if s[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

// strtod reads the longest number that s starts with, as C does; n is its length, 0
// if there is none.
func strtod(s string) (f float64, n int) {
	sign := 0
	if s[0] == '-' || s[0] == '+' {
		sign = 1
	}
	body := s[sign:]
	switch {
	case hasFold(body, "infinity"):
		f, n = math.Inf(1), 8
	case hasFold(body, "inf"):
		f, n = math.Inf(1), 3
	case hasFold(body, "nan"):
		f, n = math.NaN(), 3+parenthesis(body[3:])
	default:
		f, n = digits(body)
	}
	if n == 0 {
		return 0, 0
	}
	if s[0] == '-' {
		f = math.Copysign(f, -1)
	}
	return f, sign + n
}

// parenthesis returns the length of the (letters) that may follow nan.
func parenthesis(s string) int {
	if s == "" || s[0] != '(' {
		return 0
	}
	i := 1
	for i < len(s) && (s[i] == '_' || s[i]-'0' <= 9 || s[i]|0x20-'a' < 26) {
		i++
	}
	if i < len(s) && s[i] == ')' {
		return i + 1
	}
	return 0
}

// digits reads an unsigned number, decimal or hexadecimal.
func digits(s string) (f float64, n int) {
	if len(s) > 1 && s[0] == '0' && s[1]|0x20 == 'x' {
		n = mantissa(s[2:], isHex)
		if n == 0 {
			return 0, 1
		}
		n += 2
		if e := exponent(s[n:], 'p'); e > 0 {
			n += e
			f, _ = strconv.ParseFloat(s[:n], 64)
			return f, n
		}
		f, _ = strconv.ParseFloat(s[:n]+"p0", 64)
		return f, n
	}
	n = mantissa(s, isDecimal)
	if n == 0 {
		return 0, 0
	}
	n += exponent(s[n:], 'e')
	f, _ = strconv.ParseFloat(s[:n], 64)
	return f, n
}

func isDecimal(c byte) bool { return c-'0' <= 9 }
func isHex(c byte) bool     { return c-'0' <= 9 || c|0x20-'a' < 6 }

// mantissa returns the length of the digits that s starts with, a point among
// them; 0 if there is no digit.
func mantissa(s string, digit func(byte) bool) int {
	i := 0
	for i < len(s) && digit(s[i]) {
		i++
	}
	n := i
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && digit(s[i]); i++ {
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return i
}

// exponent returns the length of the exponent that s starts with, a letter, a sign
// and digits; 0 if there is none.
func exponent(s string, letter byte) int {
	if s == "" || s[0]|0x20 != letter {
		return 0
	}
	i := 1
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	start := i
	for i < len(s) && isDecimal(s[i]) {
		i++
	}
	if i == start {
		return 0
	}
	return i
}

// appendNumber appends f as C's %.<precision>g does.
func appendNumber(dst []byte, f float64, precision int) []byte {
	if i := int64(f); float64(i) == f && i > -1e5 && i < 1e5 && (i != 0 || !math.Signbit(f)) &&
		precision > 5 {
		return strconv.AppendInt(dst, i, 10)
	}
	abs := math.Abs(f)
	if abs == math.Trunc(abs) && abs < 1e14 && abs >= 1 && precision == 14 {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	if abs >= 1e-4 && abs < 1e14 && precision == 14 {
		// The shortest text, where it has few enough digits, is what rounding to more
		// of them gives.
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		if len(dst)-start <= 15 {
			return dst
		}
		dst = dst[:start]
	}
	return host.AppendG(dst, f, precision)
}
