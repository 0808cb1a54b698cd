package cjson

import (
	"strings"
	"unicode/utf8"
	"unsafe"
)

// token is what the text has next.
type token uint8

const (
	tokenInvalid token = iota
	tokenEnd
	tokenObject
	tokenObjectEnd
	tokenArray
	tokenArrayEnd
	tokenColon
	tokenComma
	tokenString // d.pos is at its first quote
	tokenNumber // d.pos is at its first character
	tokenTrue
	tokenFalse
	tokenNull
)

// tokenNames are lua-cjson's names, for its errors.
var tokenNames = [...]string{
	"invalid token", "T_END", "T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END",
	"T_COLON", "T_COMMA", "T_STRING", "T_NUMBER", "T_BOOLEAN", "T_BOOLEAN", "T_NULL",
}

// tokenOf says what a character starts; letters and signs are looked at closer.
var tokenOf = func() (of [256]token) {
	of[0] = tokenEnd
	for c, k := range map[byte]token{
		'{': tokenObject, '}': tokenObjectEnd, '[': tokenArray, ']': tokenArrayEnd,
		':': tokenColon, ',': tokenComma, '"': tokenString, '-': tokenNumber,
	} {
		of[c] = k
	}
	for c := '0'; c <= '9'; c++ {
		of[c] = tokenNumber
	}
	return of
}()

// next returns the next token and moves behind it, but not behind a string or a
// number, an invalid token, or the end.
func (d *decoder) next() token {
	i := d.pos
	for i < len(d.s) && isBlank(d.s[i]) {
		i++
	}
	d.pos = i
	if i == len(d.s) {
		return tokenEnd
	}
	k := tokenOf[d.s[i]]
	switch {
	case k >= tokenObject && k <= tokenComma:
		d.pos++
	case k == tokenInvalid:
		return d.word()
	}
	return k
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// word returns the token that starts with a letter or a plus sign.
func (d *decoder) word() token {
	rest := d.s[d.pos:]
	switch rest[0] {
	case 't':
		return d.literal("true", tokenTrue)
	case 'f':
		return d.literal("false", tokenFalse)
	case 'n':
		if strings.HasPrefix(rest, "null") {
			return d.literal("null", tokenNull)
		}
		fallthrough
	case 'N', 'i', 'I', '+':
		if d.decodeInvalid && isLax(rest) {
			return tokenNumber
		}
	}
	return tokenInvalid
}

func (d *decoder) literal(word string, k token) token {
	if !strings.HasPrefix(d.s[d.pos:], word) {
		return tokenInvalid
	}
	d.pos += len(word)
	return k
}

// unexpected ends the call at the token k, which is where want should be.
func (d *decoder) unexpected(want string, k token) {
	at := d.before(k)
	switch k { // which may be wrong themselves
	case tokenString:
		d.stringValue(want)
	case tokenNumber:
		d.number(want)
	}
	d.fail(want, tokenNames[k], at)
}

// before returns where the token k starts that was just read.
func (d *decoder) before(k token) int {
	switch k {
	case tokenObject, tokenObjectEnd, tokenArray, tokenArrayEnd, tokenColon, tokenComma:
		return d.pos - 1
	case tokenTrue, tokenNull:
		return d.pos - 4
	case tokenFalse:
		return d.pos - 5
	}
	return d.pos
}

func (d *decoder) fail(want, found string, at int) {
	d.L.RaiseError("Expected %s but found %s at character %d", want, found, at+1)
}

// stringValue reads the string at d.pos. What it returns is a part of the text or
// of scratch space. want names it in errors.
func (d *decoder) stringValue(want string) string {
	start := d.pos + 1
	i := start
	for i < len(d.s) && plain[d.s[i]] {
		i++
	}
	if i < len(d.s) && d.s[i] == '"' {
		d.pos = i + 1
		return d.s[start:i]
	}
	d.text = append(d.text[:0], d.s[start:i]...)
	for {
		run := i
		for i < len(d.s) && plain[d.s[i]] {
			i++
		}
		d.text = append(d.text, d.s[run:i]...)
		switch {
		case i == len(d.s) || d.s[i] == 0:
			d.fail(want, "unexpected end of string", i)
		case d.s[i] == '"':
			d.pos = i + 1
			return unsafe.String(unsafe.SliceData(d.text), len(d.text))
		default:
			i = d.escape(i, want)
		}
	}
}

// plain are the characters of a string that stand for themselves.
var plain = func() (is [256]bool) {
	for c := range is {
		is[c] = c != 0 && c != '"' && c != '\\'
	}
	return is
}()

// escape appends what the escape at i stands for, and returns where it ends.
func (d *decoder) escape(i int, want string) int {
	c := byte(0)
	if i+1 < len(d.s) {
		c = d.s[i+1]
	}
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
		r, n := d.rune(i)
		if n == 0 {
			d.fail(want, "invalid unicode escape code", i)
		}
		d.text = utf8.AppendRune(d.text, r)
		return i + n
	default:
		d.fail(want, "invalid escape code", i)
	}
	d.text = append(d.text, c)
	return i + 2
}

// rune reads \uXXXX at i, two of them for a pair of surrogates. The length is 0
// if it is none.
func (d *decoder) rune(i int) (rune, int) {
	r := d.hex4(i)
	switch {
	case r < 0 || r >= 0xDC00 && r < 0xE000:
		return 0, 0
	case r < 0xD800 || r >= 0xE000:
		return r, 6
	}
	low := d.hex4(i + 6)
	if low < 0xDC00 || low >= 0xE000 {
		return 0, 0
	}
	return 0x10000 + (r-0xD800)<<10 + (low - 0xDC00), 12
}

// hex4 reads \uXXXX at i; -1 if it is none.
func (d *decoder) hex4(i int) rune {
	if i+6 > len(d.s) || d.s[i] != '\\' || d.s[i+1] != 'u' {
		return -1
	}
	r := rune(0)
	for _, c := range []byte(d.s[i+2 : i+6]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return r
}
