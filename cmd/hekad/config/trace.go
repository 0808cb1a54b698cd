package config

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// trace says where the bytes of a text came from: of a string of the file where in the
// file, of an expanded string where in the string.
type trace []stretch

// stretch begins at out and came from in. The bytes behind follow those behind in,
// unless it is flat: then all of it came from in.
type stretch struct {
	out, in int
	flat    bool
}

// at returns where the byte at off came from.
func (t trace) at(off int) int {
	i, found := slices.BinarySearchFunc(t, off, func(s stretch, off int) int { return s.out - off })
	if !found {
		i--
	}
	switch {
	case i < 0:
		return off
	case t[i].flat:
		return t[i].in
	}
	return t[i].in + off - t[i].out
}

// escapes has the letters behind a backslash that stand for one byte.
var escapes = []byte(`btnfre"\`)

// digits is how many digits follow the escapes that have some.
var digits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// traceString returns the trace of the value of a string of the file, whose source is
// raw and begins at off. raw is right: it has been parsed.
func traceString(raw []byte, off int) trace {
	n, quote := 1, raw[0]
	if len(raw) >= 6 && raw[1] == quote && raw[2] == quote {
		if n = 3; raw[n] == '\n' {
			n++
		} else if raw[n] == '\r' && raw[n+1] == '\n' {
			n += 2
		}
	}
	t := trace{{0, off + n, false}}
	if quote == '\'' {
		return t
	}
	out := 0
	for i := n; i < len(raw); {
		if raw[i] != '\\' || i+1 == len(raw) {
			i, out = i+1, out+1
			continue
		}
		length, width := escape(raw[i:])
		t = append(t, stretch{out, off + i, true})
		i, out = i+length, out+width
		if width == 0 {
			t = t[:len(t)-1]
		}
		t = append(t, stretch{out, off + i, false})
	}
	return t
}

// escape returns how long the escape at the start of b is, and how many bytes it
// stands for.
func escape(b []byte) (length, width int) {
	if bytes.IndexByte(escapes, b[1]) >= 0 {
		return 2, 1
	}
	n, ok := digits[b[1]]
	if !ok || 2+n > len(b) { // the end of a line, and what is blank behind it
		rest := bytes.TrimLeft(b[1:], " \t\r\n")
		return len(b) - len(rest), 0
	}
	r := rune(0)
	for _, c := range b[2 : 2+n] {
		r = r<<4 | rune(bytes.IndexByte([]byte("0123456789abcdef"), c|0x20))
	}
	return 2 + n, max(utf8.RuneLen(r), 1)
}
