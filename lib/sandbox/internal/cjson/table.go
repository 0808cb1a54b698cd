package cjson

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// table is lua.LTable with its fields in reach. Through its methods a table of 12
// keys is made in 38 allocations, each map growing by and by, and is walked with
// two look-ups a key; with its parts made in the right size, half of the time.
// Nothing here is used unless the fields are what they are here (see sameAsTable).
type table struct {
	metatable lua.LValue
	array     []lua.LValue
	dict      map[lua.LValue]lua.LValue
	strdict   map[string]lua.LValue
	keys      []lua.LValue       // of both maps, in the order in which they came
	k2i       map[lua.LValue]int // key -> index in keys
}

// sameAsTable reports whether table is what lua.LTable is.
func sameAsTable() bool {
	return sameFields(reflect.TypeFor[table](), reflect.TypeFor[lua.LTable](),
		"metatable Metatable array array dict dict strdict strdict keys keys k2i k2i")
}

// sameFields reports whether two structures have the same fields in the same
// places; names are the names that those of a have in b, in pairs.
func sameFields(a, b reflect.Type, names string) bool {
	if a.NumField() != b.NumField() || a.Size() != b.Size() {
		return false
	}
	all := ""
	for i := range a.NumField() {
		x, y := a.Field(i), b.Field(i)
		if x.Type != y.Type || x.Offset != y.Offset {
			return false
		}
		all += x.Name + " " + y.Name + " "
	}
	return all == names+" "
}

func fields(t *lua.LTable) *table { return (*table)(unsafe.Pointer(t)) }

// small is a table and what it lists, in one piece.
type small struct {
	table
	slots [4]lua.LValue
}

// newTable returns an empty table, and room for n values that it is to list.
func newTable(n int) (*table, []lua.LValue) {
	if n <= len(small{}.slots) {
		s := &small{table: table{metatable: lua.LNil}}
		return &s.table, s.slots[:0]
	}
	return &table{metatable: lua.LNil}, make([]lua.LValue, 0, n)
}

// newArray returns a table of values, of which it keeps a copy.
func newArray(L *lua.LState, values []lua.LValue, direct bool) *lua.LTable {
	if direct && len(values) > 0 {
		f, slots := newTable(len(values))
		f.array = append(slots, values...)
		return (*lua.LTable)(unsafe.Pointer(f))
	}
	t := L.CreateTable(0, 0)
	for i, v := range values {
		t.RawSetInt(i+1, v)
	}
	return t
}

// newObject returns a table of pairs, strings and their values by turns. Of
// several with the same key the last one counts; nil is no value.
func newObject(L *lua.LState, pairs []lua.LValue, direct bool) *lua.LTable {
	if !direct || len(pairs) == 0 {
		t := L.CreateTable(0, 0)
		for i := 0; i < len(pairs); i += 2 {
			t.RawSetString(string(pairs[i].(lua.LString)), pairs[i+1])
		}
		return t
	}
	n := len(pairs) / 2
	f, slots := newTable(n)
	f.strdict = make(map[string]lua.LValue, n)
	f.k2i = make(map[lua.LValue]int, n)
	f.keys = slots
	for i := 0; i < len(pairs); i += 2 {
		key, v := pairs[i], pairs[i+1]
		name := string(key.(lua.LString))
		if v == lua.LNil {
			if _, ok := f.strdict[name]; ok {
				return newObject(L, pairs, false)
			}
			continue
		}
		f.strdict[name] = v
		if len(f.strdict) > len(f.keys) {
			f.k2i[key] = len(f.keys)
			f.keys = append(f.keys, key)
		}
	}
	return (*lua.LTable)(unsafe.Pointer(f))
}
