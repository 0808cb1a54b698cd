package logformat

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Escape is how a server writes bytes that would break its lines.
type Escape uint8

// The ways of escaping.
const (
	EscapeNginx  Escape = iota // \xHH for what is no printable ASCII, " and \
	EscapeJSON                 // as in a JSON string
	EscapeNone                 // not at all
	EscapeApache               // \" \\ \n \t ..., \xHH for other unprintable bytes
)

// Unescape appends v to dst, with its escapes undone. A backslash that starts no
// escape stays. dst and v must not overlap.
func (e Escape) Unescape(dst, v []byte) []byte {
	for i := 0; i < len(v); {
		if v[i] != '\\' || e == EscapeNone {
			dst = append(dst, v[i])
			i++
			continue
		}
		var n int
		if dst, n = e.one(dst, v[i:]); n == 0 {
			dst = append(dst, '\\')
			n = 1
		}
		i += n
	}
	return dst
}

// one appends what the escape at the start of v stands for and returns its
// length; 0 if v starts with a backslash that is no escape.
func (e Escape) one(dst, v []byte) ([]byte, int) {
	if len(v) < 2 {
		return dst, 0
	}
	switch c := v[1]; c {
	case '"', '\\':
		return append(dst, c), 2
	case 'x':
		if e != EscapeJSON {
			if r, ok := hexadecimal(v[2:], 2); ok {
				return append(dst, byte(r)), 4
			}
		}
		return dst, 0
	case 'u':
		if e == EscapeJSON {
			return unicodeEscape(dst, v)
		}
		return dst, 0
	}
	if c := e.letter(v[1]); c != 0 {
		return append(dst, c), 2
	}
	return dst, 0
}

// letter returns the byte that a backslash and c stand for; 0 if none.
func (e Escape) letter(c byte) byte {
	if e == EscapeNginx {
		return 0
	}
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'v':
		if e == EscapeApache {
			return '\v'
		}
	case '/':
		if e == EscapeJSON {
			return '/'
		}
	}
	return 0
}

// unicodeEscape appends the character of \uXXXX, or of a pair of surrogates.
func unicodeEscape(dst, v []byte) ([]byte, int) {
	r, ok := hexadecimal(v[2:], 4)
	if !ok {
		return dst, 0
	}
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(dst, r), 6
	}
	if len(v) >= 12 && v[6] == '\\' && v[7] == 'u' {
		if low, ok := hexadecimal(v[8:], 4); ok {
			if c := utf16.DecodeRune(r, low); c != utf8.RuneError {
				return utf8.AppendRune(dst, c), 12
			}
		}
	}
	return utf8.AppendRune(dst, utf8.RuneError), 6
}

// hexadecimal reads n hexadecimal digits at the start of v.
func hexadecimal(v []byte, n int) (r rune, ok bool) {
	if len(v) < n {
		return 0, false
	}
	for _, c := range v[:n] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
