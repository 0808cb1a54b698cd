package logformat

import (
	"bytes"
	"encoding/binary"

	"heka/lib/msg"
)

// Scanner applies a template to lines. It is for one goroutine.
type Scanner struct {
	t       *Template
	escaped bool   // the line has a backslash
	scratch []byte // a value without its escapes
	clocks  []clockCache
	now     moment // what the line has told of its time
	utc     utcCache
}

// NewScanner returns a scanner of t.
func (t *Template) NewScanner() *Scanner {
	s := &Scanner{t: t}
	for i := range t.steps {
		if t.steps[i].Kind == Clock {
			s.clocks = append(s.clocks, clockCache{})
		}
	}
	return s
}

// Scan takes line apart, adds its values to b as fields and sets b's Timestamp if
// the line has a time. A line feed at the end, or a carriage return and line feed,
// is no part of the line. The error, if the line does not fit the template, names
// the variable whose end was not found; it is one of the template's own, so that
// a bad line costs no allocation. b then holds the values before that variable.
//
// Hot: once a message.
func (s *Scanner) Scan(line []byte, b *msg.Builder) error {
	t := s.t
	line = chomp(line)
	if !bytes.HasPrefix(line, t.prefix) {
		return t.start
	}
	s.escaped = t.opt.Escape != EscapeNone && bytes.IndexByte(line, '\\') >= 0
	s.now = moment{}
	at := len(t.prefix)
	for i := range t.steps {
		st := &t.steps[i]
		n := s.end(st, line[at:])
		if n < 0 {
			return st.err
		}
		v := line[at : at+n]
		if st.plain && n > 1 && !s.escaped {
			b.KeyStr(st.key, v)
		} else if !s.value(st, v, b) {
			return st.err
		}
		at += n + len(st.lit)
	}
	if at < len(line) {
		return t.trailer
	}
	s.setTime(b)
	return nil
}

// chomp cuts the end of line off.
func chomp(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// end returns where the value of st ends in rest, and its literal stands; -1 if
// the literal does not.
func (s *Scanner) end(st *step, rest []byte) int {
	switch st.find {
	case findNothing:
		return len(rest)
	case findSuffix:
		if !bytes.HasSuffix(rest, st.lit) {
			return -1
		}
		return len(rest) - len(st.lit)
	case findQuote:
		n := bytes.IndexByte(rest, '"')
		if s.escaped && n > 0 {
			n = unescapedQuote(rest, n)
		}
		if n < 0 || !st.follows(rest[n:]) {
			return -1
		}
		return n
	}
	if n := s.guess(st, rest); n > 0 && st.follows(rest[n:]) && !(st.List && inList(rest, n)) {
		return n
	}
	for i := 0; ; i++ {
		n := bytes.IndexByte(rest[i:], st.first)
		if n < 0 {
			return -1
		}
		i += n
		if st.follows(rest[i:]) && !(st.List && inList(rest, i)) {
			return i
		}
	}
}

// guess returns how long a value at the start of rest is that is "-", digits, or
// the time of the line before; else 0. No literal starts within such a value: of
// the others that is settled by setFind, and of the time it was seen before.
func (s *Scanner) guess(st *step, rest []byte) int {
	switch st.try {
	case tryDash:
		if len(rest) > 0 && rest[0] == '-' {
			return 1
		}
	case tryDigits:
		for i, c := range rest {
			if c-'0' > 9 {
				return i
			}
		}
	case tryClock:
		c := &s.clocks[st.cache]
		if len(rest) > c.n && string(rest[:c.n]) == string(c.text[:c.n]) {
			return c.n
		}
	}
	return 0
}

// follows reports whether rest starts with the literal of st, which is not empty.
func (st *step) follows(rest []byte) bool {
	if len(rest) >= 8 && st.mask != 0 {
		return binary.LittleEndian.Uint64(rest)&st.mask == st.word
	}
	return bytes.HasPrefix(rest, st.lit)
}

// unescapedQuote returns where the first quote stands that no backslash escapes;
// the first of all is at rest[i]. -1 if there is none.
func unescapedQuote(rest []byte, i int) int {
	for escapedAt(rest, i) {
		n := bytes.IndexByte(rest[i+1:], '"')
		if n < 0 {
			return -1
		}
		i += 1 + n
	}
	return i
}

// escapedAt reports whether an odd number of backslashes stands before s[i].
func escapedAt(s []byte, i int) bool {
	n := 0
	for n < i && s[i-1-n] == '\\' {
		n++
	}
	return n&1 == 1
}
