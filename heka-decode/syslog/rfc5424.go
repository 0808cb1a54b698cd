package syslog

import (
	"bytes"

	"heka/heka-decode/internal/stamp"
	"heka/lib/msg"
)

// rfc5424 reads what stands behind the version of a line of RFC 5424, and returns
// the message in it:
//
//	TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]
func (d *decoder) rfc5424(b *msg.Builder, s []byte) ([]byte, error) {
	when, s, ok := word(s)
	if !ok {
		return nil, errHeader
	}
	if !isNil(when) {
		ns, ok := stamp.ParseRFC3339(when, d.loc)
		if !ok {
			return nil, errTimestamp
		}
		b.Timestamp = ns
	}
	var part [4][]byte // host, app-name, procid, msgid
	for i := range part {
		if part[i], s, ok = word(s); !ok {
			return nil, errHeader
		}
		if isNil(part[i]) {
			part[i] = nil
		}
	}
	if part[0] != nil {
		b.Hostname = part[0]
	}
	program(b, part[1])
	process(b, part[2])
	if part[3] != nil {
		b.Key(keyMsgid)
		b.Str(part[3])
	}
	s, ok = d.structured(b, s)
	if !ok {
		return nil, errData
	}
	if len(s) > 0 && s[0] == ' ' {
		s = s[1:]
	}
	return bytes.TrimPrefix(s, bom), nil
}

var bom = []byte("\xef\xbb\xbf")

func isNil(s []byte) bool { return len(s) == 1 && s[0] == '-' }

// word returns what stands before the first space of s, and what behind it; false
// if that is nothing.
func word(s []byte) (w, rest []byte, ok bool) {
	i := bytes.IndexByte(s, ' ')
	if i <= 0 {
		return nil, s, false
	}
	return s[:i], s[i+1:], true
}

// structured makes fields of the structured data at the start of s, and returns what
// stands behind it, with its space.
func (d *decoder) structured(b *msg.Builder, s []byte) (rest []byte, ok bool) {
	if len(s) > 0 && s[0] == '-' && (len(s) == 1 || s[1] == ' ') {
		return s[1:], true
	}
	i := 0
	for i < len(s) && s[i] == '[' {
		if i = d.element(b, s, i+1); i < 0 {
			return nil, false
		}
	}
	return s[i:], i > 0 && (i == len(s) || s[i] == ' ')
}

// element makes fields id.name of the parameters of the element whose bracket is
// before s[i:], and returns the offset behind it. One without parameters makes the
// field id, true.
func (d *decoder) element(b *msg.Builder, s []byte, i int) int {
	start := i
	i = nameEnd(s, i)
	if i == start || i == len(s) {
		return -1
	}
	id := s[start:i]
	if s[i] == ']' {
		b.Name(id)
		b.Bool(true)
		return i + 1
	}
	d.name = append(append(d.name[:0], id...), '.')
	prefix := len(d.name)
	for i < len(s) && s[i] == ' ' {
		start = i + 1
		if i = nameEnd(s, start); i == start || i+1 >= len(s) || s[i] != '=' || s[i+1] != '"' {
			return -1
		}
		d.name = append(d.name[:prefix], s[start:i]...)
		b.Name(d.name)
		if i = d.param(b, s, i+2); i < 0 {
			return i
		}
	}
	if i == len(s) || s[i] != ']' {
		return -1
	}
	return i + 1
}

// nameEnd returns the offset of what ends the name at s[i:].
func nameEnd(s []byte, i int) int {
	for i < len(s) && s[i] > ' ' && s[i] != '=' && s[i] != ']' && s[i] != '"' {
		i++
	}
	return i
}

// param appends the parameter's value at s[i:] to b, and returns the offset behind
// its quote.
func (d *decoder) param(b *msg.Builder, s []byte, i int) int {
	start, escaped := i, false
	for ; ; i++ {
		if i >= len(s) {
			return -1
		}
		switch s[i] {
		case '"':
			if escaped {
				b.Str(d.unescape(s[start:i]))
			} else {
				b.Str(s[start:i])
			}
			return i + 1
		case '\\':
			escaped = true
			i++
		case ']': // must be escaped, and often is not
		}
	}
}

// unescape resolves \" \\ and \]; a backslash before anything else is itself.
func (d *decoder) unescape(src []byte) []byte {
	d.scratch = d.scratch[:0]
	for i := 0; i < len(src); i++ {
		if c := src[i]; c == '\\' && i+1 < len(src) {
			if n := src[i+1]; n == '"' || n == '\\' || n == ']' {
				i++
			}
		}
		d.scratch = append(d.scratch, src[i])
	}
	return d.scratch
}
