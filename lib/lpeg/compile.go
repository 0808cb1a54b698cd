package lpeg

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxCode bounds the instructions of a program.
const maxCode = 1 << 22

// A compiler makes the program of an expression.
type compiler struct {
	program
	alloc func(bytes int) // is told of what is allocated
	work  int             // nodes that were looked at

	tableAt map[set]int
	textAt  map[string]int
	entry   map[*grammar]int     // where the grammar's first rule begins
	calls   map[*grammar][]int32 // instructions that call a rule of it: n is in a
	firsts  map[*node]first
	full    bool // there is no room for more
}

// compile returns the program of n, which has no open calls. It ends by a panic
// of alloc's, or by returning nil if the program were too big.
func compile(n *node, alloc func(int)) (*program, int) {
	c := &compiler{
		alloc:   alloc,
		tableAt: map[set]int{},
		textAt:  map[string]int{},
		entry:   map[*grammar]int{},
		calls:   map[*grammar][]int32{},
		firsts:  map[*node]first{},
	}
	c.captures = append(c.captures, captureInfo{kind: capGroup})
	c.gen(n, nil)
	c.emit(instr{op: opEnd})
	if c.full {
		return nil, c.work
	}
	shorten(c.code)
	return &c.program, c.work
}

// emit appends in and returns where it stands.
func (c *compiler) emit(in instr) int {
	if len(c.code) >= maxCode {
		c.full = true
		return 0
	}
	if len(c.code) == cap(c.code) {
		grown := make([]instr, len(c.code), max(16, 2*len(c.code)))
		c.alloc(8 * cap(grown))
		copy(grown, c.code)
		c.code = grown
	}
	c.code = append(c.code, in)
	return len(c.code) - 1
}

// here lets the instructions at lead to the next one.
func (c *compiler) here(at ...int) {
	for _, i := range at {
		c.code[i].a = int32(len(c.code))
	}
}

// tableOf returns the number of the table of s.
func (c *compiler) tableOf(s set) uint16 {
	i, ok := c.tableAt[s]
	if !ok {
		if i = len(c.tables); i > 1<<16-1 {
			c.full = true
			return 0
		}
		c.alloc(256)
		c.tables = append(c.tables, s.table())
		c.tableAt[s] = i
	}
	return uint16(i)
}

// textOf returns the number of the text s.
func (c *compiler) textOf(s string) int32 {
	i, ok := c.textAt[s]
	if !ok {
		i = len(c.texts)
		c.alloc(32)
		c.texts = append(c.texts, s)
		c.textAt[s] = i
	}
	return int32(i)
}

// gen appends the code of n, which fl comes behind.
func (c *compiler) gen(n *node, fl *follow) {
	if c.work++; c.full {
		return
	}
	switch n.kind {
	case kFalse:
		c.emit(instr{op: opFail})
	case kText:
		c.genText(n.text)
	case kSet:
		c.genSet(*n.set)
	case kAny:
		c.emit(instr{op: opAny, a: n.n})
	case kSeq:
		c.genSeq(joinTexts(n.chain(kSeq)), fl)
	case kChoice:
		c.genChoice(n.chain(kChoice), fl)
	case kRep:
		c.genRep(n, fl)
	case kNot:
		c.genNot(n.a)
	case kAnd:
		c.genAnd(n.a)
	case kBehind:
		c.emit(instr{op: opBehind, a: n.n})
		c.gen(n.a, nil)
	case kCall:
		at := c.emit(instr{op: opCall, a: n.n})
		c.calls[n.grammar] = append(c.calls[n.grammar], int32(at))
	case kGrammar:
		c.genGrammar(n.grammar)
	case kCapture, kRuntime:
		c.genCapture(n, fl)
	}
}

func (c *compiler) genText(s string) {
	switch len(s) {
	case 0:
	case 1:
		c.emit(instr{op: opChar, c: s[0]})
	case 2:
		c.emit(instr{op: opPair, c: s[0], n: uint16(s[1])})
	default:
		c.emit(instr{op: opText, a: c.textOf(s)})
	}
}

func (c *compiler) genSet(s set) {
	switch s.count() {
	case 0:
		c.emit(instr{op: opFail})
	case 1:
		c.emit(instr{op: opChar, c: s.first()})
	case 256:
		c.emit(instr{op: opAny, a: 1})
	default:
		c.emit(instr{op: opSet, n: c.tableOf(s)})
	}
}

// joinTexts makes one text of neighbours that are texts.
func joinTexts(items []*node) []*node {
	out := items[:0]
	for i := 0; i < len(items); {
		end := i
		size := 0
		for end < len(items) && items[end].kind == kText {
			size += len(items[end].text)
			end++
		}
		if end-i < 2 {
			out = append(out, items[i])
			i++
			continue
		}
		var text strings.Builder
		text.Grow(size)
		for ; i < end; i++ {
			text.WriteString(items[i].text)
		}
		out = append(out, newText(text.String()))
	}
	return out
}

func (c *compiler) genSeq(items []*node, fl *follow) {
	for i, n := range items {
		if i == len(items)-1 {
			c.gen(n, fl)
			return
		}
		c.gen(n, &follow{rest: items[i+1:], up: fl})
	}
}

// genGrammar appends a call of g. The rules of g stand where it is called first.
func (c *compiler) genGrammar(g *grammar) {
	if at, ok := c.entry[g]; ok {
		c.emit(instr{op: opCall, a: int32(at)})
		return
	}
	call := c.emit(instr{op: opCall})
	out := c.emit(instr{op: opJump})
	c.entry[g] = len(c.code)
	c.here(call)
	starts := make([]int32, len(g.rules))
	for i, rule := range g.rules {
		if !g.used[i] {
			continue
		}
		starts[i] = int32(len(c.code))
		c.gen(rule, nil)
		c.emit(instr{op: opReturn})
	}
	if c.full {
		return
	}
	for _, at := range c.calls[g] {
		c.code[at].a = starts[c.code[at].a]
	}
	delete(c.calls, g)
	c.here(out)
}

// genCapture appends a capture. One of known length without captures inside is
// noted when it has ended.
func (c *compiler) genCapture(n *node, fl *follow) {
	i := int32(len(c.captures))
	c.alloc(64)
	info := captureInfo{kind: n.capture, n: n.n, value: n.value}
	if n.kind == kRuntime {
		info.kind = capRuntime
	}
	if s, ok := n.value.(lua.LString); ok && info.kind == capString {
		info.text = string(s)
	}
	c.captures = append(c.captures, info)
	if n.kind == kCapture && n.a.fixed >= 0 && n.a.fixed < 1<<16 && !n.a.captures {
		c.gen(n.a, fl)
		c.emit(instr{op: opFull, n: uint16(n.a.fixed), a: i})
		return
	}
	c.emit(instr{op: opOpen, a: i})
	if n.kind == kRuntime {
		// What follows does not count: the function is called before.
		c.gen(n.a, nil)
		c.emit(instr{op: opCloseRun, a: i})
		return
	}
	c.gen(n.a, fl)
	c.emit(instr{op: opClose, a: i})
}
