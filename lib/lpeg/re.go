package lpeg

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// Re is `require "re"`: patterns as text.
var Re = host.Module{Name: "re", Open: openRe}

const (
	maxCached     = 64
	maxCachedSize = 1 << 12 // nodes
)

// regexes is the state of one re.
type regexes struct {
	*library
	cache map[string]*Pattern // of texts that were used without definitions
	same  *lua.LFunction
}

func openRe(L *lua.LState) lua.LValue {
	l := libraryOf(L)
	if l.meta.RawGetString("__index") == lua.LNil {
		open(L)
	}
	r := &regexes{l, map[string]*Pattern{}, L.NewFunction(sameText)}
	return L.SetFuncs(L.NewTable(), map[string]lua.LGFunction{
		"compile": r.compile, "match": r.matchText, "find": r.find, "gsub": r.gsub,
		"updatelocale": func(L *lua.LState) int { return 0 },
	})
}

// compile is re.compile(pattern [, definitions]).
func (r *regexes) compile(L *lua.LState) int {
	if asPattern(L.Get(1)) != nil {
		L.SetTop(1)
		return 1
	}
	return r.push(L, r.parse(L, 1, L.Get(2)))
}

// parse returns argument i as an expression.
func (r *regexes) parse(L *lua.LState, i int, defs lua.LValue) *node {
	var text string
	switch v := L.Get(i).(type) {
	case lua.LString:
		text = string(v)
	case lua.LNumber:
		text = host.NumberText(float64(v))
	default:
		host.ArgError(L, 1, "match", "string expected, got "+host.TypeName(L, i))
	}
	meter := host.Of(L)
	meter.Step(L, 1+len(text)/4)
	meter.Alloc(L, 64*len(text))
	e, err := parseRe(text)
	if err != nil {
		L.Error(lua.LString(err.Error()), 0)
	}
	n := (&reBuilder{L: L, library: r.library, defs: defs, same: r.same}).build(e)
	if n.tooBig() {
		tooBig(L)
	}
	return n
}

// cached returns argument i, a pattern or a text, as a pattern. wrap makes of the
// expression what is matched, and is known by name.
func (r *regexes) cached(L *lua.LState, i int, name string, wrap func(*node) *node) *Pattern {
	if p := asPattern(L.Get(i)); p != nil {
		if name == "" {
			return p
		}
		return &Pattern{node: wrap(p.node)}
	}
	text, ok := L.Get(i).(lua.LString)
	key := name + string(text)
	if p := r.cache[key]; p != nil && ok {
		return p
	}
	p := &Pattern{node: wrap(r.parse(L, i, lua.LNil))}
	if ok && len(text) <= maxCachedSize && p.node.size <= maxCachedSize {
		if len(r.cache) >= maxCached {
			clear(r.cache)
		}
		r.cache[key] = p
	}
	return p
}

// matchText is re.match(subject, pattern [, init]).
func (r *regexes) matchText(L *lua.LState) int {
	p := r.cached(L, 2, "", func(n *node) *node { return n })
	return r.apply(L, p, L.Get(3))
}

// find is re.find(subject, pattern [, init]): where the match begins and ends.
func (r *regexes) find(L *lua.LState) int {
	p := r.cached(L, 2, "find ", searching)
	n := r.apply(L, p, L.Get(3))
	if n == 2 {
		if end, ok := L.Get(-1).(lua.LNumber); ok {
			L.Pop(1)
			L.Push(end - 1)
		}
	}
	return n
}

// searching returns the expression of what looks for n.
func searching(n *node) *node {
	at := func() *node { return newCapture(capPosition, nodeTrue, 0, nil) }
	found := newSeq(newSeq(at(), newCapture(capNumber, n, 0, nil)), at())
	again := newSeq(newAny(1), finish(&node{kind: kOpen, value: lua.LNumber(1)}))
	body := newChoice(found, again)
	if n.open || body.tooBig() {
		return body
	}
	g, err := newGrammar([]lua.LValue{lua.LNumber(1)}, []*node{body}, nothing, nothing)
	if err != nil {
		return body
	}
	return g
}

func nothing(int) {}

// gsub is re.gsub(subject, pattern, replacement).
func (r *regexes) gsub(L *lua.LState) int {
	var n *node
	if p := asPattern(L.Get(2)); p != nil {
		n = p.node
	} else {
		n = r.parse(L, 2, lua.LNil)
	}
	body := newChoice(divide(L, n, L.Get(3), "?"), newAny(1))
	if body.nullable {
		L.RaiseError("loop body may accept empty string")
	}
	all := newCapture(capSubst, newRep(body, 0), 0, nil)
	return r.apply(L, &Pattern{node: all}, lua.LNil)
}

// apply matches p against argument 1 from init on.
func (r *regexes) apply(L *lua.LState, p *Pattern, init lua.LValue) int {
	if p.node.tooBig() {
		tooBig(L)
	}
	u := L.NewUserData()
	u.Value = p
	subject := L.Get(1)
	L.SetTop(0)
	L.Push(u)
	L.Push(subject)
	L.Push(init)
	return r.match(L, ":match")
}
