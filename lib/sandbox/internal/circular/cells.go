package circular

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// ahead charges what it takes to move the window on to ns.
func ahead(L *lua.LState, o *object, ns int64) {
	if n := o.Ahead(ns); n > 0 {
		host.Of(L).Step(L, n*(o.Columns()+7)/8)
	}
}

func add(L *lua.LState) int {
	o := self(L, ":add", 4)
	ns := moment(L, 2, ":add")
	col := column(L, 3, ":add", o)
	v := host.Number(L, 4, ":add")
	ahead(L, o, ns)
	sum, ok := o.Add(ns, col, v)
	return value(L, sum, ok)
}

func set(L *lua.LState) int {
	o := self(L, ":set", 4)
	ns := moment(L, 2, ":set")
	col := column(L, 3, ":set", o)
	v := host.Number(L, 4, ":set")
	ahead(L, o, ns)
	held, ok := o.Set(ns, col, v)
	return value(L, held, ok)
}

func get(L *lua.LState) int {
	o := self(L, ":get", 3)
	ns := moment(L, 2, ":get")
	v, ok := o.Get(ns, column(L, 3, ":get", o))
	return value(L, v, ok)
}

func getDelta(L *lua.LState) int {
	o := self(L, ":get_delta", 3)
	ns := moment(L, 2, ":get_delta")
	col := column(L, 3, ":get_delta", o)
	keepDeltas(L, o)
	v, ok := o.Delta(ns, col)
	return value(L, v, ok)
}

func resetDelta(L *lua.LState) int {
	o := self(L, ":reset_delta", 1)
	keepDeltas(L, o)
	host.Of(L).Step(L, o.Rows()*o.Columns()/8)
	o.ResetDelta()
	return 0
}

func getRange(L *lua.LState) int { return cellsOf(L, ":get_range", false) }

func getRangeDelta(L *lua.LState) int { return cellsOf(L, ":get_range_delta", true) }

// cellsOf is get_range(col [, start [, end]]) of cells or deltas: an array.
func cellsOf(L *lua.LState, fn string, deltas bool) int {
	o := self(L, fn, 2)
	col := column(L, 2, fn, o)
	from, to := span(L, 3, fn, o)
	if deltas {
		keepDeltas(L, o)
	}
	n := o.RowsBetween(from, to)
	m := host.Of(L)
	m.Step(L, n)
	m.Alloc(L, n*32)
	all, ok := o.AppendRange(nil, col, from, to, deltas)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	t := L.CreateTable(len(all), 0)
	for i, v := range all {
		t.RawSetInt(i+1, lua.LNumber(v))
	}
	L.Push(t)
	return 1
}

// span returns arguments n and n+1, the times of a range of rows; without them, it is
// the whole window.
func span(L *lua.LState, n int, fn string, o *object) (from, to int64) {
	from = optMoment(L, n, fn, o.Start())
	to = optMoment(L, n+1, fn, o.Time())
	if to < from {
		host.ArgError(L, n+1, fn, "end must be >= start")
	}
	return from, to
}
