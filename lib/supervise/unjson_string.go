package supervise

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string and returns its text, which aliases the line or text. Bytes that are
// not UTF-8, and halves of surrogate pairs, become U+FFFD.
func (r *jsonReader) str() []byte {
	if r.eat('"'); r.bad {
		return nil
	}
	from := r.i
	for r.i < len(r.s) {
		switch c := r.s[r.i]; {
		case c == '"':
			r.i++
			return r.s[from : r.i-1]
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return r.escaped(from)
		}
		r.i++
	}
	r.fail()
	return nil
}

// escaped is str from the first byte on that does not stand for itself.
func (r *jsonReader) escaped(from int) []byte {
	at := len(r.text)
	r.text = append(r.text, r.s[from:r.i]...)
	for r.i < len(r.s) {
		c := r.s[r.i]
		switch {
		case c == '"':
			r.i++
			return r.text[at:len(r.text):len(r.text)]
		case c == '\\':
			r.escape()
		case c < ' ':
			r.fail()
		case c >= utf8.RuneSelf:
			u, size := utf8.DecodeRune(r.s[r.i:])
			r.text = utf8.AppendRune(r.text, u)
			r.i += size
		default:
			r.text = append(r.text, c)
			r.i++
		}
	}
	r.fail()
	return nil
}

// escape reads one escape, or the two of a surrogate pair.
func (r *jsonReader) escape() {
	if r.i++; r.i == len(r.s) {
		return
	}
	c := r.s[r.i]
	r.i++
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		u := r.hex4()
		if utf16.IsSurrogate(u) {
			u = r.pair(u)
		}
		r.text = utf8.AppendRune(r.text, u)
		return
	default:
		r.fail()
	}
	r.text = append(r.text, c)
}

// pair returns what u and the escape behind it stand for.
func (r *jsonReader) pair(u rune) rune {
	if at := r.i; len(r.s)-at >= 6 && r.s[at] == '\\' && r.s[at+1] == 'u' {
		r.i += 2
		if p := utf16.DecodeRune(u, r.hex4()); p != utf8.RuneError {
			return p
		}
		if !r.bad {
			r.i = at
		}
	}
	return utf8.RuneError
}

func (r *jsonReader) hex4() rune {
	if len(r.s)-r.i < 4 {
		r.fail()
		return 0
	}
	n, err := strconv.ParseUint(string(r.s[r.i:r.i+4]), 16, 16)
	if err != nil {
		r.fail()
		return 0
	}
	r.i += 4
	return rune(n)
}
