package capture

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"heka/lib/match"
	"heka/lib/rexp"
)

// Compile returns the expression that pattern is, in the syntax of RE2, as package
// regexp takes it. An error of the syntax is a *match.Error, which points at the
// place. The groups have the names that the pattern gives them; groups without a
// name cost nothing, as they are matched and not kept.
func Compile(pattern string) (*Expr, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, syntaxError(pattern, err)
	}
	re, err := regexp.Compile(forget(tree).String())
	if err != nil {
		if re, err = regexp.Compile(pattern); err != nil {
			return nil, syntaxError(pattern, err)
		}
	}
	// What regexp took is taken here, too.
	if tree, err = syntax.Parse(re.String(), syntax.Perl); err != nil {
		return nil, syntaxError(pattern, err)
	}
	tree = tree.Simplify()
	prog, err := newProgram(tree)
	if err != nil {
		return nil, syntaxError(pattern, err)
	}
	e := &Expr{re: re, prog: prog, literal: []byte(required(tree))}
	for _, name := range re.SubexpNames() {
		e.Groups = append(e.Groups, Group{Name: name})
	}
	return e, nil
}

// syntaxError returns err as one that points into the pattern.
func syntaxError(pattern string, err error) error {
	var se *syntax.Error
	if !errors.As(err, &se) {
		return err
	}
	e := &match.Error{Expr: pattern, Pos: strings.Index(pattern, se.Expr), Msg: se.Code.String()}
	switch se.Code {
	case syntax.ErrMissingParen:
		e.Pos = rexp.Unclosed(pattern)
		e.Hint = "one that is meant literally needs a backslash before it"
	case syntax.ErrMissingBracket:
		e.Hint = "a bracket that is meant literally needs a backslash before it"
	case syntax.ErrInvalidPerlOp:
		e.Hint = "neither lookaround nor atomic groups: matching takes linear time"
	case syntax.ErrInvalidNamedCapture:
		e.Hint = "names are letters, digits and _, and stand once: (?P<name>...)"
	}
	return e
}

// forget takes the groups without a name out of a tree.
func forget(re *syntax.Regexp) *syntax.Regexp {
	for i, sub := range re.Sub {
		re.Sub[i] = forget(sub)
	}
	if re.Op == syntax.OpCapture && re.Name == "" {
		return re.Sub[0]
	}
	return re
}

// required returns the longest literal that stands in each text which matches re;
// empty if none is found.
func required(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		// U+FFFD matches bytes that are not UTF-8 as well.
		if re.Flags&syntax.FoldCase == 0 && !slices.Contains(re.Rune, utf8.RuneError) {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		longest := ""
		for _, sub := range re.Sub {
			if s := required(sub); len(s) > len(longest) {
				longest = s
			}
		}
		return longest
	}
	return ""
}
