package match

import "strings"

// Expr is an expression that was read and checked. It does not change, and may
// serve many goroutines.
type Expr struct {
	root *node
	text string // what String returns; empty: not worked out
}

type nodeKind uint8

const (
	orNode nodeKind = iota
	andNode
	notNode
	constNode  // TRUE or FALSE
	relNode    // v rel lits[0], which is text, a number or a time
	boolNode   // v == TRUE or FALSE
	nilNode    // v == NIL
	regexpNode // v =~ pattern
	inNode     // v in lits
)

// node is one operator of an expression.
type node struct {
	kind    nodeKind
	kids    []*node // of or and and: two or more, none of the same kind; of not: one
	v       Var
	rel     rel
	negated bool // of regexpNode and nilNode: !~ and !=
	truth   bool // of constNode and boolNode
	lits    []literal
	pattern *pattern
}

// String returns the expression in a uniform way: Fields[name] for .name, one
// blank around operators, no parentheses but those needed. Parse takes it, if it
// isn't longer than MaxLength, and makes of it an expression that is equal.
func (e *Expr) String() string {
	if e.text != "" {
		return e.text
	}
	var b strings.Builder
	e.root.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	switch n.kind {
	case orNode:
		n.join(b, " || ")
	case andNode:
		n.join(b, " && ")
	case notNode:
		b.WriteString("!(")
		n.kids[0].write(b)
		b.WriteByte(')')
	case constNode:
		b.WriteString(truthText(n.truth))
	default:
		b.WriteString(n.v.String())
		n.writeTest(b)
	}
}

// join writes the kids with an operator between them; an or within an and needs
// parentheses.
func (n *node) join(b *strings.Builder, op string) {
	for i, kid := range n.kids {
		if i > 0 {
			b.WriteString(op)
		}
		if kid.kind == orNode {
			b.WriteByte('(')
			kid.write(b)
			b.WriteByte(')')
		} else {
			kid.write(b)
		}
	}
}

// writeTest writes what follows the variable.
func (n *node) writeTest(b *strings.Builder) {
	switch n.kind {
	case relNode:
		b.WriteString(" " + n.rel.String() + " " + n.lits[0].String())
	case boolNode:
		b.WriteString(" == " + truthText(n.truth))
	case nilNode:
		b.WriteString(either(n.negated, " != NIL", " == NIL"))
	case regexpNode:
		b.WriteString(either(n.negated, " !~ ", " =~ ") + quote(n.pattern.src, '/'))
	case inNode:
		b.WriteString(" in (")
		for i := range n.lits {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(n.lits[i].String())
		}
		b.WriteByte(')')
	}
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func truthText(t bool) string { return either(t, "TRUE", "FALSE") }

// quote puts s between quotes. In what the parser read between such quotes, a
// backslash always has its second character behind it, and is written as it is.
func quote(s string, q byte) string {
	var b strings.Builder
	b.WriteByte(q)
	for i := 0; i < len(s); i++ {
		if s[i] == q {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
		if s[i] == '\\' && i+1 < len(s) {
			i++
			b.WriteByte(s[i])
		}
	}
	b.WriteByte(q)
	return b.String()
}
