package stdlib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// Concat is Lua's `..` of all its arguments, at least one, from right to left: numbers become
// text, and what is neither has a metamethod. The error names no variable.
func Concat(L *lua.LState) int {
	n := L.GetTop()
	v := L.Get(n)
	for n--; n > 0; {
		low := n + 1 // the lowest operand that joins what is on the right
		if _, ok := lengthOf(v); ok {
			for low > 1 {
				if _, ok := lengthOf(L.Get(low - 1)); !ok {
					break
				}
				low--
			}
		}
		if low <= n {
			v = join(L, low, n, v)
			n = low - 1
			continue
		}
		v = concatMeta(L, L.Get(n), v)
		n--
	}
	return push(L, v)
}

// numberRoom is as long as the text of a number gets.
const numberRoom = 24

// lengthOf returns how long the text of a string or number is at most.
func lengthOf(v lua.LValue) (int, bool) {
	switch v := v.(type) {
	case lua.LString:
		return len(v), true
	case lua.LNumber:
		return numberRoom, true
	}
	return 0, false
}

// join returns arguments low to high and tail as one string.
func join(L *lua.LState, low, high int, tail lua.LValue) lua.LValue {
	total, _ := lengthOf(tail)
	for i := low; i <= high; i++ {
		n, _ := lengthOf(L.Get(i))
		total += n
	}
	host.Of(L).Alloc(L, total)
	if total >= 256 {
		host.Of(L).Step(L, total/512) // a copy, as fast as memory
		var b strings.Builder
		b.Grow(total)
		for i := low; i <= high; i++ {
			b.WriteString(textOf(L.Get(i)))
		}
		b.WriteString(textOf(tail))
		return text(b.String())
	}
	var room [256]byte
	b := room[:0]
	for i := low; i <= high; i++ {
		b = appendText(b, L.Get(i))
	}
	return text(string(appendText(b, tail)))
}

func textOf(v lua.LValue) string {
	if s, ok := v.(lua.LString); ok {
		return string(s)
	}
	return host.NumberText(float64(v.(lua.LNumber)))
}

func appendText(b []byte, v lua.LValue) []byte {
	if s, ok := v.(lua.LString); ok {
		return append(b, s...)
	}
	return appendNumber(b, float64(v.(lua.LNumber)))
}

// concatMeta returns what the metamethod of a or b makes of them.
func concatMeta(L *lua.LState, a, b lua.LValue) lua.LValue {
	f := L.GetMetaField(a, "__concat")
	if f == lua.LNil {
		f = L.GetMetaField(b, "__concat")
	}
	if f == lua.LNil {
		if _, ok := lengthOf(a); ok {
			a = b
		}
		L.RaiseError("attempt to concatenate a %s value", a.Type().String())
	}
	L.Push(f)
	L.Push(a)
	L.Push(b)
	L.Call(2, 1)
	v := L.Get(-1)
	L.Pop(1)
	return v
}
