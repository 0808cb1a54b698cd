package match

import (
	"math"
	"strconv"
	"time"

	"heka/lib/msg"
)

// Value returns the scalar that the field holds, in place. False for a header,
// and if there is no such field or element.
func (v Var) Value(m *msg.View) (msg.Value, bool) {
	if v.name == "" {
		return msg.Value{}, false
	}
	f, ok := m.Field(v.name, int(v.index))
	if !ok {
		return f, false
	}
	return f.Elem(int(v.elem))
}

// AppendText appends the text of v in m to dst: numbers in decimal, a uuid in its
// canonical form, the Timestamp as of RFC 3339 in UTC with as many digits of a
// second as it needs, true and false. A field that is missing appends nothing.
func (v Var) AppendText(dst []byte, m *msg.View) []byte {
	if v.name != "" {
		f, _ := v.Value(m)
		return AppendValue(dst, f)
	}
	switch v.header {
	case msg.Uuid:
		return msg.AppendUuid(dst, m.Uuid())
	case msg.Timestamp:
		return time.Unix(0, m.Timestamp()).UTC().AppendFormat(dst, time.RFC3339Nano)
	case msg.Severity:
		return strconv.AppendInt(dst, m.Severity(), 10)
	case msg.Pid:
		return strconv.AppendInt(dst, m.Pid(), 10)
	}
	return append(dst, m.Text(v.header)...)
}

// AppendValue appends the text of a scalar to dst, as AppendText does; nothing
// for an invalid value or an array. Numbers beyond 1e21, and those below 1e-6,
// have an exponent.
func AppendValue(dst []byte, v msg.Value) []byte {
	switch v.Kind() {
	case msg.String, msg.Bytes:
		return append(dst, v.Text()...)
	case msg.Int:
		n := valueNumber(v)
		if n.kind == huge {
			return strconv.AppendUint(dst, n.u, 10)
		}
		return strconv.AppendInt(dst, n.i, 10)
	case msg.Float:
		f := v.Float()
		if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
			return strconv.AppendFloat(dst, f, 'e', -1, 64)
		}
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	case msg.Bool:
		return strconv.AppendBool(dst, v.Bool())
	}
	return dst
}
