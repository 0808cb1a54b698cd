package oracle

import (
	"bytes"
	"hash/crc32"
	"math/rand/v2"
	"strconv"
)

// Line is what a line says of itself.
type Line struct {
	Src  uint32
	Seq  int64
	Len  int    // of the body, as it says
	Body []byte // as it is; aliases the line
	Good bool   // Body has this length, and the checksum is right
}

// alphabets are what bodies are made of. None has a "\n" or ends in a "\r".
var alphabets = [...]string{
	"abcdefghijklmnopqrstuvwxyz 0123456789", "grüße aus köln, 東京 ", "\x00\x1b[31m\x7f",
	`<b onclick="x">&amp;</b>`, "\xff\xfe\xc3\x28", "a,b;\"'\\\t{}[]%", "a\rb\r\rc",
}

// usual is the length of a body that is not of a special length, at most.
const usual = 120

// AppendLine appends line seq of source src to dst, with its end:
//
//	src=3 seq=000123 len=5 crc=0a0b0c0d BODY
//
// Most bodies have up to 120 bytes; of 10,000, some have none or one, 4095 to 4097, or
// 64 KiB and one more or less. They hold UTF-8, control characters, markup, and what is
// no UTF-8; one line of ten ends in "\r\n". The checksum is over all but itself. The
// same seed, src and seq give the same line.
func AppendLine(dst []byte, seed uint64, src uint32, seq int64) []byte {
	var p rand.PCG
	p.Seed(seed, uint64(src)<<40^uint64(seq))
	r := p.Uint64()
	n := int(r % usual)
	switch k := r >> 20 % 10_000; {
	case k < 5:
		n = 65535 + int(k)%3
	case k < 25:
		n = 4095 + int(k)%3
	case k < 65:
		n = int(k) % 2
	}
	at := len(dst)
	dst = appendHead(dst, src, seq, n)
	head := len(dst)
	dst = append(dst, " crc=00000000 "...)
	body := len(dst)
	letters := alphabets[r>>40%uint64(len(alphabets))]
	for len(dst)-body < n {
		dst = append(dst, letters[:min(len(letters), n-(len(dst)-body))]...)
	}
	if n > 0 && dst[len(dst)-1] == '\r' { // or it would pass for the end of the line
		dst[len(dst)-1] = '.'
	}
	sum := checksum(dst[at:head], dst[body:])
	const digits = "0123456789abcdef"
	for i := range 8 {
		dst[body-2-i] = digits[sum>>(4*i)&15]
	}
	if r>>50%10 == 0 {
		dst = append(dst, '\r')
	}
	return append(dst, '\n')
}

func appendHead(dst []byte, src uint32, seq int64, n int) []byte {
	dst = strconv.AppendUint(append(dst, "src="...), uint64(src), 10)
	dst = append(dst, " seq="...)
	for p := int64(100_000); p > max(seq, 1); p /= 10 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendInt(dst, seq, 10)
	return strconv.AppendInt(append(dst, " len="...), int64(n), 10)
}

func checksum(head, body []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE(head), crc32.IEEETable, body)
}

// ParseLine reads a line without its "\n"; a "\r" at its end is taken for part of
// that. It is false if the head of the line is not of a line of ours.
func ParseLine(line []byte) (l Line, ok bool) {
	rest := line
	src, rest, ok1 := number(rest, "src=")
	seq, rest, ok2 := number(rest, " seq=")
	n, rest, ok3 := number(rest, " len=")
	const sumLen = len(" crc=00000000 ")
	if !ok1 || !ok2 || !ok3 || src > 1<<32-1 || len(rest) < sumLen ||
		!bytes.HasPrefix(rest, []byte(" crc=")) || rest[sumLen-1] != ' ' {
		return Line{}, false
	}
	head := line[:len(line)-len(rest)]
	sum, err := strconv.ParseUint(string(rest[5:sumLen-1]), 16, 32)
	l = Line{Src: uint32(src), Seq: seq, Len: int(n), Body: rest[sumLen:]}
	if len(l.Body) == l.Len+1 && l.Body[l.Len] == '\r' {
		l.Body = l.Body[:l.Len]
	}
	l.Good = err == nil && len(l.Body) == l.Len && checksum(head, l.Body) == uint32(sum)
	return l, err == nil
}

// number reads what prefix stands before: 1 to 18 digits.
func number(b []byte, prefix string) (n int64, rest []byte, ok bool) {
	if len(b) < len(prefix) || string(b[:len(prefix)]) != prefix {
		return 0, b, false
	}
	b = b[len(prefix):]
	i := 0
	for i < len(b) && i < 18 && b[i]-'0' <= 9 {
		n = n*10 + int64(b[i]-'0')
		i++
	}
	return n, b[i:], i > 0
}
