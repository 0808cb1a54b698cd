package encode

import (
	"encoding/base64"

	"heka/lib/msg"
)

// appendScalar appends a value that is no array as bare text: strings as they
// are, bytes in base64, floats as AppendFloat does but NaN, +Inf and -Inf by name.
func appendScalar(dst []byte, v msg.Value) []byte {
	switch v.Kind() {
	case msg.String:
		return append(dst, v.Text()...)
	case msg.Bytes:
		return base64.StdEncoding.AppendEncode(dst, v.Text())
	default:
		return appendNumber(dst, v)
	}
}

// appendNumber appends an Int, Float or Bool.
func appendNumber(dst []byte, v msg.Value) []byte {
	switch v.Kind() {
	case msg.Int:
		u, neg, _ := integer(v.Raw(), 0)
		if neg {
			return AppendInt(dst, -int64(u))
		}
		var t [24]byte
		return append(dst, t[:putUint(t[:], 0, u)]...)
	case msg.Float:
		f := v.Float()
		switch {
		case f != f:
			return append(dst, "NaN"...)
		case f-f != 0 && f > 0:
			return append(dst, "+Inf"...)
		case f-f != 0:
			return append(dst, "-Inf"...)
		}
		return AppendFloat(dst, f)
	case msg.Bool:
		if v.Bool() {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	}
	return dst
}

// appendValue is appendScalar for any value; an array's elements are separated
// by commas.
func appendValue(dst []byte, v msg.Value) []byte {
	if v.Kind() != msg.Array {
		return appendScalar(dst, v)
	}
	n := 0
	for it := v.Elems(); it.Next(); n++ {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendScalar(dst, it.Value)
	}
	return dst
}
