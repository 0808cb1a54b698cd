package match

import (
	"cmp"
	"slices"

	"heka/lib/msg"
)

// The ends of a program, in place of the index of a test.
const (
	accept = -1
	reject = -2
)

// program is what expressions compile to: tests, each of which names the test to
// go on with if it holds and if not. It does not change, and serves many
// goroutines.
//
//	a && (b || c)      a --yes--> b --yes--> accept
//	                   |          no
//	                   |          v
//	                   no         c --yes--> accept
//	                   +--> reject <--no
type program struct {
	tests   []test
	start   []int32 // where each expression starts
	names   names
	memos   int // tests that stand more than once
	usesNow bool

	usesType bool // as most do: it is fetched at once
}

type op uint8

const (
	opTextEqual op = iota // header == text
	opText                // header rel text
	opTextMatch
	opTextIn
	opInteger // numeric header rel num
	opIntegerIn
	opNow // Timestamp rel now + whole

	opFieldWhole // field rel whole
	opFieldNumber
	opFieldQuantity
	opFieldText
	opFieldBool
	opFieldNil
	opFieldMatch
	opFieldIn
)

// test is one comparison of a program: what most of them read, in a line of the
// processor's cache, and the rest behind a pointer.
type test struct {
	op      op
	rel     rel
	negated bool // opTextEqual, matches, opFieldNil
	truth   bool // opFieldBool
	header  msg.Header
	slot    int32 // of the field
	elem    int32
	yes, no int32
	memo    int32 // where its outcome is kept for the next time; -1 if there is none
	text    string
	whole   int64 // opFieldWhole, opNow
	*operand
}

// operand is what the less frequent tests compare with.
type operand struct {
	num     number
	quant   *quantity
	name    []byte // of the field, to find its representation
	pattern *pattern
	values  *values
}

// compiler builds a program.
type compiler struct {
	p     program
	memos map[string]int32 // by the text of tests that stand more than once
}

func compile(exprs []*Expr) *program {
	c := compiler{memos: map[string]int32{}}
	seen := map[string]bool{}
	for _, e := range exprs {
		c.repeated(e.root, seen)
	}
	c.p.memos = len(c.memos)
	for _, e := range exprs {
		c.p.start = append(c.p.start, c.node(e.root, accept, reject))
	}
	c.p.names.index()
	return &c.p
}

// repeated numbers the tests of n that are in seen, and puts the others there.
func (c *compiler) repeated(n *node, seen map[string]bool) {
	for _, kid := range n.kids {
		c.repeated(kid, seen)
	}
	if n.kind < relNode {
		return
	}
	s := (&Expr{root: n}).String()
	if _, ok := c.memos[s]; seen[s] && !ok && !n.usesNow() {
		c.memos[s] = int32(len(c.memos))
	}
	seen[s] = true
}

// usesNow reports whether the test n is relative to the time of its evaluation.
func (n *node) usesNow() bool {
	return slices.ContainsFunc(n.lits, func(l literal) bool { return l.kind == nowLiteral })
}

// node adds what evaluates n and goes on at yes or no, and returns where it starts.
func (c *compiler) node(n *node, yes, no int32) int32 {
	switch n.kind {
	case orNode:
		for _, kid := range slices.Backward(n.kids) {
			no = c.node(kid, yes, no)
		}
		return no
	case andNode:
		for _, kid := range slices.Backward(n.kids) {
			yes = c.node(kid, yes, no)
		}
		return yes
	case notNode:
		return c.node(n.kids[0], no, yes)
	case constNode:
		if n.truth {
			return yes
		}
		return no
	}
	t := test{yes: yes, no: no, memo: -1, header: n.v.header, elem: n.v.elem, rel: n.rel}
	t.operand = &operand{name: []byte(n.v.name)}
	if i, ok := c.memos[(&Expr{root: n}).String()]; ok {
		t.memo = i
	}
	c.p.usesNow = c.p.usesNow || n.usesNow()
	c.p.usesType = c.p.usesType || n.v == Var{header: msg.Type}
	if n.v.name != "" {
		t.slot = c.p.names.slot(n.v)
		t.field(n)
	} else {
		t.head(n)
	}
	c.p.tests = append(c.p.tests, t)
	return int32(len(c.p.tests) - 1)
}

// head makes t the test n of a header.
func (t *test) head(n *node) {
	switch {
	case n.kind == regexpNode:
		t.op, t.pattern, t.negated = opTextMatch, n.pattern, n.negated
	case n.kind == inNode && n.v.isText():
		t.op, t.values = opTextIn, newValues(n.lits)
	case n.kind == inNode:
		t.op, t.values = opIntegerIn, newValues(n.lits)
	case n.v.isText() && (n.rel == equal || n.rel == notEqual):
		t.op, t.text, t.negated = opTextEqual, n.lits[0].text, n.rel == notEqual
	case n.v.isText():
		t.op, t.text = opText, n.lits[0].text
	case n.lits[0].kind == nowLiteral:
		t.op, t.whole = opNow, n.lits[0].ns
	case n.lits[0].kind == timeLiteral:
		t.op, t.num = opInteger, number{i: n.lits[0].ns}
	default:
		t.op, t.num = opInteger, n.lits[0].num
	}
}

// field makes t the test n of a field.
func (t *test) field(n *node) {
	switch {
	case n.kind == regexpNode:
		t.op, t.pattern, t.negated = opFieldMatch, n.pattern, n.negated
	case n.kind == inNode:
		t.op, t.values = opFieldIn, newValues(n.lits)
	case n.kind == boolNode:
		t.op, t.truth, t.text = opFieldBool, n.truth, truthText(n.truth)
	case n.kind == nilNode:
		t.op, t.negated = opFieldNil, n.negated
	case n.lits[0].kind == quantityLiteral:
		t.op, t.quant = opFieldQuantity, n.lits[0].quantity
	case n.lits[0].kind == numberLiteral && n.lits[0].num.kind == whole:
		t.op, t.num, t.whole = opFieldWhole, n.lits[0].num, n.lits[0].num.i
	case n.lits[0].kind == numberLiteral:
		t.op, t.num = opFieldNumber, n.lits[0].num
	default:
		t.op, t.text = opFieldText, n.lits[0].text
	}
}

// values is the list of an in, by kind.
type values struct {
	texts  []string            // if they are few
	set    map[string]struct{} // if they are many
	whole  []int64             // in order
	others []number
	quants []*quantity
	now    []int64 // offsets
}

// manyTexts is from how many on texts are found through a map.
const manyTexts = 8

func newValues(lits []literal) *values {
	l := &values{}
	for i := range lits {
		switch lit := &lits[i]; {
		case lit.kind == textLiteral:
			l.texts = append(l.texts, lit.text)
		case lit.kind == quantityLiteral:
			l.quants = append(l.quants, lit.quantity)
		case lit.kind == timeLiteral:
			l.whole = append(l.whole, lit.ns)
		case lit.kind == nowLiteral:
			l.now = append(l.now, lit.ns)
		case lit.num.kind == whole:
			l.whole = append(l.whole, lit.num.i)
		default:
			l.others = append(l.others, lit.num)
		}
	}
	slices.SortFunc(l.whole, cmp.Compare[int64])
	if len(l.texts) >= manyTexts {
		l.set = make(map[string]struct{}, len(l.texts))
		for _, s := range l.texts {
			l.set[s] = struct{}{}
		}
	}
	return l
}
