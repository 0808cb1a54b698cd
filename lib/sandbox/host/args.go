package host

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// The functions below read argument n of the Lua function that is running, count
// from 1, and end the call with Lua's text if it is of another type:
//
//	bad argument #1 to 'read_message' (string expected, got nil)
//
// fn is the function's name as that text has it. A name with a colon in front is
// a method, whose arguments are counted from the one behind the object.

// ArgError ends the call: argument n of fn is not what it should be.
func ArgError(L *lua.LState, n int, fn, why string) {
	if fn != "" && fn[0] == ':' {
		fn = fn[1:]
		if n--; n == 0 {
			L.RaiseError("calling '%s' on bad self (%s)", fn, why)
		}
	}
	L.RaiseError("bad argument #%d to '%s' (%s)", n, fn, why)
}

// TypeError is ArgError for an argument of another type than want.
func TypeError(L *lua.LState, n int, fn, want string) {
	ArgError(L, n, fn, want+" expected, got "+TypeName(L, n))
}

// TypeName returns the name of the type of argument n; "no value" if there is none.
func TypeName(L *lua.LState, n int) string {
	if n > L.GetTop() {
		return "no value"
	}
	return L.Get(n).Type().String()
}

// String returns argument n, a string or a number, which is turned into text.
func String(L *lua.LState, n int, fn string) string {
	switch v := L.Get(n).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return NumberText(float64(v))
	}
	TypeError(L, n, fn, "string")
	return ""
}

// OptString is String, or def where the argument is nil or absent.
func OptString(L *lua.LState, n int, fn, def string) string {
	if L.Get(n) == lua.LNil {
		return def
	}
	return String(L, n, fn)
}

// Number returns argument n, a number or a string that is one.
func Number(L *lua.LState, n int, fn string) float64 {
	switch v := L.Get(n).(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		Of(L).Step(L, len(v)/16)
		if f, ok := ParseNumber(string(v)); ok {
			return f
		}
	}
	TypeError(L, n, fn, "number")
	return 0
}

// OptNumber is Number, or def where the argument is nil or absent.
func OptNumber(L *lua.LState, n int, fn string, def float64) float64 {
	if L.Get(n) == lua.LNil {
		return def
	}
	return Number(L, n, fn)
}

// Int is Number cut towards zero, and into the range of an int64.
func Int(L *lua.LState, n int, fn string) int {
	return ToInt(Number(L, n, fn))
}

// OptInt is Int, or def where the argument is nil or absent.
func OptInt(L *lua.LState, n int, fn string, def int) int {
	if L.Get(n) == lua.LNil {
		return def
	}
	return Int(L, n, fn)
}

// ToInt cuts f towards zero, and into the range of an int64; NaN is 0.
func ToInt(f float64) int {
	switch {
	case f != f:
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int(f)
}

// Table returns argument n, a table.
func Table(L *lua.LState, n int, fn string) *lua.LTable {
	t, ok := L.Get(n).(*lua.LTable)
	if !ok {
		TypeError(L, n, fn, "table")
	}
	return t
}

// Function returns argument n, a function.
func Function(L *lua.LState, n int, fn string) *lua.LFunction {
	f, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		TypeError(L, n, fn, "function")
	}
	return f
}

// Bool returns argument n, a boolean.
func Bool(L *lua.LState, n int, fn string) bool {
	b, ok := L.Get(n).(lua.LBool)
	if !ok {
		TypeError(L, n, fn, "boolean")
	}
	return bool(b)
}

// Self returns the value of the userdata that argument n is; name is that of its
// type, for the text of the error.
func Self[T any](L *lua.LState, n int, fn, name string) T {
	if u, ok := L.Get(n).(*lua.LUserData); ok {
		if v, ok := u.Value.(T); ok {
			return v
		}
	}
	TypeError(L, n, fn, name)
	panic("not reached")
}

// Each calls f for the pairs of t, in the order in which pairs(t) gives them, until f
// returns false. Unlike LTable.ForEach it gives the same order each time.
func Each(t *lua.LTable, f func(k, v lua.LValue) bool) {
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if !f(k, v) {
			return
		}
	}
}
