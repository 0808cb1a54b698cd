package host

import (
	"math"
	"strconv"
	"strings"
)

// NumberText returns the text of f that Lua's tostring makes: C's %.14g.
func NumberText(f float64) string {
	if i := int64(f); float64(i) == f && i > -1e14 && i < 1e14 && (i != 0 || !math.Signbit(f)) {
		return strconv.FormatInt(i, 10)
	}
	var buf [32]byte
	return string(AppendG(buf[:0], f, 14))
}

// AppendG appends f as C's printf does with %.<digits>g.
func AppendG(dst []byte, f float64, digits int) []byte {
	switch {
	case f != f:
		if math.Signbit(f) {
			return append(dst, "-nan"...)
		}
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	digits = max(digits, 1)
	var buf [64]byte
	e := strconv.AppendFloat(buf[:0], f, 'e', digits-1, 64)
	at := len(e) - 1
	for e[at] != 'e' {
		at--
	}
	exp, _ := strconv.Atoi(string(e[at+1:]))
	if exp >= -4 && exp < digits {
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', digits-1-exp, 64)
		return trimZeros(dst, start)
	}
	start := len(dst)
	dst = append(dst, e[:at]...)
	dst = trimZeros(dst, start)
	return append(dst, e[at:]...)
}

// trimZeros takes the zeros off the end of a fraction that starts behind start.
func trimZeros(b []byte, start int) []byte {
	if strings.IndexByte(string(b[start:]), '.') < 0 {
		return b
	}
	n := len(b)
	for b[n-1] == '0' {
		n--
	}
	if b[n-1] == '.' {
		n--
	}
	return b[:n]
}

// AppendOutput appends f as add_to_payload writes it: an integral value without a
// fraction, otherwise up to eight decimals without zeros at the end; what an int
// of C does not hold, with 17 digits.
func AppendOutput(dst []byte, f float64) []byte {
	switch {
	case f != f:
		return append(dst, "nan"...)
	case math.IsInf(f, 0), f > math.MaxInt32, f < -math.MaxInt32:
		return AppendG(dst, f, 17)
	case f == math.Trunc(f):
		return strconv.AppendInt(dst, int64(f), 10)
	}
	start := len(dst)
	return trimZeros(strconv.AppendFloat(dst, f, 'f', 8, 64), start)
}

// ParseNumber reads s as Lua's tonumber does: blanks around, decimal or 0x.
func ParseNumber(s string) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	if s == "" {
		return 0, false
	}
	body, neg := s, false
	if body[0] == '-' || body[0] == '+' {
		neg, body = body[0] == '-', body[1:]
	}
	if len(body) > 2 && body[0] == '0' && body[1]|0x20 == 'x' {
		n, err := strconv.ParseUint(body[2:], 16, 64)
		if err != nil {
			return 0, false
		}
		if neg {
			return -float64(n), true
		}
		return float64(n), true
	}
	switch {
	case strings.ContainsAny(s, "_xXpP"):
		return 0, false
	case len(body) == 0 || body[0]|0x20 == 'i' || body[0]|0x20 == 'n':
		// Lua 5.1 leaves inf and nan to the C library; scripts that print nan read it back.
		switch strings.ToLower(body) {
		case "inf", "infinity", "nan":
		default:
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		if strings.EqualFold(body, "nan") {
			return math.NaN(), true
		}
		return 0, false
	}
	return f, true
}
