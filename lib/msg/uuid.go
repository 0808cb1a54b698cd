package msg

import (
	"encoding/binary"
	"encoding/hex"
)

// AppendUuid appends the canonical text of a uuid of 16 bytes to dst: 36
// characters, lower case.
func AppendUuid(dst, u []byte) []byte {
	const digits = "0123456789abcdef"
	var t [36]byte
	j := 0
	for i, c := range u[:16] {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			t[j] = '-'
			j++
		}
		t[j], t[j+1] = digits[c>>4], digits[c&15]
		j += 2
	}
	return append(dst, t[:]...)
}

// ParseUuid reads the canonical text of a uuid; false if s is none.
func ParseUuid(s []byte) (u [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, false
	}
	at := 0
	for _, part := range [][]byte{s[:8], s[9:13], s[14:18], s[19:23], s[24:]} {
		n, err := hex.Decode(u[at:], part)
		if err != nil {
			return u, false
		}
		at += n
	}
	return u, true
}

// PutUuid writes the two halves of a uuid, version and variant bits included.
func PutUuid(u *[16]byte, hi, lo uint64) {
	binary.BigEndian.PutUint64(u[:8], hi)
	binary.BigEndian.PutUint64(u[8:], lo)
}
