package lpeg

import lua "github.com/yuin/gopher-lua"

// A kind says what a node is, and which of its fields it uses.
type kind uint8

const (
	kFalse   kind = iota // fails
	kTrue                // succeeds
	kText                // the bytes of text, at least one
	kSet                 // one byte of set
	kAny                 // n bytes, at least one
	kSeq                 // a, then b
	kChoice              // a, or else b
	kRep                 // a: n times at least, and if m >= 0, m times at most
	kNot                 // not a; takes nothing
	kAnd                 // a; takes nothing
	kBehind              // a, which ends here and is n bytes long; takes nothing
	kOpen                // the rule named value, of a grammar that is not made yet
	kCall                // rule n of grammar
	kGrammar             // the first rule of grammar
	kCapture             // a, captured as capture says, with n and value
	kRuntime             // a, then the function value is called
)

// A node is an expression. Nodes do not change once made: expressions share them,
// so what is a tree to the writer of a grammar is a graph without cycles here.
type node struct {
	kind    kind
	capture capture
	facts
	n, m    int32
	size    int32 // nodes, as a tree
	depth   int32 // nesting; a chain of sequences or of choices counts once
	a, b    *node
	text    string
	set     *set
	value   lua.LValue
	grammar *grammar
}

// facts are what is known of an expression without a subject.
type facts struct {
	nullable bool // may succeed and take nothing
	nofail   bool // can't fail
	headfail bool // fails only because of the first byte, or the lack of it
	captures bool // has captures
	runs     bool // calls functions while matching
	open     bool // has open calls
	fixed    int32
}

const (
	varies = -1 // facts.fixed where the length is not known

	maxSize  = 1 << 20
	maxDepth = 1 << 12
)

// A grammar is a set of rules that call each other.
type grammar struct {
	rules []*node // the first is the initial one
	used  []bool  // which are called, or the initial one; LPeg does not check the others
}

var (
	nodeFalse = finish(&node{kind: kFalse})
	nodeTrue  = finish(&node{kind: kTrue})
)

// finish fills in what follows from the rest of n.
func finish(n *node) *node {
	n.size, n.depth = 1, 1
	for _, c := range [2]*node{n.a, n.b} {
		if c == nil {
			continue
		}
		n.size = addSize(n.size, c.size)
		d := c.depth + 1
		if c.kind == n.kind && (n.kind == kSeq || n.kind == kChoice) {
			d = c.depth
		}
		n.depth = max(n.depth, d)
	}
	switch n.kind {
	case kText:
		n.size = addSize(int32(len(n.text)), int32(len(n.text)))
	case kRep:
		n.size = addSize(mulSize(n.a.size+1, max(n.n, n.m)), n.a.size+2)
	case kGrammar:
		n.size = 1
		for _, r := range n.grammar.rules {
			n.size = addSize(n.size, r.size+1)
			n.depth = max(n.depth, r.depth+1)
		}
	}
	var a, b facts
	if n.a != nil {
		a = n.a.facts
	}
	if n.b != nil {
		b = n.b.facts
	}
	if n.kind == kGrammar {
		a = n.grammar.rules[0].facts
	}
	n.facts = derive(n, a, b)
	return n
}

func addSize(a, b int32) int32 { return int32(min(int64(a)+int64(b), maxSize+1)) }

func mulSize(a, b int32) int32 { return int32(min(int64(a)*int64(b), maxSize+1)) }

// tooBig reports whether n is larger than may be.
func (n *node) tooBig() bool { return n.size > maxSize || n.depth > maxDepth }

// derive returns the facts of n from those of what it is made of. Those of a call
// are not its own: the caller has them of the rule.
func derive(n *node, a, b facts) facts {
	f := facts{fixed: varies, captures: a.captures || b.captures, open: a.open || b.open,
		runs: a.runs || b.runs}
	switch n.kind {
	case kFalse:
		f.headfail, f.fixed = true, 0
	case kTrue:
		f.nullable, f.nofail, f.fixed = true, true, 0
	case kText:
		f.headfail, f.fixed = len(n.text) == 1, int32(min(len(n.text), maxSize))
	case kSet:
		f.headfail, f.fixed = true, 1
	case kAny:
		f.headfail, f.fixed = n.n == 1, n.n
	case kSeq:
		f.nullable = a.nullable && b.nullable
		f.nofail = a.nofail && b.nofail
		f.headfail = a.headfail && b.nofail
		if a.fixed >= 0 && b.fixed >= 0 {
			f.fixed = addSize(a.fixed, b.fixed)
		}
	case kChoice:
		f.nullable = a.nullable || b.nullable
		f.nofail = a.nofail || b.nofail
		f.headfail = a.headfail && b.headfail
		if a.fixed == b.fixed {
			f.fixed = a.fixed
		}
	case kRep:
		f.nullable = n.n == 0 || a.nullable
		f.nofail = n.n == 0 || a.nofail
		f.headfail = n.n == 1 && a.headfail
		switch {
		case n.m == n.n && a.fixed >= 0:
			f.fixed = mulSize(n.n, a.fixed)
		case n.m >= 0 && a.fixed == 0:
			f.fixed = 0
		}
	case kNot, kBehind:
		f.nullable, f.fixed = true, 0
	case kAnd:
		f.nullable, f.nofail, f.fixed = true, a.nofail, 0
	case kOpen:
		f.open = true
	case kGrammar:
		f = a
		f.open = false
	case kCapture:
		f.nullable, f.nofail, f.headfail, f.fixed = a.nullable, a.nofail, a.headfail, a.fixed
		f.captures = true
	case kRuntime:
		f.nullable = a.nullable
		f.captures, f.runs = true, true
	}
	return f
}

// byteSet returns the bytes that n stands for, if it is always one byte.
func (n *node) byteSet() (set, bool) {
	switch {
	case n.kind == kSet:
		return *n.set, true
	case n.kind == kText && len(n.text) == 1:
		return oneByte(n.text[0]), true
	case n.kind == kAny && n.n == 1:
		return allBytes, true
	}
	return set{}, false
}

func newSet(s set) *node { return finish(&node{kind: kSet, set: &s}) }

func newText(s string) *node {
	if s == "" {
		return nodeTrue
	}
	return finish(&node{kind: kText, text: s})
}

// newAny returns n bytes; with n < 0, that there are not as many.
func newAny(n int32) *node {
	switch {
	case n == 0:
		return nodeTrue
	case n < 0:
		return newNot(newAny(-n))
	}
	return finish(&node{kind: kAny, n: n})
}

func newSeq(a, b *node) *node {
	switch {
	case a.kind == kFalse || b.kind == kTrue:
		return a
	case a.kind == kTrue:
		return b
	}
	return finish(&node{kind: kSeq, a: a, b: b})
}

func newChoice(a, b *node) *node {
	if s, ok := a.byteSet(); ok {
		if t, ok := b.byteSet(); ok {
			return newSet(s.union(t))
		}
	}
	switch {
	case a.nofail || b.kind == kFalse:
		return a
	case a.kind == kFalse:
		return b
	}
	return finish(&node{kind: kChoice, a: a, b: b})
}

func newDiff(a, b *node) *node {
	if s, ok := a.byteSet(); ok {
		if t, ok := b.byteSet(); ok {
			return newSet(s.minus(t))
		}
	}
	return newSeq(newNot(b), a)
}

func newNot(a *node) *node { return finish(&node{kind: kNot, a: a}) }

func newAnd(a *node) *node { return finish(&node{kind: kAnd, a: a}) }

func newBehind(a *node) *node { return finish(&node{kind: kBehind, a: a, n: a.fixed}) }

// newRep returns a^n as LPeg has it: n times at least, or -n times at most.
func newRep(a *node, n int32) *node {
	if n >= 0 {
		return finish(&node{kind: kRep, a: a, n: n, m: -1})
	}
	return finish(&node{kind: kRep, a: a, n: 0, m: -n})
}

// newTimes returns a, n times.
func newTimes(a *node, n int32) *node {
	switch n {
	case 0:
		return nodeTrue
	case 1:
		return a
	}
	return finish(&node{kind: kRep, a: a, n: n, m: n})
}

func newCapture(c capture, a *node, n int32, v lua.LValue) *node {
	return finish(&node{kind: kCapture, capture: c, a: a, n: n, value: v})
}

func newRuntime(a *node, fn lua.LValue) *node {
	return finish(&node{kind: kRuntime, a: a, value: fn})
}

// chain returns what a chain of nodes of kind k is made of, from left to right.
func (n *node) chain(k kind) []*node {
	var list []*node
	todo := []*node{n}
	for len(todo) > 0 {
		x := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if x.kind == k {
			todo = append(todo, x.b, x.a)
			continue
		}
		list = append(list, x)
	}
	return list
}
