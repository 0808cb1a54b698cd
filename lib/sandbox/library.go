package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/machine"
)

// library is module(name, ...), with which libraries for Lua 5.1 begin: it makes the table
// of that name, puts it into the globals, and has the chunk that calls it run in that
// table. Functions behind the name are called with the table.
func (s *Sandbox) library(L *lua.LState) int {
	name := host.String(L, 1, "module")
	t, ok := s.libs[name].(*lua.LTable)
	if !ok {
		if t = s.libraryTable(L, name); t == nil {
			L.RaiseError("name conflict for module '%s'", name)
		}
		s.libs[name] = t
	}
	if t.RawGetString("_NAME") == lua.LNil {
		t.RawSetString("_M", t)
		t.RawSetString("_NAME", lua.LString(name))
		t.RawSetString("_PACKAGE", lua.LString(name[:strings.LastIndexByte(name, '.')+1]))
	}
	caller := callerOf(L)
	if caller == nil || caller.IsG {
		L.RaiseError("'module' not called from a Lua function")
	}
	caller.Env = t
	for i := 2; i <= L.GetTop(); i++ {
		L.Push(L.Get(i))
		L.Push(t)
		L.Call(1, 0)
	}
	return 0
}

// libraryTable returns the table that name leads to from the globals, as a.b does; it makes
// those that are missing. nil: something else stands there.
func (s *Sandbox) libraryTable(L *lua.LState, name string) *lua.LTable {
	t := L.G.Global
	for part := range strings.SplitSeq(name, ".") {
		host.Of(L).Step(L, 1)
		next, ok := t.RawGetString(part).(*lua.LTable)
		if !ok {
			if t.RawGetString(part) != lua.LNil {
				return nil
			}
			host.Of(L).Alloc(L, tableSize)
			next = L.CreateTable(0, 0)
			machine.Inside(t).Small(lua.LString(part))
			t.RawSetString(part, next)
			s.shelves = append(s.shelves, next)
		}
		t = next
	}
	return t
}

// tableSize is what an empty table takes, in bytes.
const tableSize = 64

// callerOf returns the function that called the one that runs.
func callerOf(L *lua.LState) *lua.LFunction {
	at, ok := L.GetStack(1)
	if !ok {
		return nil
	}
	v, err := L.GetInfo("f", at, lua.LNil)
	if err != nil {
		return nil
	}
	f, _ := v.(*lua.LFunction)
	return f
}
