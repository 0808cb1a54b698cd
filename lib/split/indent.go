package split

import "regexp"

// indent is the mode of lines that go on where they are indented.
type indent struct{}

func (indent) first([]byte) {}

func (indent) next(line []byte) verdict {
	if indented(line) {
		return goesOn
	}
	return begins
}

// start is the mode of events whose first line an expression matches.
type start struct{ re *regexp.Regexp }

func (start) first([]byte) {}

func (s start) next(line []byte) verdict {
	if s.re.Match(line) {
		return begins
	}
	return goesOn
}
