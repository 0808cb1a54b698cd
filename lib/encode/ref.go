package encode

import (
	"encoding/binary"
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

// append appends the bare text of what r names; nothing if the message has none.
func (r *ref) append(dst, b []byte, o *offsets, c *clock) []byte {
	if r.isHeader {
		return r.appendHeader(dst, b, o, c)
	}
	n, i := msg.MapAt(b, o[msg.Hostname+1])
	skip := r.index
	for range n {
		start, stop := msg.TextAt(b, i)
		if string(b[start:stop]) == r.field {
			if skip == 0 {
				return r.appendPart(dst, b, stop)
			}
			skip--
		}
		i = msg.Skip(b, stop)
	}
	return dst
}

// appendPart appends the element that r asks for of the value at b[i:].
func (r *ref) appendPart(dst, b []byte, i int) []byte {
	if r.elem < 0 {
		return appendValue(dst, b, i)
	}
	return appendElem(dst, b, i, r.elem)
}

func (r *ref) appendHeader(dst, b []byte, o *offsets, c *clock) []byte {
	switch r.header {
	case msg.Uuid:
		var t [36]byte
		putUuid(t[:], b[msg.UuidAt:msg.UuidAt+16])
		return append(dst, t[:]...)
	case msg.Timestamp:
		return c.append(dst, int64(binary.BigEndian.Uint64(b[msg.TimestampAt:])))
	case msg.Severity, msg.Pid:
		return appendNumber(dst, b, o[r.header])
	}
	start, stop := msg.TextAt(b, o[r.header])
	return append(dst, b[start:stop]...)
}
