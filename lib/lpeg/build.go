package lpeg

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// asPattern returns the pattern that v is, or nil.
func asPattern(v lua.LValue) *Pattern {
	if u, ok := v.(*lua.LUserData); ok {
		if p, ok := u.Value.(*Pattern); ok {
			return p
		}
	}
	return nil
}

// node returns argument i of fn as an expression: a pattern, or what LPeg makes one
// of.
func (l *library) node(L *lua.LState, i int, fn string) *node {
	switch v := L.Get(i).(type) {
	case *lua.LUserData:
		if p, ok := v.Value.(*Pattern); ok {
			return p.node
		}
	case lua.LString:
		if len(v) > maxSize/2 {
			tooBig(L)
		}
		return newText(string(v))
	case lua.LNumber:
		n := host.ToInt(float64(v))
		if n > maxSize || n < -maxSize {
			tooBig(L)
		}
		return newAny(int32(n))
	case lua.LBool:
		if v {
			return nodeTrue
		}
		return nodeFalse
	case *lua.LFunction:
		return newRuntime(nodeTrue, v)
	case *lua.LTable:
		return l.grammar(L, v, i, fn)
	}
	host.TypeError(L, i, fn, typeName)
	return nil
}

// grammar returns the grammar whose rules t has.
func (l *library) grammar(L *lua.LState, t *lua.LTable, arg int, fn string) *node {
	var name, first lua.LValue = lua.LNumber(1), t.RawGetInt(1)
	if first != lua.LNil && lua.LVCanConvToString(first) {
		name = first
		first = t.RawGet(name)
	}
	if first == lua.LNil {
		L.RaiseError("grammar has no initial rule")
	}
	names, bodies := []lua.LValue{name}, []*node{nil}
	if p := asPattern(first); p != nil {
		bodies[0] = p.node
	} else {
		L.RaiseError("initial rule '%s' is not a pattern", ruleName(name))
	}
	host.Each(t, func(k, v lua.LValue) bool {
		if k == lua.LNumber(1) || k == name {
			return true
		}
		p := asPattern(v)
		if p == nil {
			L.RaiseError("rule '%s' is not a pattern", ruleName(k))
		}
		if len(names) == maxRules {
			host.ArgError(L, arg, fn, "grammar has too many rules")
		}
		names, bodies = append(names, k), append(bodies, p.node)
		return true
	})
	return closed(L, names, bodies)
}

// closed is newGrammar, which ends the call if there is a mistake.
func closed(L *lua.LState, names []lua.LValue, bodies []*node) *node {
	meter := host.Of(L)
	var size int32
	for _, b := range bodies {
		size = addSize(size, b.size)
	}
	if size > maxSize {
		tooBig(L)
	}
	step := func(n int) { meter.Step(L, 1+n/4) }
	alloc := func(n int) { meter.Alloc(L, n) }
	n, err := newGrammar(names, bodies, step, alloc)
	if err != nil {
		L.RaiseError("%s", err)
	}
	return n
}

// newPattern is lpeg.P.
func (l *library) newPattern(L *lua.LState) int {
	if L.GetTop() == 0 {
		host.ArgError(L, 1, "P", "value expected")
	}
	n := l.node(L, 1, "P")
	if asPattern(L.Get(1)) != nil {
		L.SetTop(1)
		return 1
	}
	return l.push(L, n)
}

// newSet is lpeg.S.
func (l *library) newSet(L *lua.LState) int {
	var s set
	text := host.String(L, 1, "S")
	host.Of(L).Step(L, len(text)/64)
	for i := range len(text) {
		s.add(text[i])
	}
	return l.push(L, newSet(s))
}

// newRanges is lpeg.R.
func (l *library) newRanges(L *lua.LState) int {
	var s set
	for i := 1; i <= L.GetTop(); i++ {
		r := host.String(L, i, "R")
		if len(r) != 2 {
			host.ArgError(L, i, "R", "range must have two characters")
		}
		s.addRange(r[0], r[1])
	}
	return l.push(L, newSet(s))
}

// newRule is lpeg.V.
func (l *library) newRule(L *lua.LState) int {
	v := L.Get(1)
	if v == lua.LNil {
		host.ArgError(L, 1, "V", "non-nil value expected")
	}
	return l.push(L, finish(&node{kind: kOpen, value: v}))
}

// newBehind is lpeg.B.
func (l *library) newBehind(L *lua.LState) int {
	n := l.node(L, 1, "B")
	switch {
	case n.fixed >= 0 && n.captures:
		host.ArgError(L, 1, "B", "pattern have captures")
	case n.fixed < 0 || n.open:
		host.ArgError(L, 1, "B", "pattern may not have fixed length")
	case n.fixed > math.MaxUint8:
		host.ArgError(L, 1, "B", "pattern too long to look behind")
	}
	return l.push(L, newBehind(n))
}

// binary returns the function of a binary operator.
func (l *library) binary(make func(a, b *node) *node) lua.LGFunction {
	return func(L *lua.LState) int {
		a := l.node(L, 1, "?")
		b := l.node(L, 2, "?")
		n := make(a, b)
		// Where one side is all there is, LPeg returns that very pattern.
		for i, side := range [2]*node{a, b} {
			if n == side && asPattern(L.Get(i+1)) != nil {
				L.Push(L.Get(i + 1))
				return 1
			}
		}
		return l.push(L, n)
	}
}

// unary returns the function of a unary operator.
func (l *library) unary(make func(a *node) *node) lua.LGFunction {
	return func(L *lua.LState) int { return l.push(L, make(l.node(L, 1, "?"))) }
}

// power is the operator ^.
func (l *library) power(L *lua.LState) int {
	a := l.node(L, 1, "?")
	n := host.Int(L, 2, "?")
	if n > maxSize || n < -maxSize {
		tooBig(L)
	}
	if n >= 0 && a.nullable {
		L.RaiseError("loop body may accept empty string")
	}
	return l.push(L, newRep(a, int32(n)))
}

// division is the operator /.
func (l *library) division(L *lua.LState) int {
	return l.push(L, divide(L, l.node(L, 1, "?"), L.Get(2), "?"))
}

// divide returns a / v; fn is for the text of errors.
func divide(L *lua.LState, a *node, v lua.LValue, fn string) *node {
	switch v := v.(type) {
	case *lua.LFunction:
		return newCapture(capFunction, a, 0, v)
	case *lua.LTable:
		return newCapture(capQuery, a, 0, v)
	case lua.LString:
		return newCapture(capString, a, 0, v)
	case lua.LNumber:
		n := host.ToInt(float64(v))
		if n < 0 || n > math.MaxInt16 {
			host.ArgError(L, 1, fn, "invalid number")
		}
		return newCapture(capNumber, a, int32(n), nil)
	}
	host.ArgError(L, 2, fn, "invalid replacement value")
	return nil
}
