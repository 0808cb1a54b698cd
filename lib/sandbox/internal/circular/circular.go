// Package circular is the Lua library circular_buffer, over lib/cbuf.
//
// It is the library of the 0.x sandboxes, with what came later: get_delta,
// get_range, get_range_delta, reset_delta, annotate and version. A buffer that was
// not made to keep deltas keeps them from the first call that asks for them, as if
// it had from the start: later scripts never ask beforehand.
package circular

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/cbuf"
	"heka/lib/sandbox/host"
)

// Module is the library.
var Module = host.Module{Name: "circular_buffer", Open: open}

const (
	typeName = "lsb.circular_buffer"
	version  = "1.1.0" // of the functions that there are

	tooFew = "incorrect number of arguments"
)

// object is the value of the userdata.
type object struct {
	*cbuf.Buffer
	deltas bool // what is written is the form of deltas
}

// AppendPayload implements host.Payload. Deltas are forgotten once they are written.
func (o *object) AppendPayload(dst []byte) []byte {
	if !o.deltas {
		return o.AppendText(dst)
	}
	dst = o.AppendDelta(dst)
	o.ResetDelta()
	return dst
}

// LeastPayload implements host.Payload: a digit and a tab for each cell, or nothing for
// those that have not changed.
func (o *object) LeastPayload() int {
	if o.deltas {
		return 0
	}
	return 2 * o.Rows() * o.Columns()
}

func open(L *lua.LState) lua.LValue {
	methods := L.NewTable()
	L.SetFuncs(methods, map[string]lua.LGFunction{
		"add": add, "set": set, "get": get, "get_delta": getDelta,
		"get_configuration": getConfiguration, "current_time": currentTime,
		"set_header": setHeader, "get_header": getHeader,
		"compute": compute, "mannwhitneyu": mannWhitneyU,
		"get_range": getRange, "get_range_delta": getRangeDelta, "reset_delta": resetDelta,
		"annotate": annotate, "format": format, "fromstring": fromString,
	})
	methods.RawSetString("__index", methods)
	mod := L.NewTable()
	L.SetFuncs(mod, map[string]lua.LGFunction{
		"new": func(L *lua.LState) int { return create(L, methods) },
		"version": func(L *lua.LState) int {
			L.Push(lua.LString(version))
			return 1
		},
	})
	return mod
}

// create is circular_buffer.new(rows, columns, seconds_per_row [, enable_delta]).
func create(L *lua.LState, methods *lua.LTable) int {
	top := L.GetTop()
	if top < 3 || top > 4 {
		host.ArgError(L, 0, "new", tooFew)
	}
	rows := host.Int(L, 1, "new")
	if rows < 2 {
		host.ArgError(L, 1, "new", "rows must be > 1")
	}
	cols := host.Int(L, 2, "new")
	if cols < 1 {
		host.ArgError(L, 2, "new", "columns must be > 0")
	}
	seconds := host.Int(L, 3, "new")
	if seconds < 1 || seconds > cbuf.MaxSeconds {
		host.ArgError(L, 3, "new", "seconds_per_row is out of range")
	}
	deltas := top == 4 && lua.LVAsBool(L.Get(4))
	m := host.Of(L)
	room(L, m, rows, cols, deltas)
	b, err := cbuf.New(rows, cols, seconds, deltas)
	if err != nil {
		L.RaiseError("%s", host.NoMemory)
	}
	u := L.NewUserData()
	u.Value, u.Metatable = &object{Buffer: b}, methods
	L.Push(u)
	return 1
}

// room charges what a buffer takes before there is one.
func room(L *lua.LState, m *host.Meter, rows, cols int, deltas bool) {
	if rows > cbuf.MaxCells || cols > cbuf.MaxCells || rows*cols > cbuf.MaxCells {
		if m.Limits().Memory > 0 {
			m.Alloc(L, math.MaxInt32)
		}
		L.RaiseError("%s", host.NoMemory)
	}
	size := rows*cols*8 + cols*48
	if deltas {
		size += rows*cols*8 + rows
	}
	m.Alloc(L, size)
	m.Step(L, size/64)
}

// self returns the buffer that a method is called on, with least arguments at least,
// itself included.
func self(L *lua.LState, fn string, least int) *object {
	o := host.Self[*object](L, 1, fn[1:], typeName)
	if L.GetTop() < least {
		host.ArgError(L, 0, fn, tooFew)
	}
	return o
}

// column returns argument n, a column, counted from 0.
func column(L *lua.LState, n int, fn string, o *object) int {
	col := host.Int(L, n, fn)
	if col < 1 || col > o.Columns() {
		host.ArgError(L, n, fn, "column out of range")
	}
	return col - 1
}

// moment returns argument n, a time in nanoseconds. What no clock shows is before
// all windows.
func moment(L *lua.LState, n int, fn string) int64 {
	f := host.Number(L, n, fn)
	if !(math.Abs(f) < 1<<63) {
		return math.MinInt64
	}
	return int64(f)
}

func optMoment(L *lua.LState, n int, fn string, def int64) int64 {
	if L.Get(n) == lua.LNil {
		return def
	}
	return moment(L, n, fn)
}

// option returns which of the words argument n is.
func option(L *lua.LState, n int, fn, def string, words ...string) int {
	word := def
	if def == "" || L.Get(n) != lua.LNil {
		word = host.String(L, n, fn)
	}
	for i, w := range words {
		if w == word {
			return i
		}
	}
	host.ArgError(L, n, fn, "invalid option '"+word+"'")
	return 0
}

// value pushes v, or nil if there is none.
func value(L *lua.LState, v float64, ok bool) int {
	if ok {
		L.Push(lua.LNumber(v))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

// keepDeltas makes o keep deltas.
func keepDeltas(L *lua.LState, o *object) {
	if o.HasDeltas() {
		return
	}
	m, n := host.Of(L), o.DeltaSize()
	m.Alloc(L, n)
	m.Step(L, n/64)
	o.KeepDeltas()
}
