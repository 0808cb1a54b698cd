package pattern

import (
	"bytes"
)

// Limits of what is looked at of a line.
const (
	maxLine   = 2048
	maxPieces = 400
	maxWord   = 40 // longer ones are filled in
	maxSlots  = 64 // the bits of cluster.varied
)

// Bytes of a form that stand for something else.
const (
	hole = 1 // what is filled in, whatever the line
	slot = 2 // a word that may be filled in
)

// kind is what a piece of a line is.
type kind uint8

const (
	text  kind = iota // signs, and words that are part of the text
	value             // filled in: a number, an address, what is in quotes
	plain             // a word that may be either
)

// piece is a stretch of a line.
type piece struct {
	kind       kind
	word       bool // of text: a word
	start, end int32
}

// scanner cuts lines into pieces and finds their form:
//
//	session opened for user root by (uid=0)
//	session opened for user ␂ by (uid=␁)
//
// The form of a line depends on the line alone. The zero scanner is ready; it is for one
// goroutine.
type scanner struct {
	form   []byte
	words  []piece // that stand in slots
	pieces []piece
	line   []byte
}

// scan finds the form of the first line of s. What it finds is valid until the next call.
func (s *scanner) scan(line []byte) {
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	cut := len(line) > maxLine
	s.line = line[:min(len(line), maxLine)]
	s.pieces = s.pieces[:0]
	at := 0
	for at < len(s.line) && len(s.pieces) < maxPieces {
		at = s.next(at)
	}
	s.build(cut || at < len(s.line))
}

// classes of bytes.
const (
	blank  = 1 << iota // white space and what can't be printed
	fence              // signs that a chunk ends at
	quote              // that what is quoted stands between
	digit              //
	letter             // bytes of UTF-8 too
	hexa               // letters of hexadecimal numbers
	slash              // signs that paths have
	stop               // signs at the end of words
)

var classes = classTable()

func classTable() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c <= ' ' || c == 0x7f:
			t[c] = blank
		case bytes.IndexByte([]byte("()[]{}<>,;=|"), byte(c)) >= 0:
			t[c] = fence
		case c == '"' || c == '\'' || c == '`':
			t[c] = quote
		case c >= '0' && c <= '9':
			t[c] = digit
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			t[c] = letter | hexa
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
			t[c] = letter
		case c == '/' || c == '\\' || c == '~':
			t[c] = slash
		case c == '.' || c == ':' || c == '!' || c == '?':
			t[c] = stop
		}
	}
	return t
}

// next adds the pieces that start at at, and returns where they end.
func (s *scanner) next(at int) int {
	line := s.line
	switch c := classes[line[at]]; {
	case c&blank != 0:
		end := at + 1
		for end < len(line) && classes[line[end]]&blank != 0 {
			end++
		}
		if len(s.pieces) > 0 && end < len(line) {
			s.add(text, at, end) // build makes it one blank
		}
		return end
	case c&fence != 0:
		s.add(text, at, at+1)
		return at + 1
	case c&quote != 0:
		return s.quoted(at)
	}
	end, seen := at, uint8(0)
	for end < len(line) {
		c := classes[line[end]]
		if c&(blank|fence|quote) != 0 && (c&quote == 0 || !s.apostrophe(end)) {
			break
		}
		seen |= c
		end++
	}
	if seen&slash != 0 && isPath(line[at:end]) {
		return s.path(at, end)
	}
	s.chunk(at, end)
	return end
}

// path adds the path that starts at at and goes on at end: behind signs that words end at,
// too.
func (s *scanner) path(at, end int) int {
	for end < len(s.line) && classes[s.line[end]]&(blank|quote) == 0 &&
		bytes.IndexByte([]byte(")]}>,"), s.line[end]) < 0 {
		end++
	}
	s.add(value, at, end)
	return end
}

// apostrophe reports whether the quote at i is one, between letters.
func (s *scanner) apostrophe(i int) bool {
	return s.line[i] == '\'' && i > 0 && i+1 < len(s.line) &&
		classes[s.line[i-1]]&letter != 0 && classes[s.line[i+1]]&letter != 0
}

// quoted adds what starts with the quote at at. A name before a colon, as in JSON, is part
// of the text.
func (s *scanner) quoted(at int) int {
	q := s.line[at]
	end := at + 1
	for end < len(s.line) && s.line[end] != q {
		if s.line[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s.line) {
		s.add(text, at, at+1)
		return at + 1
	}
	if inside := s.line[at+1 : end]; end+1 < len(s.line) && s.line[end+1] == ':' && isName(inside) {
		s.word(text, at, end+1)
		return end + 1
	}
	s.add(text, at, at+1)
	s.add(value, at+1, end)
	s.add(text, end, end+1)
	return end + 1
}

// isName reports whether s can be the name of a field.
func isName(s []byte) bool {
	for _, c := range s {
		if classes[c]&letter == 0 && c != '_' && c != '-' && c != '.' && c != '@' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= maxWord
}

// isPath reports whether s is the beginning of a path or a URL.
func isPath(s []byte) bool {
	if s[0] == '/' || s[0] == '~' {
		return len(s) > 1
	}
	i := bytes.IndexByte(s, '/')
	if i < 0 {
		return bytes.IndexByte(s, '\\') >= 0
	}
	rest := s[i+1:]
	return s[0] == '.' || bytes.IndexByte(rest, '/') >= 0 || bytes.IndexByte(rest, '.') >= 0
}

func (s *scanner) add(k kind, start, end int) {
	s.pieces = append(s.pieces, piece{kind: k, start: int32(start), end: int32(end)})
}

func (s *scanner) word(k kind, start, end int) {
	s.pieces = append(s.pieces, piece{kind: k, word: true, start: int32(start), end: int32(end)})
}
