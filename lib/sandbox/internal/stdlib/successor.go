package stdlib

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/machine"
)

// A key that is deleted from a table stays in the list that next follows, so a step of
// next takes as long as many keys were deleted.

// successor returns the key that follows key in t and its value, nil at the end. It
// reports false if key never was a key of t.
func successor(L *lua.LState, t *lua.LTable, key lua.LValue) (k, v lua.LValue, ok bool) {
	in := machine.Inside(t)
	at, start := 0, 0 // in the array, in the keys
	switch x := key.(type) {
	case *lua.LNilType:
	case lua.LNumber:
		if i := int(x); lua.LNumber(i) == x && i >= 1 && i < lua.MaxArrayIndex {
			at = min(i, len(in.Array)) // what was behind may have been removed meanwhile
			break
		}
		at, start = len(in.Array), -1
	default:
		at, start = len(in.Array), -1
	}
	for i := at; i < len(in.Array); i++ {
		if v := in.Array[i]; v != lua.LNil {
			passed(L, i-at)
			return number(float64(i + 1)), v, true
		}
	}
	if start < 0 {
		i, found := in.K2i[key]
		if !found {
			return nil, nil, false
		}
		start = i + 1
	}
	for i := start; i < len(in.Keys); i++ {
		if v := t.RawGetH(in.Keys[i]); v != lua.LNil {
			passed(L, i-start)
			return in.Keys[i], v, true
		}
	}
	passed(L, len(in.Array)-at+len(in.Keys)-start)
	return lua.LNil, lua.LNil, true
}

// passed charges n empty places.
func passed(L *lua.LState, n int) {
	if n > 16 {
		host.Of(L).Step(L, n/4)
	}
}
