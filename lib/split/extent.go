package split

import (
	"regexp/syntax"
	"unicode/utf8"
)

// reach is how many bytes an expression may match, and what else it looks at.
type reach struct {
	least, most int // most is -1 if there is no bound
	behind      bool
}

// extent returns the reach of an expression. most counts a byte more for an
// assertion that looks at what follows.
func extent(re *syntax.Regexp) reach {
	switch re.Op {
	case syntax.OpLiteral:
		return literal(re)
	case syntax.OpCharClass:
		n := 1
		if k := len(re.Rune); k > 0 && re.Rune[k-1] >= utf8.RuneSelf {
			n = utf8.UTFMax
		}
		return reach{1, n, false}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return reach{1, utf8.UTFMax, false}
	case syntax.OpBeginLine, syntax.OpBeginText:
		return reach{0, 0, true}
	case syntax.OpEndLine, syntax.OpEndText:
		return reach{0, 1, false}
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return reach{0, 1, true}
	case syntax.OpCapture:
		return extent(re.Sub[0])
	case syntax.OpStar:
		return repeat(extent(re.Sub[0]), 0, -1)
	case syntax.OpPlus:
		return repeat(extent(re.Sub[0]), 1, -1)
	case syntax.OpQuest:
		return repeat(extent(re.Sub[0]), 0, 1)
	case syntax.OpRepeat:
		return repeat(extent(re.Sub[0]), re.Min, re.Max)
	case syntax.OpConcat:
		return concat(re.Sub)
	case syntax.OpAlternate:
		return alternate(re.Sub)
	}
	return reach{}
}

func literal(re *syntax.Regexp) reach {
	var r reach
	for _, c := range re.Rune {
		n := utf8.RuneLen(c)
		if n < 0 || re.Flags&syntax.FoldCase != 0 {
			n = utf8.UTFMax
		}
		r.least++
		r.most += n
	}
	return r
}

func repeat(r reach, least, most int) reach {
	r.least *= least
	if most < 0 || r.most < 0 {
		r.most = -1
	} else {
		r.most *= most
	}
	return r
}

func concat(subs []*syntax.Regexp) reach {
	var all reach
	for _, sub := range subs {
		r := extent(sub)
		all.least += r.least
		if r.most < 0 || all.most < 0 {
			all.most = -1
		} else {
			all.most += r.most
		}
		all.behind = all.behind || r.behind
	}
	return all
}

func alternate(subs []*syntax.Regexp) reach {
	all := extent(subs[0])
	for _, sub := range subs[1:] {
		r := extent(sub)
		all.least = min(all.least, r.least)
		if r.most < 0 || all.most < 0 {
			all.most = -1
		} else {
			all.most = max(all.most, r.most)
		}
		all.behind = all.behind || r.behind
	}
	return all
}
