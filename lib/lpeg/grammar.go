package lpeg

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// maxRules is LPeg's limit on the rules of one grammar.
const maxRules = 250

// A closer makes a grammar of rules with open calls.
type closer struct {
	step   func(nodes int) // is told of nodes that were looked at
	alloc  func(bytes int) // is told of memory that is taken
	names  []lua.LValue
	bodies []*node
	index  map[lua.LValue]int32

	rules []facts // of each rule, as far as known
	order []*node // all nodes with open calls, what they are made of first
	known map[*node]facts
	used  []bool // whether a rule is called, or the initial one
}

// newGrammar returns the grammar of the rules named names; the first is the initial
// one. step is told of nodes that were looked at, alloc of memory before it is
// taken; both may end it by a panic. The error's text is LPeg's.
func newGrammar(names []lua.LValue, bodies []*node, step, alloc func(int)) (*node, error) {
	c := &closer{step: step, alloc: alloc, names: names, bodies: bodies,
		index: make(map[lua.LValue]int32, len(names))}
	for i, name := range names {
		c.index[name] = int32(i)
	}
	c.sort()
	if err := c.checkCalls(); err != nil {
		return nil, err
	}
	c.solve()
	if err := c.checkLeft(); err != nil {
		return nil, err
	}
	if err := c.checkLoops(); err != nil {
		return nil, err
	}
	return c.close(), nil
}

// sort fills order.
func (c *closer) sort() {
	c.rules = make([]facts, len(c.names))
	c.known = map[*node]facts{}
	type visit struct {
		n    *node
		done bool
	}
	var todo []visit
	for i := len(c.bodies) - 1; i >= 0; i-- {
		todo = append(todo, visit{n: c.bodies[i]})
	}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if v.n == nil || !v.n.open {
			continue
		}
		if v.done {
			c.order = append(c.order, v.n)
			continue
		}
		if _, ok := c.known[v.n]; ok {
			continue
		}
		// What is known of a node, and a copy of it.
		if len(c.known)%256 == 0 {
			c.alloc(256 * 300)
		}
		c.known[v.n] = facts{fixed: varies}
		todo = append(todo, visit{v.n, true}, visit{n: v.n.b}, visit{n: v.n.a})
	}
	c.step(len(c.order))
}

// checkCalls sees that each call is of a rule that there is.
func (c *closer) checkCalls() error {
	c.used = make([]bool, len(c.names))
	c.used[0] = true
	for _, n := range c.order {
		if n.kind != kOpen {
			continue
		}
		i, ok := c.index[n.value]
		if !ok {
			return patternError("rule '" + ruleName(n.value) + "' undefined in given grammar")
		}
		c.used[i] = true
	}
	return nil
}

// factsOf returns the facts of n as far as they are known.
func (c *closer) factsOf(n *node) facts {
	switch {
	case n == nil:
		return facts{}
	case n.open:
		return c.known[n]
	}
	return n.facts
}

// solve finds the facts of all rules: the least ones that agree with each other.
func (c *closer) solve() {
	for i := range c.rules {
		c.rules[i] = facts{fixed: varies}
	}
	for changed := true; changed; {
		changed = false
		c.step(len(c.order) + len(c.rules))
		for _, n := range c.order {
			if n.kind == kOpen {
				c.known[n] = c.rules[c.index[n.value]]
				continue
			}
			f := derive(n, c.factsOf(n.a), c.factsOf(n.b))
			f.open = false
			c.known[n] = f
		}
		for i, body := range c.bodies {
			if f := c.factsOf(body); f != c.rules[i] {
				c.rules[i] = f
				changed = true
			}
		}
	}
}

// checkLeft sees that no rule calls itself before anything was taken. LPeg names
// the rule at which it gives up, which is the maxRules'th of the calls.
func (c *closer) checkLeft() error {
	calls := make([][]int32, len(c.bodies))
	for i, body := range c.bodies {
		calls[i] = c.leftCalls(body)
	}
	bad := cyclic(calls)
	for i := range calls {
		if !bad[i] || !c.used[i] {
			continue
		}
		at := int32(i)
		for range maxRules {
			for _, next := range calls[at] {
				if bad[next] {
					at = next
					break
				}
			}
		}
		return patternError("rule '" + ruleName(c.names[at]) + "' may be left recursive")
	}
	return nil
}

// leftCalls returns the rules that n may call before it has taken anything.
func (c *closer) leftCalls(n *node) []int32 {
	var calls []int32
	called := make([]bool, len(c.bodies))
	seen := map[*node]bool{}
	todo := []*node{n}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == nil || !n.open || seen[n] {
			continue
		}
		seen[n] = true
		switch n.kind {
		case kOpen:
			if i := c.index[n.value]; !called[i] {
				called[i] = true
				calls = append(calls, i)
			}
		case kSeq:
			if c.factsOf(n.a).nullable {
				todo = append(todo, n.b)
			}
			todo = append(todo, n.a)
		default:
			todo = append(todo, n.b, n.a)
		}
	}
	c.step(len(seen))
	return calls
}

// cyclic reports of each rule whether following calls from it can go on for ever.
func cyclic(calls [][]int32) []bool {
	// Rules are taken out whose calls all end; those that stay do not.
	bad := make([]bool, len(calls))
	for i := range bad {
		bad[i] = true
	}
	for changed := true; changed; {
		changed = false
		for i, list := range calls {
			if !bad[i] {
				continue
			}
			ends := true
			for _, j := range list {
				ends = ends && !bad[j]
			}
			if ends {
				bad[i], changed = false, true
			}
		}
	}
	return bad
}

// checkLoops sees that what is repeated takes something each time.
func (c *closer) checkLoops() error {
	for i, body := range c.bodies {
		if !c.used[i] {
			continue
		}
		seen := map[*node]bool{}
		todo := []*node{body}
		for len(todo) > 0 {
			n := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if n == nil || !n.open || seen[n] {
				continue
			}
			seen[n] = true
			if n.kind == kRep && n.m < 0 && c.factsOf(n.a).nullable {
				return patternError("empty loop in rule '" + ruleName(c.names[i]) + "'")
			}
			todo = append(todo, n.a, n.b)
		}
		c.step(len(seen))
	}
	return nil
}

// close returns the grammar with its calls resolved.
func (c *closer) close() *node {
	g := &grammar{rules: make([]*node, len(c.bodies)), used: c.used}
	made := make(map[*node]*node, len(c.order))
	closed := func(n *node) *node {
		if n != nil && n.open {
			return made[n]
		}
		return n
	}
	for _, n := range c.order {
		x := *n
		if n.kind == kOpen {
			x.kind, x.n, x.grammar = kCall, c.index[n.value], g
		}
		x.a, x.b = closed(n.a), closed(n.b)
		x.facts = c.known[n]
		made[n] = &x
	}
	for i, body := range c.bodies {
		g.rules[i] = closed(body)
	}
	return finish(&node{kind: kGrammar, grammar: g})
}

// ruleName returns the name of a rule as error texts have it.
func ruleName(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return host.NumberText(float64(v))
	}
	return "(a " + v.Type().String() + ")"
}

// patternError is a mistake in a pattern.
type patternError string

func (e patternError) Error() string { return string(e) }
