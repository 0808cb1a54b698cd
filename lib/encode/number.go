package encode

import (
	"math"
	"strconv"
)

// pairs has the two decimal digits of 0 to 99.
var pairs = func() (t [100][2]byte) {
	for i := range t {
		t[i] = [2]byte{byte('0' + i/10), byte('0' + i%10)}
	}
	return t
}()

// AppendInt appends n in decimal.
func AppendInt(dst []byte, n int64) []byte {
	var t [24]byte
	j := 0
	u := uint64(n)
	if n < 0 {
		t[0], j, u = '-', 1, -u
	}
	return append(dst, t[:putUint(t[:], j, u)]...)
}

// putUint writes u in decimal to buf[j:], which has room for 20 bytes, and
// returns the offset behind it.
func putUint(buf []byte, j int, u uint64) int {
	switch {
	case u < 10:
		buf[j] = byte('0' + u)
		return j + 1
	case u < 100:
		*(*[2]byte)(buf[j:]) = pairs[u]
		return j + 2
	case u < 1e3:
		q := u / 100
		buf[j] = byte('0' + q)
		*(*[2]byte)(buf[j+1:]) = pairs[u-100*q]
		return j + 3
	case u < 1e4:
		put4(buf, j, u)
		return j + 4
	case u < 1e8:
		q := u / 1e4
		j = putUint(buf, j, q)
		put4(buf, j, u-1e4*q)
		return j + 4
	}
	q := u / 1e8
	j = putUint(buf, j, q)
	u -= 1e8 * q
	q = u / 1e4
	put4(buf, j, q)
	put4(buf, j+4, u-1e4*q)
	return j + 8
}

// put4 writes u < 10000 with four digits.
func put4(buf []byte, j int, u uint64) {
	q := u / 100
	t := (*[4]byte)(buf[j:])
	*(*[2]byte)(t[:]) = pairs[q]
	*(*[2]byte)(t[2:]) = pairs[u-100*q]
}

// AppendFloat appends the shortest decimal that reads back as f, in the form of
// encoding/json: 1, 0.25, 1e+21. What JSON has no number for (NaN, the
// infinities) becomes null.
func AppendFloat(dst []byte, f float64) []byte {
	var t [32]byte
	return append(dst, t[:putFloat(t[:], 0, f)]...)
}

// putFloat writes f to buf[j:], which has room for 32 bytes.
//
// Most floats in logs are short decimals. If f is the double nearest to an
// integer r below 1e15 divided by a thousand, then r/1e3 is the shortest text for
// it: of the decimals of 15 digits no two share a double, and the quotient of two
// exact doubles is rounded just as the text would be when read. Likewise for a
// million, and for 1e9.
func putFloat(buf []byte, j int, f float64) int {
	if a := math.Abs(f); a < 1e9 && a >= 1e-6 {
		r, m := uint64(a*1e3+0.5), uint64(a*1e6+0.5)
		switch a {
		case float64(r) / 1e3:
			j = putSign(buf, j, f)
			return putDecimal(buf, j, r/1e3, r%1e3, 3)
		case float64(m) / 1e6:
			j = putSign(buf, j, f)
			return putDecimal(buf, j, m/1e6, m%1e6, 6)
		}
		if n := uint64(a*1e9 + 0.5); a < 1e6 && float64(n)/1e9 == a {
			j = putSign(buf, j, f)
			return putDecimal(buf, j, n/1e9, n%1e9, 9)
		}
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return j + copy(buf[j:], "null")
	}
	form := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		form = 'e'
	}
	t := strconv.AppendFloat(buf[j:j:j+32], f, form, -1, 64)
	n := len(t)
	if form == 'e' && n >= 4 && t[n-4] == 'e' && t[n-3] == '-' && t[n-2] == '0' {
		t[n-2] = t[n-1] // e-09 to e-9
		n--
	}
	return j + n
}

func putSign(buf []byte, j int, f float64) int {
	if f < 0 {
		buf[j] = '-'
		j++
	}
	return j
}

// putDecimal writes whole and a fraction of n digits, without zeros at its end.
func putDecimal(buf []byte, j int, whole, frac uint64, n int) int {
	j = putUint(buf, j, whole)
	if frac == 0 {
		return j
	}
	buf[j] = '.'
	putFixed(buf, j+1, frac, n)
	for j += 1 + n; buf[j-1] == '0'; j-- {
	}
	return j
}

// putFixed writes u with n digits, zeros in front, n <= 9.
func putFixed(buf []byte, j int, u uint64, n int) {
	for k := j + n - 1; k >= j; k-- {
		q := u / 10
		buf[k] = byte('0' + u - 10*q)
		u = q
	}
}
