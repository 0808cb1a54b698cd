package match

import (
	"bytes"
	"regexp"
	"regexp/syntax"
)

// pattern is a regular expression, and the cheapest way there is to match it. It
// does not change, and may serve many goroutines.
type pattern struct {
	src   string
	texts []fixed        // it matches where one of these does; if none, re decides
	need  [][]byte       // it can't match where none of these stands; nil if unknown
	re    *regexp.Regexp // nil if texts says it all
}

// fixed is a text without wildcards, perhaps anchored.
type fixed struct {
	text       []byte
	begin, end bool
}

// newPattern compiles src. cost is what regular expressions may yet cost, in
// instructions, and is lessened by what this one does.
func newPattern(src string, cost *int) (*pattern, error) {
	tree, err := syntax.Parse(src, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if *cost -= instructions(tree, *cost); *cost <= 0 {
		return nil, &syntax.Error{Code: syntax.ErrLarge}
	}
	p := &pattern{src: src}
	tree = tree.Simplify()
	if p.texts = wholeTexts(tree); p.texts != nil {
		return p, nil
	}
	if p.re, err = regexp.Compile(src); err != nil {
		return nil, err
	}
	for _, s := range required(tree) {
		p.need = append(p.need, []byte(s))
	}
	return p, nil
}

// match reports whether p matches somewhere in b.
func (p *pattern) match(b []byte) bool {
	if p.re != nil {
		return p.possible(b) && p.re.Match(b)
	}
	for i := range p.texts {
		if p.texts[i].match(b) {
			return true
		}
	}
	return false
}

func (f *fixed) match(b []byte) bool {
	switch {
	case f.begin && f.end:
		return bytes.Equal(b, f.text)
	case f.begin:
		return bytes.HasPrefix(b, f.text)
	case f.end:
		return bytes.HasSuffix(b, f.text)
	}
	return bytes.Contains(b, f.text)
}

// possible reports whether one of the texts that a match must contain is in b.
func (p *pattern) possible(b []byte) bool {
	for _, s := range p.need {
		if bytes.Contains(b, s) {
			return true
		}
	}
	return p.need == nil
}

// instructions estimates the size of the program of re; it stops counting at limit.
func instructions(re *syntax.Regexp, limit int) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		if n > limit {
			return n
		}
		n += instructions(sub, limit)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min+1, re.Max)
	}
	return n
}
