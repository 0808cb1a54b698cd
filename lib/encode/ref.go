package encode

import (
	"errors"
	"strconv"
	"strings"

	"heka/lib/msg"
)

// ref is what a column or %{...} names: a header, or a field.
type ref struct {
	isHeader bool
	header   msg.Header
	field    string
	index    int // which of the fields of this name
	elem     int // which element of its array; -1 for all
}

func fieldRef(name string) ref { return ref{field: name, elem: -1} }

var errRef = errors.New("is not a header, a field's name, or Fields[name][i][j]")

// parseRef reads a header's name, a field's name with or without a dot before
// it, or Fields[name], Fields[name][i], Fields[name][i][j].
func parseRef(s string) (ref, error) {
	if h, ok := msg.HeaderNamed(s); ok {
		return ref{isHeader: true, header: h}, nil
	}
	rest, ok := strings.CutPrefix(s, "Fields[")
	if !ok {
		s = strings.TrimPrefix(s, ".")
		if s == "" {
			return ref{}, errRef
		}
		return fieldRef(s), nil
	}
	name, rest, ok := strings.Cut(rest, "]")
	r := fieldRef(name)
	if !ok {
		return r, errRef
	}
	if rest == "" {
		return r, nil
	}
	if r.index, rest, ok = parseIndex(rest); !ok {
		return r, errRef
	}
	if rest == "" {
		return r, nil
	}
	if r.elem, rest, ok = parseIndex(rest); !ok || rest != "" {
		return r, errRef
	}
	return r, nil
}

// parseIndex reads [n] at the beginning of s.
func parseIndex(s string) (n int, rest string, ok bool) {
	s, ok = strings.CutPrefix(s, "[")
	digits, rest, closed := strings.Cut(s, "]")
	u, err := strconv.ParseUint(digits, 10, 31)
	return int(u), rest, ok && closed && err == nil
}

// append appends the bare text of what r names; nothing if v has none.
func (r *ref) append(dst []byte, v *msg.View, c *clock) []byte {
	if r.isHeader {
		return r.appendHeader(dst, v, c)
	}
	if value, ok := v.Field(r.field, r.index); ok {
		return r.appendPart(dst, value)
	}
	return dst
}

// appendPart appends the element of the field's value that r asks for.
func (r *ref) appendPart(dst []byte, value msg.Value) []byte {
	if r.elem < 0 {
		return appendValue(dst, value)
	}
	if e, ok := value.Elem(r.elem); ok {
		return appendScalar(dst, e)
	}
	return dst
}

func (r *ref) appendHeader(dst []byte, v *msg.View, c *clock) []byte {
	switch r.header {
	case msg.Uuid:
		n := len(dst)
		dst = append(dst, make([]byte, 36)...)
		putUuid(dst[n:], v.Uuid())
		return dst
	case msg.Timestamp:
		return c.append(dst, v.Timestamp())
	case msg.Severity:
		return AppendInt(dst, v.Severity())
	case msg.Pid:
		return AppendInt(dst, v.Pid())
	}
	return append(dst, v.Text(r.header)...)
}
