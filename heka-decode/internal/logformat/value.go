package logformat

import (
	"bytes"

	"heka/lib/msg"
)

// value adds the value of st to b. False: it is a time that is none, or a number
// under Strict.
func (s *Scanner) value(st *step, v []byte, b *msg.Builder) bool {
	if len(v) == 0 || len(v) == 1 && v[0] == '-' {
		return s.absent(st, v, b)
	}
	switch st.Kind {
	case Skip:
		return true
	case Clock:
		return s.clock(st, v)
	case Int:
		if !s.int(st, v, b) {
			s.text(st, v, b)
			return !s.t.opt.Strict
		}
	case Float:
		if !s.float(st, v, b) {
			s.text(st, v, b)
			return !s.t.opt.Strict
		}
	case Request:
		v = s.text(st, v, b)
		s.request(v, b)
	case Query:
		if v[0] == '?' {
			v = v[1:]
		}
		s.text(st, v, b)
	default:
		if !st.List || !s.strings(st, v, b) {
			s.text(st, v, b)
		}
	}
	return true
}

// absent adds what there is to add for a value of "-", or of no bytes at all.
func (s *Scanner) absent(st *step, v []byte, b *msg.Builder) bool {
	if st.Kind == Skip || st.Kind == Clock || len(v) == 0 {
		return true
	}
	switch st.Absent {
	case Zero:
		b.Key(st.key)
		b.Int(0)
		if st.Rep != "" {
			s.rep(st, v, b)
		}
	case Dash:
		b.Key(st.key)
		b.Str(v)
	}
	return true
}

// text adds v as a string, without its escapes, and returns that string, which
// stays as it is until the next call.
func (s *Scanner) text(st *step, v []byte, b *msg.Builder) []byte {
	if s.escaped && bytes.IndexByte(v, '\\') >= 0 {
		s.scratch = s.t.opt.Escape.Unescape(s.scratch[:0], v)
		v = s.scratch
	}
	b.KeyStr(st.key, v)
	if st.Rep != "" && st.Kind == String {
		s.rep(st, v, b)
	}
	return v
}

// rep adds the representation of the field that was added last.
func (s *Scanner) rep(st *step, v []byte, b *msg.Builder) {
	if st.Rep != "ip" {
		b.Rep(st.Rep)
		return
	}
	switch ipVersion(v) {
	case 4:
		b.Rep("ipv4")
	case 6:
		b.Rep("ipv6")
	}
}

// ipVersion tells addresses from names by the characters in them: 4, 6, or 0 for
// what is neither. A list of addresses is neither.
func ipVersion(v []byte) int {
	dots, colons := 0, 0
	for _, c := range v {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c >= '0' && c <= '9':
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			if colons == 0 && dots > 0 {
				return 0
			}
		default:
			return 0
		}
	}
	switch {
	case colons >= 2:
		return 6
	case dots == 3 && colons == 0:
		return 4
	}
	return 0
}

// request adds the parts of a request that has three: a method, what is asked
// for, and a protocol. Blanks within the second are only believed if the third
// is a version of HTTP.
func (s *Scanner) request(v []byte, b *msg.Builder) {
	i := bytes.IndexByte(v, ' ')
	j := bytes.LastIndexByte(v, ' ')
	if i <= 0 || j-i < 2 || j == len(v)-1 {
		return
	}
	uri, protocol := v[i+1:j], v[j+1:]
	if !bytes.HasPrefix(protocol, []byte("HTTP/")) && bytes.IndexByte(uri, ' ') >= 0 {
		return
	}
	keys := &s.t.keys
	if keys[0] != nil {
		b.KeyStr(keys[0], v[:i])
	}
	if keys[1] != nil {
		b.KeyStr(keys[1], uri)
	}
	if keys[2] != nil {
		b.KeyStr(keys[2], protocol)
	}
}

// int adds v as an integer, or as an array of them; false if it is neither.
func (s *Scanner) int(st *step, v []byte, b *msg.Builder) bool {
	n, ok := parseInt(v)
	if !ok {
		return st.List && s.numbers(st, v, b)
	}
	b.Key(st.key)
	b.Int(n)
	if st.Rep != "" {
		s.rep(st, v, b)
	}
	return true
}

// float is int for Float.
func (s *Scanner) float(st *step, v []byte, b *msg.Builder) bool {
	f, ok := parseFloat(v, st.Scale)
	if !ok {
		return st.List && s.numbers(st, v, b)
	}
	b.Key(st.key)
	b.Float(f)
	if st.Rep != "" {
		s.rep(st, v, b)
	}
	return true
}
