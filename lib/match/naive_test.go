package match

import (
	"regexp"
	"strings"

	"heka/lib/msg"
)

// naive evaluates an expression as heka-match(5) tells it, without any of the
// machinery: what the compiled form is compared with.
func naive(n *node, v *msg.View, now int64) bool {
	switch n.kind {
	case orNode, andNode:
		for _, kid := range n.kids {
			if naive(kid, v, now) == (n.kind == orNode) {
				return n.kind == orNode
			}
		}
		return n.kind == andNode
	case notNode:
		return !naive(n.kids[0], v, now)
	case constNode:
		return n.truth
	}
	if n.v.name == "" {
		return naiveHeader(n, v, now)
	}
	f, ok := n.v.Value(v)
	if n.kind == nilNode {
		return ok == n.negated
	}
	return ok && naiveField(n, v, f)
}

func naiveHeader(n *node, v *msg.View, now int64) bool {
	ints := map[msg.Header]int64{msg.Timestamp: v.Timestamp(), msg.Severity: v.Severity(),
		msg.Pid: v.Pid()}
	i, numeric := ints[n.v.header]
	text := string(n.v.AppendText(nil, v))
	one := func(l literal, r rel) bool {
		switch {
		case !numeric:
			return naiveText(text, r, l.text)
		case l.kind == timeLiteral:
			return r&orderInts(i, l.ns) != 0
		case l.kind == nowLiteral:
			return r&orderInts(i, now+l.ns) != 0
		}
		return r&order(number{i: i}, l.num) != 0
	}
	switch n.kind {
	case regexpNode:
		return regexp.MustCompile(n.pattern.src).MatchString(text) != n.negated
	case relNode:
		return one(n.lits[0], n.rel)
	}
	for _, l := range n.lits {
		if one(l, equal) {
			return true
		}
	}
	return false
}

func naiveText(a string, r rel, b string) bool {
	return r&[]rel{less, equal, greater}[strings.Compare(a, b)+1] != 0
}

func naiveField(n *node, v *msg.View, f msg.Value) bool {
	text := f.Kind() == msg.String || f.Kind() == msg.Bytes
	numeric := f.Kind() == msg.Int || f.Kind() == msg.Float
	one := func(l literal, r rel) bool {
		switch {
		case l.kind == textLiteral && text:
			return naiveText(string(f.Text()), r, l.text)
		case l.kind == numberLiteral && numeric:
			return r&order(valueNumber(f), l.num) != 0
		case l.kind == quantityLiteral && numeric:
			lit, ok := l.quantity.as(v.Rep([]byte(n.v.name)))
			return ok && r&order(valueNumber(f), lit) != 0
		}
		return false
	}
	switch n.kind {
	case regexpNode:
		return text && regexp.MustCompile(n.pattern.src).Match(f.Text()) != n.negated
	case boolNode:
		if f.Kind() == msg.Bool {
			return f.Bool() == n.truth
		}
		return string(f.Text()) == truthText(n.truth)
	case relNode:
		if f.Kind() == msg.Bool && n.lits[0].kind != quantityLiteral {
			return !f.Bool()
		}
		return one(n.lits[0], n.rel)
	}
	for _, l := range n.lits {
		if one(l, equal) {
			return true
		}
	}
	return false
}
