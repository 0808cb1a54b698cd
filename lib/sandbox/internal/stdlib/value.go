package stdlib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// A value of Lua is an interface, and to put a number or a string into one is an
// allocation. The values that are made most often are made once.
var (
	numbers = func() (all [1024]lua.LValue) {
		for i := range all {
			all[i] = lua.LNumber(i)
		}
		return all
	}()
	letters = func() (all [256]lua.LValue) {
		for i := range all {
			all[i] = lua.LString([]byte{byte(i)})
		}
		return all
	}()
	empty lua.LValue = lua.LString("")
	yes   lua.LValue = lua.LTrue
	no    lua.LValue = lua.LFalse
)

func number(f float64) lua.LValue {
	if i := int(f); i >= 0 && i < len(numbers) && float64(i) == f && (i > 0 || !math.Signbit(f)) {
		return numbers[i]
	}
	return lua.LNumber(f)
}

func integer(i int) lua.LValue {
	if uint(i) < uint(len(numbers)) {
		return numbers[i]
	}
	return lua.LNumber(i)
}

func text(s string) lua.LValue {
	switch len(s) {
	case 0:
		return empty
	case 1:
		return letters[s[0]]
	}
	return lua.LString(s)
}

// part returns s[from:to] as a value. A small part of a long string is copied, so
// that what a script keeps is not much more than what it is charged for.
func part(s string, from, to int) lua.LValue {
	p := s[from:to]
	if len(s) > 8*len(p)+128 && len(p) > 1 {
		p = strings.Clone(p)
	}
	return text(p)
}

func push(L *lua.LState, v lua.LValue) int {
	L.Push(v)
	return 1
}

// needAny ends the call if there is no argument n.
func needAny(L *lua.LState, n int, fn string) lua.LValue {
	if n > L.GetTop() {
		host.ArgError(L, n, fn, "value expected")
	}
	return L.Get(n)
}

// stringArg is host.String, and returns the value too.
func stringArg(L *lua.LState, n int, fn string) (string, lua.LValue) {
	v := L.Get(n)
	if s, ok := v.(lua.LString); ok {
		return string(s), v
	}
	s := host.String(L, n, fn)
	return s, lua.LString(s)
}

// numberArg is host.Number with the usual case in front.
func numberArg(L *lua.LState, n int, fn string) float64 {
	if f, ok := L.Get(n).(lua.LNumber); ok {
		return float64(f)
	}
	return host.Number(L, n, fn)
}

// cInt is argument n as C's int has it.
func cInt(L *lua.LState, n int, fn string) int {
	return int(int32(host.Int(L, n, fn)))
}

func truth(v lua.LValue) bool { return v != lua.LNil && v != no }

// stack is how many values a function may return, C's limit for its stack.
const stack = 8000

// fits reports whether n values more fit onto the stack.
func fits(L *lua.LState, n int) bool { return n >= 0 && L.GetTop()+n <= stack }

// copied charges the making of n bytes.
func copied(L *lua.LState, m *host.Meter, n int) {
	m.Alloc(L, n)
	m.Step(L, n/64)
}

// appendNumber appends what host.NumberText returns.
func appendNumber(b []byte, f float64) []byte {
	if i := int64(f); float64(i) == f && i > -1e14 && i < 1e14 && (i != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, i, 10)
	}
	return host.AppendG(b, f, 14)
}
