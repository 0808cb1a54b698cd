package match

import (
	"strconv"

	"heka/lib/msg"
)

const (
	// MaxLength is the length in bytes of the longest expression.
	MaxLength = 64 << 10

	// MaxDepth is how deep parentheses may nest; a ! counts as one, with the
	// parentheses that it may have.
	MaxDepth = 1000

	// maxCost bounds the regular expressions of one expression: the instructions of
	// their programs, about 40 bytes each.
	maxCost = 200_000
)

// Parse reads an expression. Any error is an *Error.
func Parse(expr string) (*Expr, error) {
	p := parser{src: expr, cost: maxCost}
	if len(expr) > MaxLength {
		return nil, p.tooLong()
	}
	if p.space(); p.end() {
		return nil, p.fail(p.pos, "the expression is empty", "TRUE selects every message")
	}
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.space(); !p.end() {
		return nil, p.trailing()
	}
	e := &Expr{root: root}
	e.text = e.String()
	return e, nil
}

// parser reads src by recursive descent. Each of its methods starts at pos, and
// leaves pos behind what it read.
type parser struct {
	src  string
	pos  int
	cost int
}

// or reads terms joined by ||, at this depth of parentheses.
func (p *parser) or(depth int) (*node, error) {
	return p.joined(orNode, "||", func() (*node, error) { return p.and(depth) })
}

func (p *parser) and(depth int) (*node, error) {
	return p.joined(andNode, "&&", func() (*node, error) { return p.term(depth) })
}

// joined reads one or more operands with op between them. Operands of the same
// kind become one with the whole, which changes neither order nor meaning.
func (p *parser) joined(kind nodeKind, op string, operand func() (*node, error)) (*node, error) {
	n := &node{kind: kind}
	for {
		kid, err := operand()
		if err != nil {
			return nil, err
		}
		if kid.kind == kind {
			n.kids = append(n.kids, kid.kids...)
		} else {
			n.kids = append(n.kids, kid)
		}
		if p.space(); !p.take(op) {
			break
		}
	}
	if len(n.kids) == 1 {
		return n.kids[0], nil
	}
	return n, nil
}

// term reads an expression in parentheses, a negation, a constant or a test.
func (p *parser) term(depth int) (*node, error) {
	p.space()
	switch c := p.peek(); {
	case c == '(':
		return p.group(depth + 1)
	case c == '!':
		return p.not(depth + 1)
	case p.takeWord("TRUE"):
		return &node{kind: constNode, truth: true}, nil
	case p.takeWord("FALSE"):
		return &node{kind: constNode}, nil
	}
	v, err := p.variable()
	if err != nil {
		return nil, err
	}
	return p.test(v)
}

func (p *parser) group(depth int) (*node, error) {
	open := p.pos
	if depth > MaxDepth {
		return nil, p.tooDeep()
	}
	p.pos++
	n, err := p.or(depth)
	if err != nil {
		return nil, err
	}
	if p.space(); p.end() {
		return nil, p.fail(open, "this parenthesis is not closed", "")
	}
	if !p.take(")") {
		return nil, p.trailing()
	}
	return n, nil
}

// not reads ! and its operand. Two of them cancel out.
func (p *parser) not(depth int) (n *node, err error) {
	if depth > MaxDepth {
		return nil, p.tooDeep()
	}
	p.pos++
	if p.space(); p.peek() == '(' {
		n, err = p.group(depth)
	} else {
		n, err = p.term(depth)
	}
	if err != nil {
		return nil, err
	}
	if n.kind == notNode {
		return n.kids[0], nil
	}
	return &node{kind: notNode, kids: []*node{n}}, nil
}

// variable reads a header's name or one of the forms of a field.
func (p *parser) variable() (Var, error) {
	at := p.pos
	if p.take("Fields[") {
		name := p.until(']')
		if p.end() {
			return Var{}, p.fail(at+len("Fields"), "this bracket is not closed", "")
		}
		p.pos++
		return p.field(at+len("Fields["), name)
	}
	if p.peek() == '.' {
		p.pos++
		return p.field(at, p.dotted())
	}
	if h, ok := msg.HeaderNamed(p.word()); ok {
		return Var{header: h}, nil
	}
	p.pos = at
	return Var{}, p.noVariable()
}

// field reads the indices that may follow a field's name.
func (p *parser) field(at int, name string) (Var, error) {
	v := Var{name: name}
	if name == "" {
		return v, p.fail(at, "a field's name is missing", "write Fields[name] or .name")
	}
	for _, to := range []*int32{&v.index, &v.elem} {
		if p.peek() != '[' {
			break
		}
		open := p.pos
		p.pos++
		digits := p.until(']')
		n, err := strconv.ParseUint(digits, 10, 31)
		if err != nil || p.end() {
			return v, p.fail(open+1, "an index is a number from 0 on, and a ]", "")
		}
		p.pos++
		*to = int32(n)
	}
	return v, nil
}
