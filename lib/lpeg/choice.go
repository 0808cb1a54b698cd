package lpeg

// genChoice appends the alternatives, tried from left to right.
func (c *compiler) genChoice(alts []*node, fl *follow) {
	c.alloc(100 * len(alts))
	firsts := make([]first, len(alts))
	for i, n := range alts {
		firsts[i] = c.first(n)
	}
	rest := c.restOf(alts, firsts, fl)
	var ends []int
	for i, n := range alts {
		if c.full {
			return
		}
		if i == len(alts)-1 || n.nofail {
			c.gen(n, fl)
			break
		}
		f := firsts[i]
		var next []int
		switch {
		case !f.empty && (n.headfail || !rest[i].empty && !f.set.meets(rest[i].set)):
			next = c.genTested(n, f.set, fl)
			ends = append(ends, c.emit(instr{op: opJump}))
		default:
			next = append(c.genTest(f), c.emit(instr{op: opChoice}))
			c.gen(n, fl)
			ends = append(ends, c.emit(instr{op: opCommit}))
		}
		c.here(next...)
	}
	c.here(ends...)
}

// restOf returns for each alternative how those behind it can begin, what follows
// the choice included where they can be empty.
func (c *compiler) restOf(alts []*node, firsts []first, fl *follow) []first {
	rest := make([]first, len(alts))
	var sum first
	for i := len(alts) - 1; i >= 0; i-- {
		rest[i] = sum
		f := firsts[i]
		if f.empty {
			g := c.firstOf(fl)
			f.set, f.empty = f.set.union(g.set), g.empty || f.run
		}
		sum.set = sum.set.union(f.set)
		sum.empty = sum.empty || f.empty
	}
	return rest
}

// genNot appends that n must not match here.
func (c *compiler) genNot(n *node) {
	if s, ok := n.byteSet(); ok {
		switch s.count() {
		case 0:
		case 1:
			c.emit(instr{op: opNotChar, c: s.first()})
		case 256:
			c.emit(instr{op: opNotAny, a: 1})
		default:
			c.emit(instr{op: opNotSet, n: c.tableOf(s)})
		}
		return
	}
	switch n.kind {
	case kText:
		c.emit(instr{op: opNotText, a: c.textOf(n.text)})
		return
	case kAny:
		c.emit(instr{op: opNotAny, a: n.n})
		return
	}
	f := c.first(n)
	out := c.genTest(f)
	if n.headfail && !f.empty {
		c.emit(instr{op: opFail})
		c.here(out...)
		return
	}
	out = append(out, c.emit(instr{op: opChoice}))
	c.gen(n, nil)
	c.emit(instr{op: opFailTwice})
	c.here(out...)
}

// genAnd appends that n must match here. What it captures is not kept.
func (c *compiler) genAnd(n *node) {
	var out []int
	f := c.first(n)
	if !n.runs {
		// LPeg calls functions in there whatever comes.
		out = c.genTest(f)
	}
	var done int
	if n.headfail && !f.empty {
		done = c.emit(instr{op: opJump})
	} else {
		out = append(out, c.emit(instr{op: opChoice}))
		c.gen(n, nil)
		done = c.emit(instr{op: opBackCommit})
	}
	c.here(out...)
	c.emit(instr{op: opFail})
	c.here(done)
}

// leads reports whether an instruction of o goes to its a.
func (o op) leads() bool {
	switch o {
	case opTestChar, opTestSet, opTestAny, opEatChar, opEatSet, opEatAny, opJump,
		opChoice, opCommit, opPartialCommit, opBackCommit, opCall:
		return true
	}
	return false
}

// shorten takes detours out of code: jumps to jumps, and calls just before the end
// of a rule, which need not come back.
func shorten(code []instr) {
	for i := range code {
		in := &code[i]
		if !in.op.leads() {
			continue
		}
		in.a = target(code, in.a)
		switch in.op {
		case opCall:
			if next := target(code, int32(i)+1); code[next].op == opReturn {
				in.op = opJump
			}
		case opJump:
			switch code[in.a].op {
			case opReturn, opFail, opEnd:
				*in = code[in.a]
			}
		}
	}
}

// target returns where one arrives who goes to at.
func target(code []instr, at int32) int32 {
	// A loop of nothing but jumps is not made, but would not be gone through for ever.
	for range 100 {
		if code[at].op != opJump {
			break
		}
		at = code[at].a
	}
	return at
}
