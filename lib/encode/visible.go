package encode

import (
	"fmt"
	"unicode/utf8"
)

// AppendVisible appends s as it can be shown on a terminal: nothing in it moves
// the cursor, changes colours or the direction of text, or is unseen. Control
// characters and bytes that are not UTF-8 become \x1b and the like (\n, \r and \t in
// short), the controls of C1 and the marks that order or hide text \u202e. All
// else, the backslash included, stands as it is: the text is to be read by a
// person and not to be turned back.
func AppendVisible(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && s[i] >= ' ' && s[i] < 0x7f {
			i++
		}
		dst = append(dst, s[start:i]...)
		if i == len(s) {
			break
		}
		r, size := utf8.DecodeRune(s[i:])
		switch c := s[i]; {
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < utf8.RuneSelf || r == utf8.RuneError && size == 1:
			dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
		case hidden(r):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

// hidden reports whether r, which is not ASCII, is a control character of C1, or
// one that orders, joins to nothing, or tags text without being seen.
func hidden(r rune) bool {
	switch {
	case r < 0xa0: // C1
	case r == 0xad, r == 0x061c, r == 0x180e, r == 0xfeff:
	case r == 0x200b, r == 0x200e, r == 0x200f:
	case r >= 0x2028 && r <= 0x202e: // lines, embeddings, overrides
	case r >= 0x2060 && r <= 0x206f: // isolates
	case r >= 0xfff9 && r <= 0xfffb:
	case r >= 0xe0000 && r <= 0xe0fff: // tags, selectors
	default:
		return false
	}
	return true
}
