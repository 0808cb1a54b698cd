package lpeg

// first says with which bytes an expression can begin.
type first struct {
	set   set  // if it takes anything, the first is one of these
	empty bool // it can succeed, or have an effect, whatever comes next
	run   bool // a function may be called before anything is taken
}

var anything = first{set: allBytes, empty: true, run: true}

// maxLook bounds how deep rules are followed.
const maxLook = 1000

// first returns how n can begin.
func (c *compiler) first(n *node) first { return c.firstAt(n, 0) }

func (c *compiler) firstAt(n *node, depth int) first {
	if depth++; depth > maxLook {
		return anything
	}
	c.work++
	switch n.kind {
	case kFalse:
		return first{}
	case kText:
		return first{set: oneByte(n.text[0])}
	case kSet:
		return first{set: *n.set}
	case kAny:
		return first{set: allBytes}
	case kSeq, kChoice:
		return c.firstMemo(n, depth)
	case kRep:
		f := c.firstAt(n.a, depth)
		f.empty = f.empty || n.n == 0
		return f
	case kNot, kBehind:
		return first{empty: true, run: c.firstAt(n.a, depth).run}
	case kCapture, kAnd:
		return c.firstAt(n.a, depth)
	case kRuntime:
		f := c.firstAt(n.a, depth)
		f.run = f.empty
		return f
	case kCall:
		return c.firstMemo(n.grammar.rules[n.n], depth)
	case kGrammar:
		return c.firstMemo(n.grammar.rules[0], depth)
	}
	return first{empty: true}
}

// firstMemo is firstAt with a memory.
func (c *compiler) firstMemo(n *node, depth int) first {
	if f, ok := c.firsts[n]; ok {
		return f
	}
	c.firsts[n] = anything // while it is not known
	var f first
	switch {
	case n.kind == kSeq:
		f = c.firstSeq(n, depth)
	case n.kind == kChoice:
		for _, x := range n.chain(kChoice) {
			g := c.firstAt(x, depth)
			f.set = f.set.union(g.set)
			f.empty = f.empty || g.empty
			f.run = f.run || g.run
		}
	default:
		f = c.firstAt(n, depth)
	}
	c.firsts[n] = f
	return f
}

func (c *compiler) firstSeq(n *node, depth int) first {
	f := first{empty: true}
	todo := append(make([]*node, 0, 8), n)
	for len(todo) > 0 && f.empty && !f.run {
		x := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if x.kind == kSeq {
			todo = append(todo, x.b, x.a)
			continue
		}
		g := c.firstAt(x, depth)
		f.set = f.set.union(g.set)
		f.empty, f.run = g.empty, g.run
	}
	return f
}

// A follow is what comes behind an expression: rest, and then what up says. A nil
// follow is anything.
type follow struct {
	rest []*node
	up   *follow
}

// maxFollow bounds how far behind an expression is looked.
const maxFollow = 8

// firstOf returns how what f stands for can begin; empty if that is not known.
func (c *compiler) firstOf(f *follow) first {
	out := first{empty: true}
	looked := 0
	for ; f != nil; f = f.up {
		for _, n := range f.rest {
			if looked++; looked > maxFollow {
				return anything
			}
			g := c.first(n)
			out.set = out.set.union(g.set)
			if !g.empty {
				out.empty = false
				return out
			}
			if g.run {
				return anything
			}
		}
	}
	return anything
}
