package cjson

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/machine"
)

// Through its methods a table of 12 keys is made in 38 allocations, each map growing by
// and by, and is walked with two look-ups a key; with its parts made in the right size,
// half of the time.

// small is a table and what it lists, in one piece.
type small struct {
	machine.Table
	slots [4]lua.LValue
}

// newTable returns an empty table, and room for n values that it is to list.
func newTable(n int) (*machine.Table, []lua.LValue) {
	if n <= len(small{}.slots) {
		s := &small{Table: machine.Table{Metatable: lua.LNil}}
		return &s.Table, s.slots[:0]
	}
	return &machine.Table{Metatable: lua.LNil}, make([]lua.LValue, 0, n)
}

// newArray returns a table of values, of which it keeps a copy.
func newArray(values []lua.LValue) *lua.LTable {
	inArray := values[:min(len(values), machine.MaxArray-1)]
	f, slots := newTable(len(inArray))
	if len(values) > 0 {
		f.Array = append(slots, inArray...)
	}
	t := machine.Outside(f)
	for i := len(inArray); i < len(values); i++ {
		t.RawSetInt(i+1, values[i])
	}
	return t
}

// newObject returns a table of pairs, strings and their values by turns. Of several with
// the same key the last one counts; nil is no value.
func newObject(L *lua.LState, pairs []lua.LValue) *lua.LTable {
	n := len(pairs) / 2
	f, slots := newTable(n)
	if n == 0 {
		return machine.Outside(f)
	}
	f.Strdict = make(map[string]lua.LValue, n)
	f.K2i = make(map[lua.LValue]int, n)
	f.Keys = slots
	for i := 0; i < len(pairs); i += 2 {
		key, v := pairs[i], pairs[i+1]
		name := string(key.(lua.LString))
		if v == lua.LNil {
			if _, ok := f.Strdict[name]; ok {
				return newObjectByKey(L, pairs)
			}
			continue
		}
		f.Strdict[name] = v
		if len(f.Strdict) > len(f.Keys) {
			f.K2i[key] = len(f.Keys)
			f.Keys = append(f.Keys, key)
		}
	}
	return machine.Outside(f)
}

// newObjectByKey is newObject where a pair takes another away.
func newObjectByKey(L *lua.LState, pairs []lua.LValue) *lua.LTable {
	t := L.CreateTable(0, 0)
	for i := 0; i < len(pairs); i += 2 {
		t.RawSetString(string(pairs[i].(lua.LString)), pairs[i+1])
	}
	return t
}
