package encode

import (
	"heka/lib/msg"

	"encoding/base64"
	"math"
)

// appendScalar appends the value at b[i:], which is no array, as bare text:
// strings as they are, bytes in base64, floats as AppendFloat does but NaN, +Inf
// and -Inf by name.
func appendScalar(dst, b []byte, i int) []byte {
	switch c := b[i]; {
	case isBin(c):
		start, stop := msg.TextAt(b, i)
		return base64.StdEncoding.AppendEncode(dst, b[start:stop])
	case isText(c):
		start, stop := msg.TextAt(b, i)
		return append(dst, b[start:stop]...)
	}
	return appendNumber(dst, b, i)
}

// appendNumber appends the integer, float or bool at b[i:].
func appendNumber(dst, b []byte, i int) []byte {
	switch b[i] {
	case msg.WireTrue:
		return append(dst, "true"...)
	case msg.WireFalse:
		return append(dst, "false"...)
	case msg.WireFloat32, msg.WireFloat64:
		switch f := floatAt(b, i); {
		case math.IsNaN(f):
			return append(dst, "NaN"...)
		case math.IsInf(f, 1):
			return append(dst, "+Inf"...)
		case math.IsInf(f, -1):
			return append(dst, "-Inf"...)
		default:
			return AppendFloat(dst, f)
		}
	}
	u, neg, _ := integer(b, i)
	if neg {
		dst = append(dst, '-')
	}
	if u < 10 {
		return append(dst, byte('0'+u))
	}
	var t [24]byte
	return append(dst, t[:putUint(t[:], 0, u)]...)
}

// appendValue is appendScalar for any value; an array's elements are separated
// by commas.
func appendValue(dst, b []byte, i int) []byte {
	if !isArray(b[i]) {
		return appendScalar(dst, b, i)
	}
	n, i := msg.ArrayAt(b, i)
	for k := range n {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendScalar(dst, b, i)
		i = msg.Skip(b, i)
	}
	return dst
}

// appendElem appends element k of the value at b[i:], which is element 0 of
// itself if it is no array; nothing if there is none.
func appendElem(dst, b []byte, i, k int) []byte {
	n := 1
	if isArray(b[i]) {
		n, i = msg.ArrayAt(b, i)
	}
	if k >= n {
		return dst
	}
	for range k {
		i = msg.Skip(b, i)
	}
	return appendScalar(dst, b, i)
}
