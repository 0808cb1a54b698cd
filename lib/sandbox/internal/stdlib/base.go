package stdlib

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/machine"
)

func assert(L *lua.LState) int {
	if truth(needAny(L, 1, "assert")) {
		return L.GetTop()
	}
	message := host.OptString(L, 2, "assert", "assertion failed!")
	copied(L, host.Of(L), len(message))
	L.Error(lua.LString(where(L, 1)+message), 0)
	return 0
}

func raiseError(L *lua.LState) int {
	level := host.OptInt(L, 2, "error", 1)
	v := L.Get(1)
	switch x := v.(type) {
	case lua.LString:
		copied(L, host.Of(L), len(x))
		if level > 0 {
			v = lua.LString(where(L, level) + string(x))
		}
	case lua.LNumber:
		if level > 0 {
			v = lua.LString(where(L, level) + host.NumberText(float64(x)))
		}
	}
	L.Error(v, 0)
	return 0
}

// where returns "file:line: " of the function at level; 1 is the caller of the one that
// runs. It is empty for a function in Go.
func where(L *lua.LState, level int) string {
	if level > math.MaxInt32 {
		return ""
	}
	at, ok := L.GetStack(level)
	if !ok {
		return ""
	}
	if _, err := L.GetInfo("Sl", at, lua.LNil); err != nil || at.CurrentLine <= 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", at.Source, at.CurrentLine)
}

// functionOf returns the function that argument 1 is, or names by its level.
func functionOf(L *lua.LState, fn string, level int) *lua.LFunction {
	if f, ok := L.Get(1).(*lua.LFunction); ok {
		return f
	}
	if level < 0 {
		host.ArgError(L, 1, fn, "level must be non-negative")
	}
	if level > stack {
		level = stack
	}
	if at, ok := L.GetStack(level); ok {
		if v, err := L.GetInfo("f", at, lua.LNil); err == nil {
			if f, ok := v.(*lua.LFunction); ok {
				return f
			}
		}
	}
	host.ArgError(L, 1, fn, "invalid level")
	return nil
}

func getfenv(L *lua.LState) int {
	level := 1
	if _, ok := L.Get(1).(*lua.LFunction); !ok {
		level = host.OptInt(L, 1, "getfenv", 1)
		if level == 0 {
			return push(L, L.Env)
		}
	}
	f := functionOf(L, "getfenv", level)
	if f.IsG || f.Env == nil {
		return push(L, L.Env)
	}
	return push(L, f.Env)
}

func setfenv(L *lua.LState) int {
	env := host.Table(L, 2, "setfenv")
	level := 0
	if _, ok := L.Get(1).(*lua.LFunction); !ok {
		if level = host.Int(L, 1, "setfenv"); level == 0 {
			L.Env = env
			return 0
		}
	}
	f := functionOf(L, "setfenv", level)
	if f.IsG {
		L.RaiseError("'setfenv' cannot change environment of given object")
	}
	f.Env = env
	return push(L, f)
}

func getmetatable(L *lua.LState) int {
	return push(L, L.GetMetatable(needAny(L, 1, "getmetatable")))
}

func setmetatable(L *lua.LState) int {
	t := host.Table(L, 1, "setmetatable")
	mt := L.Get(2)
	if _, ok := mt.(*lua.LTable); !ok && (mt != lua.LNil || L.GetTop() < 2) {
		host.ArgError(L, 2, "setmetatable", "nil or table expected")
	}
	if old, ok := t.Metatable.(*lua.LTable); ok && old.RawGetString("__metatable") != lua.LNil {
		L.RaiseError("cannot change a protected metatable")
	}
	t.Metatable = mt
	return push(L, t)
}

// next is what pairs returns, too.
func next(L *lua.LState) int {
	t := host.Table(L, 1, "next")
	k, v, ok := successor(L, t, L.Get(2))
	if !ok {
		L.RaiseError("invalid key to 'next'")
	}
	L.Push(k)
	if k == lua.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

func pairs(L *lua.LState, step *lua.LFunction) int {
	t := host.Table(L, 1, "pairs")
	L.Push(step)
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

func nextIndex(L *lua.LState) int {
	t := host.Table(L, 1, "ipairs")
	i := host.Int(L, 2, "ipairs") + 1
	v := machine.At(t, i)
	if v == lua.LNil {
		return 0
	}
	L.Push(integer(i))
	L.Push(v)
	return 2
}

func ipairs(L *lua.LState, step *lua.LFunction) int {
	t := host.Table(L, 1, "ipairs")
	L.Push(step)
	L.Push(t)
	L.Push(numbers[0])
	return 3
}

func rawequal(L *lua.LState) int {
	a, b := needAny(L, 1, "rawequal"), needAny(L, 2, "rawequal")
	return push(L, lua.LBool(L.RawEqual(a, b)))
}

func rawget(L *lua.LState) int {
	t := host.Table(L, 1, "rawget")
	return push(L, t.RawGet(needAny(L, 2, "rawget")))
}

func rawset(L *lua.LState) int {
	t := host.Table(L, 1, "rawset")
	key, value := needAny(L, 2, "rawset"), needAny(L, 3, "rawset")
	if n, ok := key.(lua.LNumber); ok && n >= 1 && n < lua.LNumber(lua.MaxArrayIndex) {
		growArray(L, host.Of(L), t, int(n))
	}
	L.RawSet(t, key, value)
	return push(L, t)
}

// growArray charges what it takes to put a value at index n: the virtual machine fills
// the indexes below it.
func growArray(L *lua.LState, m *host.Meter, t *lua.LTable, n int) {
	if n < 1024 || n >= lua.MaxArrayIndex {
		return
	}
	if gap := n - len(machine.Inside(t).Array); gap > 1 {
		copied(L, m, gap*slot)
	}
}

// slot is what a value takes in a table.
const slot = 16

func selectArgs(L *lua.LState) int {
	top := L.GetTop()
	if s, ok := L.Get(1).(lua.LString); ok && strings.HasPrefix(string(s), "#") {
		return push(L, integer(top-1))
	}
	i := host.Int(L, 1, "select")
	switch {
	case i < 0:
		i = top + i
	case i > top:
		i = top
	}
	if i < 1 {
		host.ArgError(L, 1, "select", "index out of range")
	}
	return top - i
}

func tonumber(L *lua.LState) int {
	base := 10
	if L.Get(2) != lua.LNil {
		base = host.Int(L, 2, "tonumber")
	}
	if base == 10 {
		switch v := needAny(L, 1, "tonumber").(type) {
		case lua.LNumber:
			return push(L, v)
		case lua.LString:
			host.Of(L).Step(L, len(v)/16)
			if f, ok := host.ParseNumber(string(v)); ok {
				return push(L, number(f))
			}
		}
		return push(L, lua.LNil)
	}
	s := host.String(L, 1, "tonumber")
	if base < 2 || base > 36 {
		host.ArgError(L, 2, "tonumber", "base out of range")
	}
	host.Of(L).Step(L, len(s)/16)
	if n, ok := parseBase(s, base); ok {
		return push(L, number(float64(n)))
	}
	return push(L, lua.LNil)
}

const blanks = " \t\n\v\f\r"

// parseBase reads a whole number as C's strtoul does: a minus sign gives what is
// missing to 2^64, and what is too large the largest there is.
func parseBase(s string, base int) (uint64, bool) {
	s, _, _ = strings.Cut(s, "\x00")
	s = strings.Trim(s, blanks)
	minus := strings.HasPrefix(s, "-")
	if minus || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	if strings.ContainsAny(s, "+-_") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	switch {
	case err == nil && minus:
		return -n, true
	case err == nil:
		return n, true
	case n == math.MaxUint64: // out of range
		return n, true
	}
	return 0, false
}

func tostring(L *lua.LState) int {
	v := needAny(L, 1, "tostring")
	switch v.(type) {
	case lua.LString:
		return push(L, v)
	}
	return push(L, toText(L, v))
}

// toText returns the text of v, or what its metatable says it is, which may be
// anything.
func toText(L *lua.LState, v lua.LValue) lua.LValue {
	if f := L.GetMetaField(v, "__tostring"); f != lua.LNil {
		L.Push(f)
		L.Push(v)
		L.Call(1, 1)
		r := L.Get(-1)
		L.Pop(1)
		return r
	}
	if n, ok := v.(lua.LNumber); ok {
		return text(host.NumberText(float64(n)))
	}
	return lua.LString(v.String())
}

func printArgs(L *lua.LState, out func(string)) int {
	var line strings.Builder
	m := host.Of(L)
	for i := 1; i <= L.GetTop(); i++ {
		var s string
		switch v := toText(L, L.Get(i)).(type) {
		case lua.LString:
			s = string(v)
		case lua.LNumber:
			s = host.NumberText(float64(v))
		default:
			L.RaiseError("'tostring' must return a string to 'print'")
		}
		copied(L, m, len(s))
		if i > 1 {
			line.WriteByte('\t')
		}
		line.WriteString(s)
	}
	out(line.String())
	return 0
}

var typeNames = func() (all [9]lua.LValue) {
	for i := range all {
		all[i] = lua.LString(lua.LValueType(i).String())
	}
	return all
}()

func typeOf(L *lua.LState) int {
	return push(L, typeNames[needAny(L, 1, "type").Type()])
}

func unpack(L *lua.LState) int {
	t := host.Table(L, 1, "unpack")
	from := host.OptInt(L, 2, "unpack", 1)
	to := 0
	if L.Get(3) == lua.LNil {
		to = host.Of(L).Len(L, t)
	} else {
		to = host.Int(L, 3, "unpack")
	}
	if from > to {
		return 0
	}
	n := to - from + 1
	if n <= 0 || !fits(L, n) {
		L.RaiseError("too many results to unpack")
	}
	host.Of(L).Step(L, n/4)
	for i := from; i <= to; i++ {
		L.Push(machine.At(t, i))
	}
	return n
}
