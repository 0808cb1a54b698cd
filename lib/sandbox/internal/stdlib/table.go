package stdlib

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/machine"
)

func openTable(L *lua.LState) lua.LValue {
	t := L.CreateTable(0, 9)
	lib := &library{} // for its scratch space
	install(L, t, functions{
		"concat": lib.concat, "foreach": foreach, "foreachi": foreachi, "getn": getn,
		"insert": insert, "maxn": maxn, "remove": remove, "setn": setn, "sort": sort,
	})
	return t
}

func (lib *library) concat(L *lua.LState) int {
	t := host.Table(L, 1, "concat")
	sep := host.OptString(L, 2, "concat", "")
	from := cIntOr(L, 3, "concat", 1)
	var to int
	if L.Get(4) == lua.LNil {
		to = host.Of(L).Len(L, t)
	} else {
		to = cInt(L, 4, "concat")
	}
	b := lib.buffer(L)
	for i := from; i <= to; i++ {
		v := machine.At(t, i)
		if _, ok := lengthOf(v); !ok {
			L.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type().String(), i)
		}
		b.meter.Step(L, 1)
		b.addValue(v)
		if i < to {
			b.add(sep)
		}
	}
	return push(L, lib.finish(&b))
}

func foreach(L *lua.LState) int {
	t := host.Table(L, 1, "foreach")
	f := host.Function(L, 2, "foreach")
	for k := lua.LNil; ; {
		next, v, ok := successor(L, t, k)
		if !ok {
			L.RaiseError("invalid key to 'next'")
		}
		if k = next; k == lua.LNil {
			return 0
		}
		if r := each(L, f, k, v); r != lua.LNil {
			return push(L, r)
		}
	}
}

func foreachi(L *lua.LState) int {
	t := host.Table(L, 1, "foreachi")
	f := host.Function(L, 2, "foreachi")
	n := host.Of(L).Len(L, t)
	for i := 1; i <= n; i++ {
		if r := each(L, f, integer(i), machine.At(t, i)); r != lua.LNil {
			return push(L, r)
		}
	}
	return 0
}

// each calls f with a key and its value.
func each(L *lua.LState, f *lua.LFunction, k, v lua.LValue) lua.LValue {
	host.Of(L).Step(L, 1)
	L.Push(f)
	L.Push(k)
	L.Push(v)
	L.Call(2, 1)
	r := L.Get(-1)
	L.Pop(1)
	return r
}

func getn(L *lua.LState) int {
	return push(L, integer(host.Of(L).Len(L, host.Table(L, 1, "getn"))))
}

func setn(L *lua.LState) int {
	host.Table(L, 1, "setn")
	L.RaiseError("'setn' is obsolete")
	return 0
}

func maxn(L *lua.LState) int {
	t := machine.Inside(host.Table(L, 1, "maxn"))
	host.Of(L).Step(L, (len(t.Dict)+len(t.Array))/8)
	top := 0.0
	for i := len(t.Array); i > 0; i-- {
		if t.Array[i-1] != lua.LNil {
			top = float64(i)
			break
		}
	}
	for k, v := range t.Dict {
		if n, ok := k.(lua.LNumber); ok && v != lua.LNil && float64(n) > top {
			top = float64(n)
		}
	}
	return push(L, number(top))
}

func insert(L *lua.LState) int {
	t := host.Table(L, 1, "insert")
	m := host.Of(L)
	end := m.Len(L, t) + 1
	switch L.GetTop() {
	case 2:
		put(L, m, t, end, L.Get(2))
		return 0
	case 3:
	default:
		L.RaiseError("wrong number of arguments to 'insert'")
	}
	at, v := cInt(L, 2, "insert"), L.Get(3)
	switch {
	case at >= end:
		put(L, m, t, at, v)
	case at >= 1 && end < machine.MaxArray-1:
		m.Step(L, (end-at)/16)
		m.Alloc(L, slot)
		t.Insert(at, v)
	default:
		for i := end; i > at; i-- {
			m.Step(L, 1)
			put(L, m, t, i, machine.At(t, i-1))
		}
		put(L, m, t, at, v)
	}
	return 0
}

// put is t[i] = v without metamethods.
func put(L *lua.LState, m *host.Meter, t *lua.LTable, i int, v lua.LValue) {
	growArray(L, m, t, i)
	if v == lua.LNil && i > len(machine.Inside(t).Array) && i < lua.MaxArrayIndex && i > 0 {
		return
	}
	t.RawSetInt(i, v)
}

func remove(L *lua.LState) int {
	t := host.Table(L, 1, "remove")
	end := host.Of(L).Len(L, t)
	at := cIntOr(L, 2, "remove", end)
	if at < 1 || at > end {
		return 0
	}
	v := machine.At(t, at)
	m := host.Of(L)
	if end >= machine.MaxArray { // it goes on behind the array
		for i := at; i < end; i++ {
			m.Step(L, 1)
			put(L, m, t, i, machine.At(t, i+1))
		}
		put(L, m, t, end, lua.LNil)
		return push(L, v)
	}
	m.Step(L, (end-at)/16)
	if at == end {
		// What is behind end is nothing: the array is cut there, and so its length need not be
		// looked for from its end.
		cut(machine.Inside(t), end-1)
		return push(L, v)
	}
	t.Remove(at)
	return push(L, v)
}

// cut shortens the array of t to n, all behind which is going to be nil.
func cut(t *machine.Table, n int) {
	clear(t.Array[n:])
	t.Array = t.Array[:n]
}
