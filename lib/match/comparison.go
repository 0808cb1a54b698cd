package match

import (
	"regexp/syntax"
	"strings"

	"heka/lib/msg"
)

// operators lists those of two characters before their prefixes.
var operators = [...]struct {
	text string
	rel  rel
}{
	{"==", equal}, {"!=", notEqual}, {"<=", less | equal}, {">=", greater | equal},
	{"<", less}, {">", greater},
}

// test reads the operator and the value behind v.
func (p *parser) test(v Var) (*node, error) {
	behind := p.pos
	p.space()
	at := p.pos
	switch {
	case p.take("=~"):
		return p.regexp(v, at, false)
	case p.take("!~"):
		return p.regexp(v, at, true)
	case p.takeWord("in"):
		return p.list(v)
	}
	for _, o := range operators {
		if p.take(o.text) {
			if c := p.peek(); c == '=' || c == '~' || o.rel == less && c == '>' {
				p.pos = at
				break
			}
			p.space()
			return p.value(v, o.rel)
		}
	}
	return nil, p.noOperator(v, behind)
}

// value reads what v is compared with.
func (p *parser) value(v Var, r rel) (*node, error) {
	at := p.pos
	for _, truth := range []bool{true, false} {
		if p.takeWord(truthText(truth)) {
			return &node{kind: boolNode, v: v, truth: truth}, p.checkBool(v, r, truth, at)
		}
	}
	if p.takeWord("NIL") {
		n := &node{kind: nilNode, v: v, negated: r == notEqual}
		return n, p.checkNil(v, r, at)
	}
	lit, err := p.literal(v)
	if err != nil {
		return nil, err
	}
	return &node{kind: relNode, v: v, rel: r, lits: []literal{lit}}, nil
}

// list reads the values in parentheses behind in.
func (p *parser) list(v Var) (*node, error) {
	n := &node{kind: inNode, v: v}
	if p.space(); !p.take("(") {
		return nil, p.fail(p.pos, "in needs a list", "such as ('a', 'b') or (200, 204)")
	}
	open := p.pos - 1
	for {
		p.space()
		lit, err := p.literal(v)
		if err != nil {
			return nil, err
		}
		n.lits = append(n.lits, lit)
		p.space()
		switch {
		case p.take(")"):
			return n, nil
		case p.end():
			return nil, p.fail(open, "this list is not closed", "")
		case !p.take(","):
			return nil, p.fail(p.pos, "values are separated by commas", "")
		}
	}
}

// regexp reads the expression behind =~ or !~, which stands at op.
func (p *parser) regexp(v Var, op int, negated bool) (*node, error) {
	if v.name == "" && !v.isText() {
		return nil, p.fail(op, v.Name()+" is a number, which no regular expression matches", "")
	}
	p.space()
	at := p.pos
	if p.peek() != '/' {
		return nil, p.noRegexp()
	}
	src, err := p.quoted("regular expression")
	if err != nil {
		return nil, err
	}
	pat, e := newPattern(src, &p.cost)
	if e != nil {
		return nil, p.badRegexp(at, e)
	}
	return &node{kind: regexpNode, v: v, negated: negated, pattern: pat}, nil
}

// badRegexp points at what err complains of in the regular expression that
// stands from at to pos.
func (p *parser) badRegexp(at int, err error) error {
	se, ok := err.(*syntax.Error)
	if !ok {
		return p.fail(at, "bad regular expression", "")
	}
	if se.Code == syntax.ErrLarge {
		return p.fail(at, "the regular expressions are too large", "use fewer repetitions")
	}
	if i := strings.Index(p.src[at:p.pos], se.Expr); i >= 0 {
		at += i
	}
	return p.fail(at, "bad regular expression: "+string(se.Code), "")
}

// literal reads a value that v can be compared with.
func (p *parser) literal(v Var) (literal, error) {
	at := p.pos
	switch c := p.peek(); {
	case c == '"' || c == '\'':
		text, err := p.quoted("string")
		if err != nil {
			return literal{}, err
		}
		lit := literal{kind: textLiteral, quote: c, text: text}
		return p.textFor(v, lit, at)
	case isDigit(c) || c == '.' || c == '-':
		lit, err := p.number()
		if err != nil {
			return lit, err
		}
		return lit, p.checkNumber(v, &lit, at)
	case v.isTimestamp() && p.takeWord("now"):
		return p.now()
	}
	return literal{}, p.noValue(v)
}

// textFor makes lit a time if v is one.
func (p *parser) textFor(v Var, lit literal, at int) (literal, error) {
	if v.name != "" || v.isText() {
		return lit, nil
	}
	if v.header != msg.Timestamp {
		return lit, p.fail(at, v.Name()+" is a number", "write it without quotes")
	}
	ns, ok := parseTime(lit.text)
	if !ok {
		return lit, p.fail(at, "this is no time from 1678 to 2262",
			"write it like '2026-10-01T00:00:00Z'")
	}
	lit.kind, lit.ns = timeLiteral, ns
	return lit, nil
}

// now reads what may follow now: an offset.
func (p *parser) now() (literal, error) {
	lit := literal{kind: nowLiteral}
	behind := p.pos
	if p.space(); p.peek() != '-' && p.peek() != '+' {
		p.pos = behind
		return lit, nil
	}
	lit.sign = p.peek()
	p.pos++
	p.space()
	at := p.pos
	const hint = "such as now - 10m"
	if c := p.peek(); !isDigit(c) && c != '.' {
		return lit, p.fail(at, "a duration is missing", hint)
	}
	off, err := p.number()
	if err != nil {
		return lit, err
	}
	if off.kind != quantityLiteral || units[off.unit].size {
		return lit, p.fail(at, "this is no duration", hint)
	}
	ns, ok := nanoseconds(off.num, off.unit)
	if !ok {
		return lit, p.fail(at, "this duration is longer than 292 years", "")
	}
	if lit.sign == '-' {
		ns = -ns
	}
	lit.num, lit.unit, lit.ns = off.num, off.unit, ns
	return lit, nil
}
