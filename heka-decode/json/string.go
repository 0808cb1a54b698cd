package json

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string whose opening quote is before i, and returns its text and the
// offset behind the closing quote. The text aliases the line, or scratch.
func (d *decoder) str(i int) (text []byte, next int) {
	// Hot: most strings are as they read, and have eight bytes behind them.
	for s, j := d.s, i; j+8 <= len(s); j += 8 {
		if m := stops(binary.LittleEndian.Uint64(s[j:])); m != 0 {
			if j += bits.TrailingZeros64(m) / 8; s[j] == '"' {
				return s[i:j], j + 1
			}
			break
		}
	}
	end, plain := d.span(i)
	if end < 0 {
		return nil, end
	}
	if plain {
		return d.s[i:end], end + 1
	}
	return d.unescape(d.s[i:end]), end + 1
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stops returns a word whose lowest set bit is the highest bit of the first byte of
// w that is a quote, a backslash, a control character, or not ASCII; 0 if there is
// none.
func stops(w uint64) uint64 {
	quote, back := w^(ones*'"'), w^(ones*'\\')
	return ((quote-ones)&^quote | (back-ones)&^back | (w-ones*' ')&^w | w) & highs
}

// span returns the offset of the quote that closes the string at s[i:], and whether
// the string is as it reads: without escapes, and UTF-8.
func (d *decoder) span(i int) (end int, plain bool) {
	s := d.s
	plain = true
	for {
		i = next(s, i)
		if i >= len(s) {
			return d.fail(len(s), "ends within a string"), false
		}
		switch c := s[i]; {
		case c == '"':
			return i, plain
		case c == '\\':
			plain = false
			if i = d.escape(i); i < 0 {
				return i, false
			}
		case c < ' ':
			return d.fail(i, "a control character within a string"), false
		default:
			r, size := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && size == 1 {
				plain, d.dirty = false, true
			}
			i += size
		}
	}
}

// next returns the offset of the first byte from s[i:] on at which span must stop.
func next(s []byte, i int) int {
	for ; i+8 <= len(s); i += 8 {
		if m := stops(binary.LittleEndian.Uint64(s[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c == '"' || c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}

// escape checks the escape at s[i:] and returns the offset behind it.
func (d *decoder) escape(i int) int {
	if i+1 < len(d.s) {
		switch d.s[i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			return i + 2
		case 'u':
			if hex4(d.s[i+2:]) >= 0 {
				return i + 6
			}
		}
	}
	return d.fail(i, "a bad escape within a string")
}

// hex4 returns the number of four hexadecimal digits at the start of s; a negative
// one if there are none.
func hex4(s []byte) rune {
	if len(s) < 4 {
		return -1
	}
	var r rune
	for _, c := range s[:4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20-'a' < 6:
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unescape appends the text that src, a string that span has seen, stands for to
// scratch, and returns it.
func (d *decoder) unescape(src []byte) []byte {
	dst := d.scratch
	at := len(dst)
	for len(src) > 0 {
		n := next(src, 0)
		dst = append(dst, src[:n]...)
		if src = src[n:]; len(src) == 0 {
			break
		}
		if src[0] != '\\' {
			r, size := utf8.DecodeRune(src)
			dst = utf8.AppendRune(dst, r)
			src = src[size:]
			continue
		}
		if src[1] == 'u' {
			var r rune
			r, src = codePoint(src)
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, single(src[1]))
		src = src[2:]
	}
	d.scratch = dst
	return dst[at:len(dst):len(dst)]
}

// codePoint returns what the \u escape, or the pair of them, at the start of src
// stands for, and what follows. Half of a pair is U+FFFD.
func codePoint(src []byte) (rune, []byte) {
	r := hex4(src[2:])
	src = src[6:]
	if !utf16.IsSurrogate(r) {
		return r, src
	}
	if len(src) >= 6 && src[0] == '\\' && src[1] == 'u' {
		if r := utf16.DecodeRune(r, hex4(src[2:])); r != utf8.RuneError {
			return r, src[6:]
		}
	}
	return utf8.RuneError, src
}

// single returns what a backslash and c stand for.
func single(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// valid appends src to scratch with U+FFFD for each byte that is not UTF-8, and
// returns it.
func (d *decoder) valid(src []byte) []byte {
	at := len(d.scratch)
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		d.scratch = utf8.AppendRune(d.scratch, r)
		src = src[size:]
	}
	return d.scratch[at:len(d.scratch):len(d.scratch)]
}
