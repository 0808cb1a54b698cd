package stdlib

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// What this file knows of the virtual machine is not part of its interface. It is what
// it takes to mend two things that scripts would suffer from; the version of the machine
// is fixed in go.mod, and a test compares the layouts.
//
// Where an error is raised, the machine closes the upvalues of all functions that run,
// also of those that go on after a pcall: their locals and the closures that share them
// part company. It does not where an error handler is set, but then it closes none.
//
// A key that is deleted from a table stays in the list that next follows, so a
// step of next takes as long as many keys were deleted.

// Where LState.hasErrorFunc is, whether upvalues are left alone, and LState.uvcache, the
// list of the open ones.
var (
	errFuncOffset = offset("hasErrorFunc", reflect.TypeFor[bool]())
	uvcacheOffset = offset("uvcache", reflect.TypeFor[*lua.Upvalue]())
)

func offset(field string, of reflect.Type) uintptr {
	f, ok := reflect.TypeFor[lua.LState]().FieldByName(field)
	if !ok || f.Type != of {
		panic("stdlib: another version of gopher-lua")
	}
	return f.Offset
}

// keepUpvalues says whether errors leave upvalues open, and returns what was before.
func keepUpvalues(L *lua.LState, keep bool) bool {
	p := (*bool)(unsafe.Add(unsafe.Pointer(L), errFuncOffset))
	old := *p
	*p = keep
	return old
}

// upvalue is the layout of lua.Upvalue. Open ones are in a list by register.
type upvalue struct {
	next   *upvalue
	reg    unsafe.Pointer
	index  int
	value  lua.LValue
	closed bool
}

// closeUpvalues closes those whose register is idx or higher. One that has no value any
// more, because the stack was too full for the handler that closes it, is nil.
func closeUpvalues(L *lua.LState, idx int) {
	at := (**upvalue)(unsafe.Add(unsafe.Pointer(L), uvcacheOffset))
	for *at != nil && (*at).index < idx {
		at = &(*at).next
	}
	for u := *at; u != nil; u = u.next {
		open := (*lua.Upvalue)(unsafe.Pointer(u))
		open.Close()
		if open.Value() == nil {
			open.SetValue(lua.LNil)
		}
	}
	*at = nil
}

// register returns the register of a stack index.
//
//go:linkname register github.com/yuin/gopher-lua.(*LState).indexToReg
func register(L *lua.LState, idx int) int

// table is the layout of lua.LTable.
type table struct {
	Metatable lua.LValue

	array   []lua.LValue
	dict    map[lua.LValue]lua.LValue
	strdict map[string]lua.LValue
	keys    []lua.LValue
	k2i     map[lua.LValue]int
}

func inside(t *lua.LTable) *table { return (*table)(unsafe.Pointer(t)) }

// successor returns the key that follows key in t and its value, nil at the end. It
// reports false if key never was a key of t.
func successor(L *lua.LState, t *lua.LTable, key lua.LValue) (k, v lua.LValue, ok bool) {
	in := inside(t)
	at, start := 0, 0 // in the array, in the keys
	switch x := key.(type) {
	case *lua.LNilType:
	case lua.LNumber:
		if i := int(x); lua.LNumber(i) == x && i >= 1 && i < lua.MaxArrayIndex {
			at = min(i, len(in.array)) // what was behind may have been removed meanwhile
			break
		}
		at, start = len(in.array), -1
	default:
		at, start = len(in.array), -1
	}
	for i := at; i < len(in.array); i++ {
		if v := in.array[i]; v != lua.LNil {
			passed(L, i-at)
			return number(float64(i + 1)), v, true
		}
	}
	if start < 0 {
		i, found := in.k2i[key]
		if !found {
			return nil, nil, false
		}
		start = i + 1
	}
	for i := start; i < len(in.keys); i++ {
		if v := t.RawGetH(in.keys[i]); v != lua.LNil {
			passed(L, i-start)
			return in.keys[i], v, true
		}
	}
	passed(L, len(in.array)-at+len(in.keys)-start)
	return lua.LNil, lua.LNil, true
}

// passed charges n empty places.
func passed(L *lua.LState, n int) {
	if n > 16 {
		host.Of(L).Step(L, n/4)
	}
}
