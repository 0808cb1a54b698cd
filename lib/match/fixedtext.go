package match

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

const (
	maxTexts = 16 // alternatives that are looked for one by one
	maxClass = 8  // characters of a class that is made alternatives
)

// wholeTexts returns texts of which one matches exactly where the regular
// expression re does; nil if it needs the engine. re is simplified.
func wholeTexts(re *syntax.Regexp) []fixed {
	all, ok := expand(unpad(re))
	if !ok {
		return nil
	}
	return all
}

// unpad drops what may match nothing at the ends of a concatenation: it decides
// where a match starts and ends, but not whether there is one.
func unpad(re *syntax.Regexp) *syntax.Regexp {
	if re.Op == syntax.OpCapture {
		return unpad(re.Sub[0])
	}
	if re.Op != syntax.OpConcat {
		return re
	}
	sub := re.Sub
	for len(sub) > 1 && optional(sub[0]) {
		sub = sub[1:]
	}
	for len(sub) > 1 && optional(sub[len(sub)-1]) {
		sub = sub[:len(sub)-1]
	}
	return &syntax.Regexp{Op: syntax.OpConcat, Sub: sub}
}

func optional(re *syntax.Regexp) bool {
	return re.Op == syntax.OpStar || re.Op == syntax.OpQuest
}

// expand returns the texts that re stands for, in any order; false if they are
// too many, endless, or not plain text.
func expand(re *syntax.Regexp) ([]fixed, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []fixed{{}}, true
	case syntax.OpBeginText:
		return []fixed{{begin: true}}, true
	case syntax.OpEndText:
		return []fixed{{end: true}}, true
	case syntax.OpLiteral:
		return expandLiteral(re)
	case syntax.OpCharClass:
		return expandClass(re)
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpQuest:
		all, ok := expand(re.Sub[0])
		return append(all, fixed{}), ok && len(all) < maxTexts
	case syntax.OpConcat:
		return expandConcat(re)
	case syntax.OpAlternate:
		var all []fixed
		for _, sub := range re.Sub {
			some, ok := expand(sub)
			if all = append(all, some...); !ok || len(all) > maxTexts {
				return nil, false
			}
		}
		return all, true
	}
	return nil, false
}

// expandLiteral returns the text of a literal. The engine reads each byte that is
// not UTF-8 as U+FFFD, which a search for bytes would not find.
func expandLiteral(re *syntax.Regexp) ([]fixed, bool) {
	if re.Flags&syntax.FoldCase != 0 || slices.Contains(re.Rune, utf8.RuneError) {
		return nil, false
	}
	return []fixed{{text: []byte(string(re.Rune))}}, true
}

func expandClass(re *syntax.Regexp) ([]fixed, bool) {
	var all []fixed
	for i := 0; i+1 < len(re.Rune); i += 2 {
		lo, hi := re.Rune[i], re.Rune[i+1]
		if int(hi-lo)+len(all) >= maxClass || lo <= utf8.RuneError && utf8.RuneError <= hi {
			return nil, false
		}
		for r := lo; r <= hi; r++ {
			all = append(all, fixed{text: utf8.AppendRune(nil, r)})
		}
	}
	return all, len(all) > 0
}

// expandConcat returns each text of the first part before each of the next, and
// so on. An anchor anywhere but at its end of the text is left to the engine.
func expandConcat(re *syntax.Regexp) ([]fixed, bool) {
	all := []fixed{{}}
	for _, sub := range re.Sub {
		some, ok := expand(sub)
		if !ok || len(all)*len(some) > maxTexts {
			return nil, false
		}
		var next []fixed
		for _, a := range all {
			for _, b := range some {
				if a.end && len(b.text) > 0 || b.begin && len(a.text) > 0 {
					return nil, false
				}
				next = append(next, fixed{
					text:  slices.Concat(a.text, b.text),
					begin: a.begin || b.begin,
					end:   a.end || b.end,
				})
			}
		}
		all = next
	}
	return all, true
}

// required returns texts of which at least one is in whatever re matches; nil if
// there is none to be found. Of several choices it takes the one whose shortest
// text is longest.
func required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if texts := required(sub); shortest(texts) > shortest(best) {
				best = texts
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			texts := required(sub)
			if all = append(all, texts...); texts == nil || len(all) > maxClass {
				return nil
			}
		}
		return all
	case syntax.OpLiteral:
		if some, ok := expandLiteral(re); ok {
			return []string{string(some[0].text)}
		}
	}
	return nil
}

func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	n := len(texts[0])
	for _, s := range texts {
		n = min(n, len(s))
	}
	return n
}
