package packed

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Transcode writes the characters of src, in UTF16LE or UTF16BE, to dst as UTF-8.
// It stops where dst has no room for the next character, or src has not all of it:
// a byte of two, or half of a surrogate pair at its end. It returns how many bytes
// it wrote, and of how many. With four bytes of room and four of src it never
// stands still. Hot path: allocates nothing.
func Transcode(dst, src []byte, e Encoding) (written, read int) {
	ascii, swap := asciiLE, false
	if e == UTF16BE {
		ascii, swap = asciiBE, true
	}
	for {
		k := ascii(dst[written:], src[read:])
		written, read = written+k, read+2*k
		k, n := others(dst[written:], src[read:], swap)
		written, read = written+k, read+n
		if n == 0 {
			return written, read
		}
	}
}

// others is Transcode one character at a time, to the first that is ASCII, since
// that may be the first of many.
func others(dst, src []byte, swap bool) (written, read int) {
	for len(src)-read >= 2 {
		u := binary.LittleEndian.Uint16(src[read:])
		if swap {
			u = bits.ReverseBytes16(u)
		}
		r, size := rune(u), 2
		if utf16.IsSurrogate(r) {
			if r, size = pair(r, src[read:], swap); size == 0 {
				break
			}
		}
		if len(dst)-written < utf8.UTFMax && len(dst)-written < utf8.RuneLen(r) {
			break
		}
		d := dst[written:]
		read += size
		switch {
		case r < 0x80:
			d[0] = byte(r)
			return written + 1, read
		case r < 0x800:
			d[0], d[1] = 0xc0|byte(r>>6), 0x80|byte(r)&0x3f
			written += 2
		default:
			written += utf8.EncodeRune(d, r)
		}
	}
	return written, read
}

// pair gives the character that starts with the half r at the start of src, and how
// many bytes it is of: 0 if they are not all there.
func pair(r rune, src []byte, swap bool) (rune, int) {
	if r >= 0xdc00 { // the second half without the first
		return utf8.RuneError, 2
	}
	if len(src) < 4 {
		return 0, 0
	}
	u := binary.LittleEndian.Uint16(src[2:])
	if swap {
		u = bits.ReverseBytes16(u)
	}
	if r = utf16.DecodeRune(r, rune(u)); r != utf8.RuneError {
		return r, 4
	}
	return utf8.RuneError, 2
}

// asciiLE writes the characters at the start of src to dst as long as eight
// together are ASCII, and returns how many. Each is a unit of two bytes, four units
// a word; the bits of high are 0 in those that are ASCII.
func asciiLE(dst, src []byte) int {
	const high = 0xff80_ff80_ff80_ff80
	n := 0
	for len(dst) >= 8 && len(src) >= 16 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[8:])
		if (a|b)&high != 0 {
			break
		}
		binary.LittleEndian.PutUint64(dst, squeeze(a)|squeeze(b)<<32)
		dst, src, n = dst[8:], src[16:], n+8
	}
	return n
}

// asciiBE is asciiLE for units that have their bytes the other way about.
func asciiBE(dst, src []byte) int {
	const high = 0x80ff_80ff_80ff_80ff
	n := 0
	for len(dst) >= 8 && len(src) >= 16 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[8:])
		if (a|b)&high != 0 {
			break
		}
		binary.LittleEndian.PutUint64(dst, squeeze(a>>8)|squeeze(b>>8)<<32)
		dst, src, n = dst[8:], src[16:], n+8
	}
	return n
}

// squeeze puts the bytes 0, 2, 4 and 6 of w, whose others are 0, side by side.
func squeeze(w uint64) uint64 {
	w = (w | w>>8) & 0x0000_ffff_0000_ffff
	return (w | w>>16) & 0xffff_ffff
}
