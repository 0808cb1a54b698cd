package grok

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"heka/heka-decode/internal/capture"
	"heka/lib/match"
	"heka/lib/msg"
)

// Bounds of an expansion, for patterns may double themselves at each step.
const (
	maxDepth  = 50
	maxLength = 256 << 10
)

// groupPrefix starts the names of the groups that stand for fields, as the names of
// fields may be no names for groups, and may come more than once.
const groupPrefix = "heka_field_"

// expander makes one expression of a pattern and the patterns in it.
type expander struct {
	library *library
	out     strings.Builder
	fields  []capture.Group // by the number behind groupPrefix
	within  []string        // the names of the patterns being expanded
}

// expand appends the expansion of pattern to out.
//
//	%{NAME}             the expression of that name
//	%{NAME:field}       and what it matches is a field
//	%{NAME:field:type}  of a type: int, long, float, double, bool, string
func (x *expander) expand(pattern string) error {
	for at := 0; ; {
		i := strings.Index(pattern[at:], "%{")
		if i < 0 {
			x.out.WriteString(pattern[at:])
			return x.bounded(pattern, at)
		}
		i += at
		x.out.WriteString(pattern[at:i])
		n := strings.IndexByte(pattern[i:], '}')
		if n < 0 {
			return x.fail(pattern, i, "a %{ that is not closed", "")
		}
		if err := x.piece(pattern, i, pattern[i+2:i+n]); err != nil {
			return err
		}
		at = i + n + 1
	}
}

// piece expands the %{text} that stands at pattern[at:].
func (x *expander) piece(pattern string, at int, text string) error {
	name, rest, _ := strings.Cut(text, ":")
	field, typ, _ := strings.Cut(rest, ":")
	kind, ok := kinds[typ]
	if !ok {
		return x.fail(pattern, at, fmt.Sprintf("the type %q is not known", typ),
			"it is int, long, float, double, bool or string")
	}
	expr, ok := x.library.find(name)
	if !ok {
		hint := ""
		if near := x.library.nearest(name); near != "" {
			hint = "did you mean " + near + "?"
		}
		return x.fail(pattern, at, fmt.Sprintf("no pattern is called %q", name), hint)
	}
	if slices.Contains(x.within, name) {
		return x.fail(pattern, at, name+" is made of itself", "")
	}
	if len(x.within) == maxDepth {
		return x.fail(pattern, at, fmt.Sprintf("patterns nest more than %d deep", maxDepth), "")
	}
	if field == "" {
		x.out.WriteString("(?:")
	} else {
		x.out.WriteString("(?P<" + groupPrefix + strconv.Itoa(len(x.fields)) + ">")
		x.fields = append(x.fields, capture.Group{Name: dotted(field), Kind: kind})
	}
	x.within = append(x.within, name)
	if err := x.expand(expr); err != nil {
		return err
	}
	x.within = x.within[:len(x.within)-1]
	x.out.WriteByte(')')
	return x.bounded(pattern, at)
}

// kinds are the types that %{NAME:field:type} has.
var kinds = map[string]msg.Kind{
	"": msg.Invalid, "string": msg.String, "int": msg.Int, "long": msg.Int,
	"float": msg.Float, "double": msg.Float, "bool": msg.Bool, "boolean": msg.Bool,
}

// dotted returns the field that [a][b] names, which is a.b.
func dotted(field string) string {
	if !strings.HasPrefix(field, "[") || !strings.HasSuffix(field, "]") {
		return field
	}
	return strings.ReplaceAll(field[1:len(field)-1], "][", ".")
}

func (x *expander) bounded(pattern string, at int) error {
	if x.out.Len() > maxLength {
		return x.fail(pattern, at, fmt.Sprintf("expands to more than %d bytes", maxLength), "")
	}
	return nil
}

// fail returns the error that points at pattern[at:].
func (x *expander) fail(pattern string, at int, what, hint string) error {
	e := &match.Error{Expr: pattern, Pos: at, Msg: what, Hint: hint}
	if len(x.within) > 0 {
		return fmt.Errorf("in %s: %w", x.within[len(x.within)-1], e)
	}
	return e
}

// name gives the groups of the compiled expression the names of their fields.
func (x *expander) name(groups []capture.Group) {
	for i, g := range groups {
		if n, ok := strings.CutPrefix(g.Name, groupPrefix); ok {
			if k, err := strconv.Atoi(n); err == nil && k < len(x.fields) {
				groups[i] = x.fields[k]
			}
		}
	}
}
