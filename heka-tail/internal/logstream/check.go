package logstream

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"heka/lib/near"
	"heka/lib/rexp"
)

// New checks the options: all mistakes are reported, joined, each an *Error. It opens
// nothing. The layout keeps the options.
func New(o Options) (*Layout, error) {
	l := &Layout{opts: o}
	if err := l.compile(o.FileMatch); err != nil {
		return nil, err // without the groups there is nothing to check the others against
	}
	c := checker{groups: groups(l.match)}
	translation := c.translation(o.Translation)
	for _, p := range o.Priority {
		l.keys = append(l.keys, c.key(p, translation))
	}
	l.name = c.parts(o.Differentiator)
	if o.Oldest < 0 {
		c.add(&Error{Flag: "oldest", Msg: "an age can't be negative"})
	}
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	return l, nil
}

// compile reads the expression. It is tried without anchors first: so it has to be
// one by itself, and a mistake in it is found where the user wrote it.
func (l *Layout) compile(expr string) error {
	if expr == "" {
		return &Error{Flag: "file-match", Msg: "`file_match` setting is required."}
	}
	plain, err := regexp.Compile(expr)
	if err != nil {
		return badExpr(expr, err)
	}
	match, err := regexp.Compile(`\A(?:` + expr + `)\z`)
	if err != nil { // only its size can make that of a good one
		return badExpr(expr, err)
	}
	l.match, l.slash = match, expr[0] == '/'
	l.start = start(plain, l.slash)
	return nil
}

// badExpr points at the place in the expression that err complains of.
func badExpr(expr string, err error) error {
	e := &Error{Flag: "file-match", Msg: err.Error()}
	var se *syntax.Error
	if !errors.As(err, &se) {
		return e
	}
	e.Msg, e.Text = se.Code.String(), expr
	if at := strings.Index(expr, se.Expr); at > 0 {
		e.Pos = at
	}
	switch se.Code {
	case syntax.ErrMissingParen:
		e.Pos, e.Hint = rexp.Unclosed(expr), "this group is not closed"
	case syntax.ErrInvalidNamedCapture:
		e.Hint = "a named group is written (?P<Name>...)"
	case syntax.ErrInvalidPerlOp:
		e.Hint = "Go's expressions know no look-around and no back-references"
	}
	return e
}

// groups gives the indexes of the named groups.
func groups(match *regexp.Regexp) map[string][]int {
	m := map[string][]int{}
	for i, name := range match.SubexpNames() {
		if name != "" {
			m[name] = append(m[name], i)
		}
	}
	return m
}

// checker collects the mistakes.
type checker struct {
	groups map[string][]int
	errs   []error
}

func (c *checker) add(e *Error) { c.errs = append(c.errs, e) }

// names gives those of the groups, sorted.
func (c *checker) names() []string { return slices.Sorted(maps.Keys(c.groups)) }

// unknown complains of a name that no group has.
func (c *checker) unknown(flag, name string) {
	e := &Error{Flag: flag, Msg: fmt.Sprintf("%q is no group of --file-match", name)}
	switch n := near.Word(name, c.names()); {
	case n != "":
		e.Hint = "did you mean " + n + "?"
	case len(c.groups) == 0:
		e.Hint = "it has none; name one with (?P<" + groupName(name) + ">...)"
	default:
		e.Hint = "there are " + strings.Join(c.names(), ", ")
	}
	c.add(e)
}

// groupName is name if a group may be called so.
func groupName(name string) string {
	if identifier(name) {
		return name
	}
	return "Name"
}

func identifier(s string) bool {
	for i := range len(s) {
		b := s[i] | 0x20
		if !(b >= 'a' && b <= 'z' || s[i] == '_' || i > 0 && s[i] >= '0' && s[i] <= '9') {
			return false
		}
	}
	return s != ""
}

// translation checks it, and gives it with texts in lower case.
func (c *checker) translation(t map[string]map[string]int) map[string]map[string]int {
	all := map[string]map[string]int{}
	for _, group := range slices.Sorted(maps.Keys(t)) {
		if _, ok := c.groups[group]; !ok {
			c.unknown("translate", group)
		}
		numbers := map[string]int{}
		for _, text := range slices.Sorted(maps.Keys(t[group])) {
			n, low := t[group][text], strings.ToLower(text)
			if old, twice := numbers[low]; twice && old != n {
				c.add(&Error{Flag: "translate", Msg: fmt.Sprintf(
					"%q of %s has two numbers, %d and %d, since case does not count", low, group, old, n)})
			}
			if !fits(n) {
				c.add(&Error{Flag: "translate", Msg: fmt.Sprintf(
					"%q of %s: %d has more than %d digits", text, group, n, maxDigits)})
			}
			numbers[low] = n
		}
		if _, ok := numbers[missing]; !ok && len(numbers) == 1 {
			only := slices.Collect(maps.Keys(numbers))[0]
			c.add(&Error{Flag: "translate", Msg: fmt.Sprintf("A translation map with one entry"+
				" ('%s') must be specifying a 'missing' key.", only)})
		}
		all[group] = numbers
	}
	return all
}

func fits(n int) bool { return n < 1e18 && n > -1e18 }

func (c *checker) key(p string, translation map[string]map[string]int) key {
	group, descending := strings.CutPrefix(p, "^")
	groups, ok := c.groups[group]
	switch {
	case group == "":
		c.add(&Error{Flag: "priority", Msg: fmt.Sprintf("%q names no group", p)})
	case !ok:
		c.unknown("priority", group)
	}
	return key{group: group, groups: groups, descending: descending, numbers: translation[group]}
}

// parts reads the differentiator. What is no group stands for itself, so only what
// looks like the misspelt name of a group that is not there as well is a mistake.
func (c *checker) parts(words []string) []part {
	var all []part
	for _, w := range words {
		groups, ok := c.groups[w]
		if !ok && identifier(w) {
			if n := near.Word(w, c.names()); n != "" && !slices.Contains(words, n) {
				c.unknown("differentiator", w)
			}
		}
		all = append(all, part{text: w, groups: groups})
	}
	return all
}

// Check finds the streams that can't be read in order: those of several files, if
// there is no priority.
func (l *Layout) Check(streams []Stream) error {
	if len(l.keys) > 0 {
		return nil
	}
	var errs []error
	for _, s := range streams {
		if len(s.Files) > 1 {
			errs = append(errs, &Error{Flag: "priority", Msg: fmt.Sprintf(
				"stream %q has %d files (%s), and nothing says which is older",
				s.Name, len(s.Files), some(s.Files)),
				Hint: "name the groups to order them by, or tell streams apart with --differentiator"})
		}
	}
	return errors.Join(errs...)
}

// some names the first few files.
func some(files []Place) string {
	const most = 3
	var b strings.Builder
	for i, f := range files[:min(len(files), most)] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(visible(f.Path))
	}
	if len(files) > most {
		b.WriteString(", ...")
	}
	return b.String()
}
