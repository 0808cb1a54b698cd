package pattern

import "bytes"

// chunk adds the pieces of what stands between blanks and fences and is no path.
func (s *scanner) chunk(start, end int) {
	line := s.line
	last := end // signs at the end are text
	for last > start+1 && classes[line[last-1]]&stop != 0 {
		last--
	}
	for start < last { // what a colon or a slash ends, one after another
		at := start
		for at < last && line[at] != ':' && line[at] != '/' {
			at++
		}
		if at < last && isNumber(line[start:last]) {
			at = last
		}
		if at > start {
			s.part(start, at)
		}
		if at < last {
			s.add(text, at, at+1)
			at++
		}
		start = at
	}
	if last < end {
		s.add(text, last, end)
	}
}

// isNumber reports whether s starts with a digit, or has no letters but those of
// hexadecimal numbers: a time, an address, a ratio.
func isNumber(s []byte) bool {
	if classes[s[0]]&digit != 0 {
		return true
	}
	colons := 0
	for _, c := range s {
		if c == ':' {
			colons++
		}
		if classes[c]&letter != 0 && classes[c]&hexa == 0 {
			return false
		}
	}
	return colons > 1
}

// part adds one piece: a word, a value, or signs alone.
func (s *scanner) part(start, end int) {
	w := s.line[start:end]
	letters, digits, hexas := 0, 0, 0
	for _, c := range w {
		k := classes[c]
		letters += int(k & letter / letter)
		digits += int(k & digit / digit)
		hexas += int(k & hexa / hexa)
	}
	switch {
	case letters == 0 && digits == 0:
		s.add(text, start, end)
	case digits > 0 || len(w) > maxWord || hexas == len(w) && hexas >= 8 || isAddress(w):
		s.add(value, start, end)
	case start > 0 && s.line[start-1] == '=':
		s.add(value, start, end)
	case s.isLabel(end):
		s.word(text, start, end)
	default:
		if k := judge(w); k == value {
			s.add(value, start, end)
		} else {
			s.word(k, start, end)
		}
	}
}

// isAddress reports whether w has an @ with something on either side.
func isAddress(w []byte) bool {
	i := bytes.IndexByte(w, '@')
	return i > 0 && i < len(w)-1
}

// isLabel reports whether a word that ends at end names what follows it.
func (s *scanner) isLabel(end int) bool {
	if end >= len(s.line) {
		return false
	}
	c := s.line[end]
	return c == ':' || c == '=' || c == '('
}
