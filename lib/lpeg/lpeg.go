// Package lpeg is LPeg 1.0 and its re module for sandboxed Lua: patterns by
// parsing expression grammars, with captures.
//
// Expressions are graphs of nodes (node.go, grammar.go). The first match compiles
// one to a program (compile.go) of the parsing machine (machine.go) that R.
// Ierusalimschy describes in "A Text Pattern-Matching Tool based on Parsing
// Expression Grammars". What was captured is a list of records, of which Lua values
// are made when the match has succeeded (values.go).
//
// Scripts find the functions as in LPeg's manual; texts of errors are LPeg's too.
// A match charges the meter of its sandbox (host.Of): one instruction for a few of
// the machine's, and the memory of stacks and captures. Expressions are bounded in
// size and nesting: beyond, making or matching one is the error "pattern too big".
package lpeg

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// Module is `require "lpeg"`.
var Module = host.Module{Name: "lpeg", Open: open}

// Version is the version of LPeg whose behaviour this is.
const Version = "1.0.2"

// typeName is what a pattern is called in the registry, and in texts of errors.
const typeName = "lpeg-pattern"

// defaultStack is how many calls and choices may wait in a match.
const defaultStack = 400

// A library is what all patterns of one Lua state share.
type library struct {
	meta  *lua.LTable // of patterns
	limit int         // of the stack
	free  []*machine
}

// A Pattern is the value of a Lua pattern.
type Pattern struct {
	node *node
	prog *program // nil before the first match
}

// Size returns the bytes that p takes, as LPeg would count them.
func (p *Pattern) Size() int {
	n := 8 * int(p.node.size)
	if p.prog != nil {
		n += p.prog.size()
	}
	return n
}

func open(L *lua.LState) lua.LValue {
	l := libraryOf(L)
	funcs := l.functions()
	t := L.SetFuncs(L.NewTable(), funcs)

	// Methods are the functions; match counts its arguments otherwise.
	methods := L.NewTable()
	t.ForEach(func(k, v lua.LValue) { methods.RawSet(k, v) })
	match := func(L *lua.LState) int { return l.match(L, ":match") }
	methods.RawSetString("match", L.NewFunction(match))
	behind := L.NewTable()
	behind.RawSetString("__index", t)
	L.SetMetatable(methods, behind)
	l.meta.RawSetString("__index", methods)
	return t
}

// libraryOf returns the library of the state of L.
func libraryOf(L *lua.LState) *library {
	const key = "lpeg-library"
	registry := L.Get(lua.RegistryIndex).(*lua.LTable)
	if u, ok := registry.RawGetString(key).(*lua.LUserData); ok {
		return u.Value.(*library)
	}
	l := &library{limit: defaultStack, meta: L.NewTypeMetatable(typeName)}
	u := L.NewUserData()
	u.Value = l
	registry.RawSetString(key, u)
	L.SetFuncs(l.meta, l.operators())
	return l
}

func (l *library) functions() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"P": l.newPattern, "R": l.newRanges, "S": l.newSet, "V": l.newRule, "B": l.newBehind,
		"C": l.simple(capSimple, "C"), "Cs": l.simple(capSubst, "Cs"),
		"Ct": l.simple(capTable, "Ct"), "Cp": l.newPosition, "Cc": l.newConst,
		"Carg": l.newArg, "Cb": l.newBack, "Cg": l.newGroup, "Cf": l.newFold, "Cmt": l.newRuntime,
		"match":       func(L *lua.LState) int { return l.match(L, "match") },
		"type":        l.typeOf,
		"version":     func(L *lua.LState) int { L.Push(lua.LString(Version)); return 1 },
		"setmaxstack": l.setMaxStack,
		"locale":      l.locale,
	}
}

func (l *library) operators() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"__mul": l.binary(newSeq), "__add": l.binary(newChoice), "__sub": l.binary(newDiff),
		"__div": l.division, "__pow": l.power,
		"__unm": l.unary(newNot), "__len": l.unary(newAnd),
	}
}

// smallNumbers are values that need not be allocated.
var smallNumbers = func() (list [1024]lua.LValue) {
	for i := range list {
		list[i] = lua.LNumber(i)
	}
	return list
}()

// number returns n as a value.
func number(n int) lua.LValue {
	if n < len(smallNumbers) {
		return smallNumbers[n]
	}
	return lua.LNumber(n)
}

// push returns n to Lua.
func (l *library) push(L *lua.LState, n *node) int {
	host.Of(L).Alloc(L, 160)
	if n.tooBig() {
		tooBig(L)
	}
	u := L.NewUserData()
	u.Value = &Pattern{node: n}
	u.Metatable = l.meta
	L.Push(u)
	return 1
}

func tooBig(L *lua.LState) { L.RaiseError("pattern too big") }

// typeOf is lpeg.type.
func (l *library) typeOf(L *lua.LState) int {
	if asPattern(L.Get(1)) == nil {
		L.Push(lua.LNil)
	} else {
		L.Push(lua.LString("pattern"))
	}
	return 1
}

// setMaxStack is lpeg.setmaxstack.
func (l *library) setMaxStack(L *lua.LState) int {
	n := host.Int(L, 1, "setmaxstack")
	if n <= 0 {
		host.ArgError(L, 1, "setmaxstack", "out of range")
	}
	l.limit = min(n, 1<<26)
	return 0
}
