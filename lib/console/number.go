package console

import (
	"encoding/binary"
	"math"
	"strconv"

	"heka/lib/encode"
	"heka/lib/msg"
)

// uint64Tag is the first byte of an unsigned integer of 64 bits in msgpack, which
// Value.Int can't hold in full.
const uint64Tag = 0xcf

// appendInt appends an Int value.
func appendInt(dst []byte, v msg.Value) []byte {
	if raw := v.Raw(); raw[0] == uint64Tag {
		return strconv.AppendUint(dst, binary.BigEndian.Uint64(raw[1:]), 10)
	}
	return encode.AppendInt(dst, v.Int())
}

// appendFloat appends the shortest text of f.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	return encode.AppendFloat(dst, f)
}

func appendBool(dst []byte, t bool) []byte {
	if t {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

// appendRounded appends f with four significant digits, or all those before the
// point if they are more.
func appendRounded(dst []byte, f float64) []byte {
	a := math.Abs(f)
	if a == 0 {
		return append(dst, '0')
	}
	if !(a >= 1e-4 && a < 1e15) {
		if f-f != 0 {
			return appendFloat(dst, f)
		}
		return strconv.AppendFloat(dst, f, 'g', 4, 64)
	}
	decimals := max(0, 3-int(math.Floor(math.Log10(a))))
	at := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', decimals, 64)
	if decimals == 0 {
		return dst
	}
	for len(dst) > at && dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendPercent appends f with one decimal and "%".
func appendPercent(dst []byte, f float64) []byte {
	if f > 0 && f < 0.05 {
		return append(dst, "<0.1%"...)
	}
	if !(f > -1e15 && f < 1e15) {
		return append(appendRounded(dst, f), '%')
	}
	return append(strconv.AppendFloat(dst, f, 'f', 1, 64), '%')
}

// groupDigits puts commas between the thousands of the number at dst[at:], if it
// is of five digits or more before the point and has no exponent.
func groupDigits(dst []byte, at int) []byte {
	if at < len(dst) && dst[at] == '-' {
		at++
	}
	n := at
	for n < len(dst) && dst[n] >= '0' && dst[n] <= '9' {
		n++
	}
	if n < len(dst) && dst[n] != '.' || n-at < 5 {
		return dst
	}
	for i := n - 3; i > at; i -= 3 {
		dst = append(dst, 0)
		copy(dst[i+1:], dst[i:])
		dst[i] = ','
	}
	return dst
}

// unit returns what is put behind a number of representation rep; empty for one
// that is no short unit of measure.
func unit(rep []byte) string {
	for _, u := range units {
		if string(rep) == u {
			return u
		}
	}
	return ""
}

var units = [...]string{
	"/s", "s", "ms", "us", "µs", "ns", "min", "h", "d",
	"B", "KB", "KiB", "MB", "MiB", "GB", "GiB", "B/s", "bit/s", "°C", "W", "V", "A", "Hz",
}
