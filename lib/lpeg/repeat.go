package lpeg

// genSpan appends the loop over s.
func (c *compiler) genSpan(s set) {
	switch s.count() {
	case 0:
	case 255:
		c.emit(instr{op: opUntil, c: s.complement().first()})
	case 256:
		c.emit(instr{op: opRest})
	default:
		c.emit(instr{op: opSpan, n: c.tableOf(s)})
	}
}

// genRep appends a repetition. If each round fails only because of its first
// byte, or if what follows could not begin with that byte either, then a test of
// the byte decides, and there is nothing to fall back to.
func (c *compiler) genRep(n *node, fl *follow) {
	for range n.n {
		c.gen(n.a, nil)
		if c.full {
			return
		}
	}
	switch {
	case n.m == n.n:
		return
	case n.m > 0:
		c.genUpTo(n.a, int(n.m-n.n), fl)
		return
	}
	if s, ok := n.a.byteSet(); ok {
		c.genSpan(s)
		return
	}
	if text, ok := searched(n.a); ok {
		c.emit(instr{op: opUntilIn, a: c.textOf(text)})
		return
	}
	f := c.first(n.a)
	if c.decides(n.a, f, fl) {
		loop := len(c.code)
		out := c.genTested(n.a, f.set, nil)
		c.emit(instr{op: opJump, a: int32(loop)})
		c.here(out...)
		return
	}
	out := c.genTest(f)
	out = append(out, c.emit(instr{op: opChoice}))
	loop := len(c.code)
	c.gen(n.a, nil)
	c.emit(instr{op: opPartialCommit, a: int32(loop)})
	c.here(out...)
}

// genUpTo appends n, times times at most.
func (c *compiler) genUpTo(n *node, times int, fl *follow) {
	if n.nofail && times > 0 {
		// It never fails, and so each of the rounds is gone through.
		for range times {
			c.gen(n, nil)
			if c.full {
				return
			}
		}
		return
	}
	f := c.first(n)
	if c.decides(n, f, fl) {
		var out []int
		for range times {
			out = append(out, c.genTested(n, f.set, nil)...)
			if c.full {
				return
			}
		}
		c.here(out...)
		return
	}
	out := c.genTest(f)
	out = append(out, c.emit(instr{op: opChoice}))
	for i := range times {
		if c.full {
			return
		}
		c.gen(n, nil)
		if i == times-1 {
			out = append(out, c.emit(instr{op: opCommit}))
			break
		}
		next := int32(len(c.code)) + 1
		c.emit(instr{op: opPartialCommit, a: next})
	}
	c.here(out...)
}

// searched returns the text that n, if repeated, looks for: n is one byte, but not
// where the text begins.
func searched(n *node) (string, bool) {
	if n.kind == kSeq && n.a.kind == kNot && n.b.kind == kAny && n.b.n == 1 {
		if t := n.a.a; t.kind == kText && len(t.text) > 1 {
			return t.text, true
		}
	}
	return "", false
}

// decides reports whether the first byte, which f is about, is enough to know that
// n matches, or that it would be no use to go on without n.
func (c *compiler) decides(n *node, f first, fl *follow) bool {
	if f.empty || n.headfail {
		return !f.empty
	}
	g := c.firstOf(fl)
	return !g.empty && !f.set.meets(g.set)
}

// genTest appends a test for how f begins, if one byte can tell. It returns the
// instructions that lead to where to go if not.
func (c *compiler) genTest(f first) []int {
	if f.empty {
		return nil
	}
	return []int{c.emitByte(f.set, opTestChar, opTestSet, opTestAny)}
}

// emitByte appends one of three instructions for a byte of s.
func (c *compiler) emitByte(s set, char, of, any op) int {
	switch s.count() {
	case 0:
		return c.emit(instr{op: opJump})
	case 1:
		return c.emit(instr{op: char, c: s.first()})
	case 256:
		return c.emit(instr{op: any})
	}
	return c.emit(instr{op: of, n: c.tableOf(s)})
}

// genTested appends a test for a byte of s, and n. It returns the test.
func (c *compiler) genTested(n *node, s set, fl *follow) []int {
	items := joinTexts(n.chain(kSeq))
	head, rest, ok := split(items[0])
	if !ok || head != s {
		at := c.emitByte(s, opTestChar, opTestSet, opTestAny)
		c.genSeq(items, fl)
		return []int{at}
	}
	at := c.emitByte(s, opEatChar, opEatSet, opEatAny)
	if rest == nil {
		items = items[1:]
	} else {
		items[0] = rest
	}
	c.genSeq(items, fl)
	return []int{at}
}

// split takes the first byte off n, if that is all it begins with.
func split(n *node) (head set, rest *node, ok bool) {
	if s, ok := n.byteSet(); ok {
		return s, nil, true
	}
	if n.kind == kText {
		return oneByte(n.text[0]), newText(n.text[1:]), true
	}
	if n.kind == kRep && n.n == 1 && n.m < 0 {
		if s, ok := n.a.byteSet(); ok {
			return s, newRep(n.a, 0), true
		}
	}
	return set{}, nil, false
}
