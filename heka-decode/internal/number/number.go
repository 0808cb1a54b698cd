// Package number tells numbers from other text, and puts either into a message.
package number

import (
	"math"
	"strconv"
	"unsafe"

	"heka/lib/msg"
)

// Append appends s to b as a value: an int or float if Parse says so, else a
// string.
func Append(b *msg.Builder, s []byte) {
	n, f, kind := Parse(s)
	switch kind {
	case msg.Int:
		b.Int(n)
	case msg.Float:
		b.Float(f)
	default:
		b.Str(s)
	}
}

// Parse returns the number that s looks like: msg.Int with n, msg.Float with f, or
// msg.String if it is none. An int is decimal, fits 64 bits, and has no zero in
// front, for 007 is a name and not 7. A float is digits, a dot and digits, or
// digits with an exponent: 0.25, 1e9, -1.5e-7.
func Parse(s []byte) (n int64, f float64, kind msg.Kind) {
	i := 0
	if len(s) > 0 && s[0] == '-' {
		i = 1
	}
	if i == len(s) || s[i]-'0' > 9 || len(s) > 40 {
		return 0, 0, msg.String
	}
	if s[i] == '0' && i+1 < len(s) && s[i+1]-'0' <= 9 {
		return 0, 0, msg.String
	}
	start := i
	var u uint64
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		u = u*10 + uint64(s[i]-'0')
	}
	if i < len(s) {
		return float(s, i)
	}
	switch {
	case i-start > 19 || u > math.MaxInt64:
		return 0, 0, msg.String
	case start == 1:
		return -int64(u), 0, msg.Int
	}
	return int64(u), 0, msg.Int
}

// float goes on at s[i:], behind the digits of the whole.
func float(s []byte, i int) (int64, float64, msg.Kind) {
	if s[i] == '.' {
		start := i + 1
		for i++; i < len(s) && s[i]-'0' <= 9; i++ {
		}
		if i == start {
			return 0, 0, msg.String
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start := i
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
		}
		if i == start {
			return 0, 0, msg.String
		}
	}
	if i < len(s) {
		return 0, 0, msg.String
	}
	f, ok := Float(s)
	if !ok {
		return 0, 0, msg.String
	}
	return 0, f, msg.Float
}

// Float returns the number that s is in decimal; false if it is none, or too large.
// A number of up to 15 digits with a short fraction, as most are, is exact as a
// quotient of two doubles.
func Float(s []byte) (f float64, ok bool) {
	if f, ok = short(s); ok {
		return f, true
	}
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(s), len(s)), 64)
	return f, err == nil
}

// short is Float for digits, a dot and digits, at most 15 in all.
func short(s []byte) (float64, bool) {
	if len(s) == 0 || len(s) > 17 {
		return 0, false
	}
	i, neg := 0, false
	if s[0] == '-' {
		i, neg = 1, true
	}
	u, digits, point := uint64(0), 0, -1
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c-'0' <= 9:
			u = u*10 + uint64(c-'0')
			digits++
		case c == '.' && point < 0:
			point = digits
		default:
			return 0, false
		}
	}
	if digits == 0 || digits > 15 {
		return 0, false
	}
	f := float64(u)
	if point >= 0 {
		f /= powers[digits-point]
	}
	if neg {
		f = -f
	}
	return f, true
}

var powers = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
}
