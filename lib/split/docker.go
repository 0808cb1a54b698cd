package split

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// dockerLine reads a line of Docker's json-file log: an object with the keys log,
// stream and time, and perhaps others, in any order. The text in log ends in an
// escaped newline, unless it goes on in the next line of the stream.
func dockerLine(line []byte) (part, bool) {
	p := part{stream: noStream, start: -1, escaped: true}
	i := space(line, 0)
	if i >= len(line) || line[i] != '{' {
		return p, false
	}
	for {
		key := space(line, i+1)
		end := stringEnd(line, key)
		i = space(line, end)
		if end < 0 || i >= len(line) || line[i] != ':' {
			return p, false
		}
		i = space(line, i+1)
		stop := valueEnd(line, i)
		if stop < 0 {
			return p, false
		}
		switch name := line[key+1 : end-1]; {
		case line[i] != '"':
		case string(name) == "log":
			p.start, p.end = i+1, stop-1
		case string(name) == "stream":
			p.stream = streamOf(line[i+1 : stop-1])
		}
		i = space(line, stop)
		if i >= len(line) || line[i] != ',' {
			break
		}
	}
	if i >= len(line) || line[i] != '}' || p.start < 0 {
		return p, false
	}
	p.more = !endsInNewline(line[p.start:p.end])
	return p, true
}

// space returns where what is no space starts in s, from i on; i if that is
// negative.
func space(s []byte, i int) int {
	for i >= 0 && i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns where the string ends that starts at i, behind its quote; -1 if
// there is none.
func stringEnd(s []byte, i int) int {
	if i < 0 || i >= len(s) || s[i] != '"' {
		return -1
	}
	for i++; i < len(s); i++ {
		n := bytes.IndexByte(s[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		if !escaped(s[:i]) {
			return i + 1
		}
	}
	return -1
}

// escaped reports whether what comes behind s, which is in a string, has a backslash
// before it that counts.
func escaped(s []byte) bool {
	n := len(s)
	for n > 0 && s[n-1] == '\\' {
		n--
	}
	return (len(s)-n)%2 == 1
}

func endsInNewline(text []byte) bool {
	n := len(text)
	return n >= 2 && text[n-1] == 'n' && escaped(text[:n-1])
}

// valueEnd returns where the value at i ends; -1 if it does not.
func valueEnd(s []byte, i int) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if i = stringEnd(s, i); i < 0 {
				return -1
			}
			i--
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']', ',', ':':
			if s[i] == '}' || s[i] == ']' {
				depth--
			}
			if depth < 0 || depth == 0 && (s[i] == ',' || s[i] == ':') {
				return i
			}
			if depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// cutEscaped returns how much of the text of a JSON string goes into n bytes without
// cutting an escape or a character in two.
func cutEscaped(text []byte, n int) int {
	i := 0
	for i < len(text) {
		size := 1
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == 'u':
			size = 6
			if surrogate(text[i:], "89abAB") && surrogate(text[min(i+6, len(text)):], "cdefCDEF") {
				size = 12
			}
		case text[i] == '\\':
			size = 2
		case text[i] >= utf8.RuneSelf:
			_, size = utf8.DecodeRune(text[i:])
		}
		if i+size > n {
			return i
		}
		i += size
	}
	return i
}

// surrogate reports whether text starts with an escape \uDXXX whose second digit is
// one of second.
func surrogate(text []byte, second string) bool {
	return len(text) >= 6 && text[0] == '\\' && text[1] == 'u' && text[2]|0x20 == 'd' &&
		strings.IndexByte(second, text[3]) >= 0
}
