package lpeg

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// A reBuilder makes the expression of what a reParser has read.
type reBuilder struct {
	*library
	L    *lua.LState
	defs lua.LValue
	in   int            // grammars around
	same *lua.LFunction // sameText
}

// build returns the expression of e. Its depth is that of the brackets.
func (b *reBuilder) build(e *reNode) *node {
	switch e.kind {
	case reSeq:
		n := nodeTrue
		for _, x := range e.list {
			n = newSeq(n, b.build(x))
		}
		return n
	case reChoice:
		n := b.build(e.list[0])
		for _, x := range e.list[1:] {
			n = newChoice(n, b.build(x))
		}
		return n
	case reGrammar:
		return b.grammar(e)
	case rePrefix:
		n := b.build(e.list[0])
		for i := len(e.text) - 1; i >= 0; i-- {
			if e.text[i] == '!' {
				n = newNot(n)
			} else {
				n = newAnd(n)
			}
		}
		return n
	case reSuffix:
		n := b.build(e.list[0])
		for _, s := range e.list[1:] {
			n = b.suffix(n, s)
		}
		return n
	case reClass:
		return b.class(e)
	case reCall:
		if b.in == 0 {
			b.L.RaiseError("rule '%s' used outside a grammar", e.text)
		}
		return finish(&node{kind: kOpen, value: lua.LString(e.text)})
	case reCaptured:
		kinds := map[string]capture{"{": capSimple, "{~": capSubst, "{|": capTable}
		return newCapture(kinds[e.text], b.build(e.list[0]), 0, nil)
	case reGroup:
		var name lua.LValue
		if e.text != "" {
			name = lua.LString(e.text)
		}
		return newCapture(capGroup, b.build(e.list[0]), 0, name)
	}
	return b.leaf(e)
}

// leaf is build for what has nothing inside.
func (b *reBuilder) leaf(e *reNode) *node {
	switch e.kind {
	case reText:
		return newText(e.text)
	case reAny:
		return newAny(1)
	case reRange:
		var s set
		s.addRange(e.text[0], e.text[1])
		return newSet(s)
	case reDefined:
		return b.defined(e.text)
	case rePosition:
		return newCapture(capPosition, nodeTrue, 0, nil)
	case reBack:
		// A match-time capture, as in LPeg's re: it sees the latest group of that name.
		again := newCapture(capBack, nodeTrue, 0, lua.LString(e.text))
		return newRuntime(again, b.same)
	}
	return nodeFalse
}

// class returns one of the items of e, or one character that is none.
func (b *reBuilder) class(e *reNode) *node {
	n := b.build(e.list[0])
	for _, x := range e.list[1:] {
		n = newChoice(n, b.build(x))
	}
	if e.text == "^" {
		return newDiff(newAny(1), n)
	}
	return n
}

// grammar returns the grammar of the rules in e.
func (b *reBuilder) grammar(e *reNode) *node {
	names := make([]lua.LValue, len(e.list))
	bodies := make([]*node, len(e.list))
	seen := make(map[string]bool, len(e.list))
	b.in++
	for i, rule := range e.list {
		if seen[rule.text] {
			b.L.RaiseError("'%s' already defined as a rule", rule.text)
		}
		seen[rule.text] = true
		names[i], bodies[i] = lua.LString(rule.text), b.build(rule.list[0])
	}
	b.in--
	if len(names) > maxRules {
		host.ArgError(b.L, 1, "P", "grammar has too many rules")
	}
	return closed(b.L, names, bodies)
}

// lookup returns the definition of name, nil if there is none.
func (b *reBuilder) lookup(name string) lua.LValue {
	if b.defs == lua.LNil {
		return nil
	}
	if v := b.L.GetField(b.defs, name); lua.LVAsBool(v) {
		return v
	}
	return nil
}

// sameText returns where the text that is its third argument ends, if it comes at
// the position that is its second.
func sameText(L *lua.LState) int {
	at := host.Int(L, 2, "?") - 1
	text, ok := L.Get(3).(lua.LString)
	subject := host.String(L, 1, "?")
	host.Of(L).Step(L, len(text)/64)
	if !ok || !strings.HasPrefix(subject[at:], string(text)) {
		return 0
	}
	L.Push(lua.LNumber(at + len(text) + 1))
	return 1
}

// value is lookup where there must be a definition.
func (b *reBuilder) value(name string) lua.LValue {
	v := b.lookup(name)
	if v == nil {
		b.L.RaiseError("undefined name: %s", name)
	}
	return v
}

// defined returns the expression that name stands for.
func (b *reBuilder) defined(name string) *node {
	if v := b.lookup(name); v != nil {
		b.L.Push(v)
		n := b.node(b.L, b.L.GetTop(), "P")
		b.L.Pop(1)
		return n
	}
	if s, ok := predefined(name); ok {
		return newSet(s)
	}
	b.L.RaiseError("name '%s' undefined", name)
	return nil
}

// predefined returns the class that name stands for where nothing else is said: the
// capital is what is not of the class.
func predefined(name string) (set, bool) {
	if name == "nl" {
		return oneByte('\n'), true
	}
	if len(name) != 1 {
		return set{}, false
	}
	letters := map[byte]string{
		'a': "alpha", 'c': "cntrl", 'd': "digit", 'g': "graph", 'l': "lower", 'p': "punct",
		's': "space", 'u': "upper", 'w': "alnum", 'x': "xdigit",
	}
	long, ok := letters[name[0]|0x20]
	if !ok {
		return set{}, false
	}
	for _, c := range classes {
		if c.name != long {
			continue
		}
		if name[0] < 'a' {
			return c.set().complement(), true
		}
		return c.set(), true
	}
	return set{}, false
}

// suffix returns n with s applied to it.
func (b *reBuilder) suffix(n *node, s *reNode) *node {
	if n.tooBig() {
		tooBig(b.L)
	}
	switch s.kind {
	case reRepeat:
		return b.repeat(n, map[string]int{"+": 1, "*": 0, "?": -1}[s.text])
	case reMinMax:
		return b.repeat(n, b.number(s.text))
	case rePower:
		return newTimes(n, int32(b.number(s.text)))
	case reToText:
		return divide(b.L, n, lua.LString(s.text), "f")
	case reToNumber:
		f, _ := host.ParseNumber(s.text)
		return divide(b.L, n, lua.LNumber(f), "f")
	case reToTable:
		return newCapture(capTable, n, 0, nil)
	case reToName:
		return divide(b.L, n, b.value(s.text), "f")
	}
	v := b.value(s.text)
	fn, ok := v.(*lua.LFunction)
	if !ok {
		host.ArgError(b.L, 2, "f", "function expected, got "+v.Type().String())
	}
	if s.kind == reMatchTime {
		return newRuntime(n, fn)
	}
	return newCapture(capFold, n, 0, fn)
}

// number returns the number that text is, which must not be large.
func (b *reBuilder) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n > maxSize || n < -maxSize {
		tooBig(b.L)
	}
	return n
}

// repeat returns n^times.
func (b *reBuilder) repeat(n *node, times int) *node {
	if times >= 0 && n.nullable {
		b.L.RaiseError("loop body may accept empty string")
	}
	return newRep(n, int32(times))
}
