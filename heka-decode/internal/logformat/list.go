package logformat

import (
	"bytes"

	"heka/lib/msg"
)

// A server that asked several others lists what they answered: "a, b : c". The
// comma stands between the servers of a group, the colon between groups.

// nextElem returns the first element of a list and what follows its separator;
// nil if nothing does.
func nextElem(v []byte) (elem, rest []byte) {
	for i := 0; i < len(v); i++ {
		switch {
		case v[i] == ',':
			return v[:i], skipBlank(v[i+1:])
		case v[i] == ' ' && i+2 < len(v) && v[i+1] == ':' && v[i+2] == ' ':
			return v[:i], skipBlank(v[i+3:])
		}
	}
	return v, nil
}

// inList reports whether v[i] is a blank within a list: one of ", " or " : ".
func inList(v []byte, i int) bool {
	if v[i] != ' ' {
		return false
	}
	return i > 0 && v[i-1] == ',' || i+2 < len(v) && v[i+1] == ':' && v[i+2] == ' ' ||
		i > 1 && v[i-1] == ':' && v[i-2] == ' '
}

func skipBlank(v []byte) []byte {
	if len(v) > 0 && v[0] == ' ' {
		return v[1:]
	}
	return v
}

func isDash(v []byte) bool { return len(v) == 1 && v[0] == '-' }

// strings adds v as an array of strings; false if it is no list.
func (s *Scanner) strings(st *step, v []byte, b *msg.Builder) bool {
	if s.escaped && bytes.IndexByte(v, '\\') >= 0 {
		return false
	}
	n := 0
	for rest := v; rest != nil; n++ {
		_, rest = nextElem(rest)
	}
	if n < 2 {
		return false
	}
	b.Key(st.key)
	b.Array(n)
	for rest := v; rest != nil; {
		var e []byte
		e, rest = nextElem(rest)
		b.Str(e)
	}
	return true
}

// numbers adds v as an array of numbers, without those elements that are "-"; a
// single number left stands for itself. False if v is no list of numbers.
func (s *Scanner) numbers(st *step, v []byte, b *msg.Builder) bool {
	n := 0
	for rest := v; rest != nil; {
		var e []byte
		e, rest = nextElem(rest)
		if isDash(e) {
			continue
		}
		if !isNumber(st, e) {
			return false
		}
		n++
	}
	if n == 0 {
		return true
	}
	b.Key(st.key)
	if n > 1 {
		b.Array(n)
	}
	for rest := v; rest != nil; {
		var e []byte
		e, rest = nextElem(rest)
		if !isDash(e) {
			addNumber(st, e, b)
		}
	}
	if st.Rep != "" {
		s.rep(st, v, b)
	}
	return true
}

func isNumber(st *step, v []byte) bool {
	if st.Kind == Int {
		_, ok := parseInt(v)
		return ok
	}
	_, ok := parseFloat(v, st.Scale)
	return ok
}

func addNumber(st *step, v []byte, b *msg.Builder) {
	if st.Kind == Int {
		n, _ := parseInt(v)
		b.Int(n)
		return
	}
	f, _ := parseFloat(v, st.Scale)
	b.Float(f)
}
