package circular

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/cbuf"
	"heka/lib/sandbox/host"
)

func getConfiguration(L *lua.LState) int {
	o := self(L, ":get_configuration", 1)
	L.Push(lua.LNumber(o.Rows()))
	L.Push(lua.LNumber(o.Columns()))
	L.Push(lua.LNumber(o.SecondsPerRow()))
	return 3
}

func currentTime(L *lua.LState) int {
	return value(L, float64(self(L, ":current_time", 1).Time()), true)
}

// setHeader is cb:set_header(col, name [, unit [, aggregation]]): the column.
func setHeader(L *lua.LState) int {
	const fn = ":set_header"
	o := self(L, fn, 3)
	col := column(L, 2, fn, o)
	name := host.String(L, 3, fn)
	unit := host.OptString(L, 4, fn, cbuf.DefaultUnit)
	agg := option(L, 5, fn, "sum", "sum", "min", "max", "none")
	o.SetColumn(col, cbuf.Column{Name: name, Unit: unit, Aggregation: cbuf.Aggregation(agg)})
	L.Push(lua.LNumber(col + 1))
	return 1
}

func getHeader(L *lua.LState) int {
	const fn = ":get_header"
	o := self(L, fn, 2)
	c := o.Column(column(L, 2, fn, o))
	L.Push(lua.LString(c.Name))
	L.Push(lua.LString(c.Unit))
	L.Push(lua.LString(c.Aggregation.String()))
	return 3
}

// annotate is cb:annotate(ns, col, "info" or "alert", text [, delta]).
func annotate(L *lua.LState) int {
	const fn = ":annotate"
	o := self(L, fn, 5)
	ns := moment(L, 2, fn)
	col := column(L, 3, fn, o)
	short := [...]string{cbuf.Info, cbuf.Alert}[option(L, 4, fn, "", "info", "alert")]
	text := host.String(L, 5, fn)
	delta := true
	switch v := L.Get(6).(type) {
	case *lua.LNilType:
	case lua.LBool:
		delta = bool(v)
	default:
		host.ArgError(L, 6, fn, "delta must be boolean")
	}
	m := host.Of(L)
	m.Alloc(L, len(text)+64)
	m.Step(L, (len(text)+len(o.Annotations()))/64)
	o.Annotate(ns, col, short, strings.Clone(text), delta)
	return 0
}

// format is cb:format("cbuf" or "cbufd"): the buffer.
func format(L *lua.LState) int {
	const fn = ":format"
	o := self(L, fn, 2)
	if L.GetTop() != 2 {
		host.ArgError(L, 0, fn, tooFew)
	}
	if o.deltas = option(L, 2, fn, "", cbuf.Full, cbuf.Deltas) == 1; o.deltas {
		keepDeltas(L, o)
	}
	L.Push(L.Get(1))
	return 1
}

// fromString is cb:fromstring(text), which states of sandboxes call.
func fromString(L *lua.LState) int {
	const fn = ":fromstring"
	o := self(L, fn, 2)
	text := host.String(L, 2, fn)
	m := host.Of(L)
	m.Step(L, len(text)/16)
	m.Alloc(L, o.Rows()*o.Columns()*8+len(text)*4)
	if err := o.Restore(text); err != nil {
		L.RaiseError("fromstring() %s", err.Error())
	}
	return 0
}
