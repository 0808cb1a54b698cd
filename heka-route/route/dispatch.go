package route

import (
	"strings"

	"heka/lib/match"
)

// candidate is a rule that may select a message of a type.
type candidate struct {
	rule int
	sure bool // it selects all messages of that type
}

// dispatch has the rules to ask for each type of message, in their order. Most
// routers part messages by type: all rules that ask for another one need not be
// asked, and those that ask for nothing else need not either.
type dispatch struct {
	types  map[string][]candidate
	others []candidate // for types that no rule names
}

func newDispatch(exprs []*match.Expr) *dispatch {
	d := &dispatch{types: map[string][]candidate{}}
	for _, e := range exprs {
		if typ, _, ok := typeOf(e); ok {
			d.types[typ] = nil
		}
	}
	for i, e := range exprs {
		typ, sure, ok := typeOf(e)
		for t := range d.types {
			if !ok || t == typ {
				d.types[t] = append(d.types[t], candidate{i, sure})
			}
		}
		if !ok {
			d.others = append(d.others, candidate{i, false})
		}
	}
	return d
}

// of returns the rules to ask about a message of this type.
func (d *dispatch) of(typ []byte) []candidate {
	if c, ok := d.types[string(typ)]; ok {
		return c
	}
	return d.others
}

// typeOf returns the type that messages must have for e to select them, if e is a
// chain of && that starts with Type == '...'; sure if it is nothing else. It reads
// the uniform text of e, and rather misses a type than finds a wrong one: a || or
// a backslash anywhere is enough.
func typeOf(e *match.Expr) (typ string, sure, ok bool) {
	text, found := strings.CutPrefix(e.String(), "Type == ")
	if !found || text == "" || strings.Contains(text, "||") || strings.Contains(text, `\`) {
		return "", false, false
	}
	typ, rest, found := strings.Cut(text[1:], text[:1])
	if c := text[0]; !found || c != '\'' && c != '"' {
		return "", false, false
	}
	return typ, rest == "", rest == "" || strings.HasPrefix(rest, " && ")
}
