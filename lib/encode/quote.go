package encode

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	hex   = "0123456789abcdef"
)

// special has the high bit of the first byte in x, counted from the lowest,
// that JSON can't take as it stands: below 0x20, '"', '\\', or not ASCII. Higher
// bytes may be marked without cause, by a borrow. '"'^2 is 0x20, ' '^2 is '"',
// and what is below 0x20 stays so: one subtraction finds both.
func special(x uint64) uint64 {
	return (x | ((x ^ 0x02*ones) - 0x21*ones) | ((x ^ '\\'*ones) - ones)) & highs
}

// plain copies src[:n] to dst and returns how many bytes of it stand before the
// first byte that special finds; what it wrote behind those is rubbish. It may
// write up to eight bytes past n, and reads ahead within src, which is why src
// goes on behind n where it can. Lengths are what a processor can't foresee, so
// there is one branch on them: the loop's end.
func plain(dst, src []byte, n int) int {
	if len(dst) < n+8 || len(src) < n {
		panic("encode: no room")
	}
	d, s := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(src))
	i, found := 0, uint64(0)
	for ; i+8 < n; i += 8 {
		x := load(s, i)
		store(d, i, x)
		found |= special(x)
	}
	if i+8 > len(src) {
		return plainEnd(dst, src, n)
	}
	x := load(s, i)
	store(d, i, x)
	if found|special(x)<<(64-8*uint(n-i)) != 0 {
		return plainEnd(dst, src, n)
	}
	return n
}

// plainEnd is plain for the few strings that end at src's end, or that hold
// something special: these are looked through a second time.
func plainEnd(dst, src []byte, n int) int {
	i := 0
	for ; i+8 <= n; i += 8 {
		x := binary.LittleEndian.Uint64(src[i:])
		if m := special(x); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		binary.LittleEndian.PutUint64(dst[i:], x)
	}
	for ; i < n; i++ {
		c := src[i]
		if c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return i
		}
		dst[i] = c
	}
	return n
}

// putString writes b[i:i+n] as a JSON string to buf[j:], which has room for
// 6*n+16 bytes.
func putString(buf []byte, j int, b []byte, i, n int) int {
	buf[j] = '"'
	j++
	k := plain(buf[j:], b[i:], n)
	j += k
	if k < n {
		j = escape(buf, j, b[i+k:i+n])
	}
	buf[j] = '"'
	return j + 1
}

// putLong writes a JSON string of any length, in pieces, so that the room asked
// for is not six times a large payload.
func putLong(buf []byte, j int, s []byte) ([]byte, int) {
	const piece = 4096
	buf = room(buf, j, len(s)+slack)
	buf[j] = '"'
	j++
	for len(s) > 0 {
		n := cut(s, piece)
		buf = room(buf, j, n+slack)
		k := plain(buf[j:], s, n)
		j += k
		if k < n {
			buf = room(buf, j, 6*(n-k)+slack)
			j = escape(buf, j, s[k:n])
		}
		s = s[n:]
	}
	buf = room(buf, j, slack)
	buf[j] = '"'
	return buf, j + 1
}

// cut returns the length of the longest beginning of s that has at most n bytes
// and ends between two characters.
func cut(s []byte, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for k := n; k > n-utf8.UTFMax; k-- {
		if utf8.RuneStart(s[k]) {
			return k
		}
	}
	return n
}

// escape writes s as the inside of a JSON string to buf[j:], which has room for
// 6*len(s)+8 bytes. Each byte that is not UTF-8 becomes U+FFFD.
func escape(buf []byte, j int, s []byte) int {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && size == 1 {
				j += copy(buf[j:], "\uFFFD")
			} else {
				j += copy(buf[j:], s[i:i+size])
			}
			i += size
			continue
		}
		if short := shorts[c]; short == 0 {
			n := plain(buf[j:], s[i:], len(s)-i)
			i, j = i+n, j+n
			continue
		} else if short != 1 {
			buf[j], buf[j+1] = '\\', short
			j += 2
		} else {
			j += copy(buf[j:], `\u00`)
			buf[j], buf[j+1] = hex[c>>4], hex[c&15]
			j += 2
		}
		i++
	}
	return j
}

// shorts has for each ASCII character that JSON must escape the letter of its
// short escape, or 1 if it has none; 0 for all others.
var shorts = [utf8.RuneSelf]byte{
	1, 1, 1, 1, 1, 1, 1, 1, 1, 't', 'n', 1, 1, 'r', 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	'"': '"', '\\': '\\',
}

// AppendJSONString appends s as a JSON string with its quotes. Control
// characters are escaped, as \n, \r, \t or \u00XX; bytes that are not UTF-8 become
// U+FFFD; all else, <>& and U+2028 included, stands as it is.
func AppendJSONString(dst, s []byte) []byte {
	buf, j := putLong(dst[:cap(dst)], len(dst), s)
	return buf[:j]
}

// putBase64 writes s as a JSON string of base64 with padding (RFC 4648).
func putBase64(buf []byte, j int, s []byte) ([]byte, int) {
	n := base64.StdEncoding.EncodedLen(len(s))
	buf = room(buf, j, n+slack)
	buf[j] = '"'
	base64.StdEncoding.Encode(buf[j+1:], s)
	buf[j+1+n] = '"'
	return buf, j + 2 + n
}
