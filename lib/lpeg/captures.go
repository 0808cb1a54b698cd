package lpeg

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// simple returns the function that makes a capture of its one argument.
func (l *library) simple(c capture, fn string) lua.LGFunction {
	return func(L *lua.LState) int {
		return l.push(L, newCapture(c, l.node(L, 1, fn), 0, nil))
	}
}

// empty pushes a capture that takes nothing.
func (l *library) empty(L *lua.LState, c capture, n int32, v lua.LValue) int {
	return l.push(L, newCapture(c, nodeTrue, n, v))
}

// newPosition is lpeg.Cp.
func (l *library) newPosition(L *lua.LState) int { return l.empty(L, capPosition, 0, nil) }

// newConst is lpeg.Cc.
func (l *library) newConst(L *lua.LState) int {
	top := L.GetTop()
	if top == 0 {
		return l.push(L, nodeTrue)
	}
	host.Of(L).Alloc(L, 160*top)
	n := newCapture(capConst, nodeTrue, 0, L.Get(1))
	for i := 2; i <= top; i++ {
		n = newSeq(n, newCapture(capConst, nodeTrue, 0, L.Get(i)))
	}
	if top > 1 {
		n = newCapture(capGroup, n, 0, nil)
	}
	return l.push(L, n)
}

// newArg is lpeg.Carg.
func (l *library) newArg(L *lua.LState) int {
	n := host.Int(L, 1, "Carg")
	if n <= 0 || n > math.MaxInt16 {
		host.ArgError(L, 1, "Carg", "invalid argument index")
	}
	return l.empty(L, capArg, int32(n), nil)
}

// newBack is lpeg.Cb.
func (l *library) newBack(L *lua.LState) int {
	if L.GetTop() == 0 {
		host.ArgError(L, 1, "Cb", "value expected")
	}
	return l.empty(L, capBack, 0, L.Get(1))
}

// newGroup is lpeg.Cg.
func (l *library) newGroup(L *lua.LState) int {
	n := l.node(L, 1, "Cg")
	var name lua.LValue
	if v := L.Get(2); v != lua.LNil {
		name = v
	}
	return l.push(L, newCapture(capGroup, n, 0, name))
}

// newFold is lpeg.Cf.
func (l *library) newFold(L *lua.LState) int {
	fn := host.Function(L, 2, "Cf")
	return l.push(L, newCapture(capFold, l.node(L, 1, "Cf"), 0, fn))
}

// newRuntime is lpeg.Cmt.
func (l *library) newRuntime(L *lua.LState) int {
	fn := host.Function(L, 2, "Cmt")
	return l.push(L, newRuntime(l.node(L, 1, "Cmt"), fn))
}

// A class is a named set of characters.
type class struct {
	name   string
	ranges string // pairs of bytes, each the first and the last of a range
}

// classes are the character classes of the C locale.
var classes = []class{
	{"alnum", "azAZ09"}, {"alpha", "azAZ"}, {"cntrl", "\x00\x1f\x7f\x7f"}, {"digit", "09"},
	{"graph", "!~"}, {"lower", "az"}, {"print", " ~"}, {"punct", "!/:@[`{~"},
	{"space", "\t\r  "}, {"upper", "AZ"}, {"xdigit", "09afAF"},
}

func (c class) set() set {
	var s set
	for i := 0; i < len(c.ranges); i += 2 {
		s.addRange(c.ranges[i], c.ranges[i+1])
	}
	return s
}

// locale is lpeg.locale.
func (l *library) locale(L *lua.LState) int {
	t := L.NewTable()
	if L.Get(1) != lua.LNil {
		t = host.Table(L, 1, "locale")
	}
	for _, c := range classes {
		l.push(L, newSet(c.set()))
		t.RawSetString(c.name, L.Get(-1))
		L.Pop(1)
	}
	L.Push(t)
	return 1
}
