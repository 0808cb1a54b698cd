package grok

import (
	"errors"
	"strings"

	"github.com/elastic/go-grok/patterns"
)

// library has the expressions of patterns, by name. What was added later goes first.
type library struct {
	own map[string]string
}

// sets are the patterns that come with us. Default stands first, and so prevails.
func sets() []map[string]string {
	return []map[string]string{
		patterns.Default, patterns.Syslog, patterns.Httpd, patterns.HAProxy, patterns.Squid,
		patterns.PostgreSQL, patterns.MongoDB, patterns.Redis, patterns.Java, patterns.Maven,
		patterns.Ruby, patterns.Rails, patterns.AWS, patterns.Bind9, patterns.Bro,
		patterns.Exim, patterns.Firewalls, patterns.Junos, patterns.MCollective,
	}
}

func newLibrary() *library { return &library{own: map[string]string{}} }

// add adds a pattern: a name, white space, and an expression.
func (l *library) add(line string) error {
	name, expr, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
	if tabbed, rest, ok := strings.Cut(name, "\t"); ok {
		name, expr = tabbed, rest+" "+expr
	}
	expr = strings.Trim(expr, " \t")
	if expr == "" {
		return errors.New("it is a name, a space and an expression")
	}
	if !isName(name) {
		return errors.New("a name is letters, digits and _")
	}
	l.own[name] = expr
	return nil
}

// isName reports whether s may be the name of a pattern.
func isName(s string) bool {
	for _, c := range []byte(s) {
		if c != '_' && c-'0' > 9 && c|0x20-'a' > 25 {
			return false
		}
	}
	return s != ""
}

// find returns the expression of a name.
func (l *library) find(name string) (expr string, ok bool) {
	if expr, ok = l.own[name]; ok {
		return expr, true
	}
	for _, set := range sets() {
		if expr, ok = set[name]; ok {
			return expr, true
		}
	}
	return "", false
}

// nearest returns the name that was probably meant; empty if none is near.
func (l *library) nearest(name string) string {
	best, at := "", 1+len(name)/3
	for _, set := range append([]map[string]string{l.own}, sets()...) {
		for n := range set {
			d := distance(strings.ToUpper(name), n)
			if d < at || d == at && best != "" && n < best {
				best, at = n, d
			}
		}
	}
	return best
}

// distance is the number of letters to put in, take out or change between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diag
			if a[i] != b[j] {
				d = 1 + min(diag, row[j], row[j+1])
			}
			diag, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
