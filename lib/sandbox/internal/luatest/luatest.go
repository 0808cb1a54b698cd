// Package luatest helps to test modules for Lua that are written in Go.
package luatest

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// New returns a state with Lua's base, string and table libraries, and m as a global.
func New(tb testing.TB, m host.Module, limits host.Limits) *lua.LState {
	tb.Helper()
	L := lua.NewState(lua.Options{SkipOpenLibs: true, RegistrySize: 1 << 14})
	tb.Cleanup(L.Close)
	for _, open := range []lua.LGFunction{lua.OpenBase, lua.OpenString, lua.OpenTable} {
		L.Push(L.NewFunction(open))
		L.Call(0, 0)
	}
	host.NewMeter(L, limits)
	L.SetGlobal(m.Name, m.Open(L))
	return L
}

// Eval runs source and returns the text of what it returns, or its error without the
// place if that is the first line.
func Eval(L *lua.LState, source string) string {
	host.Of(L).Begin()
	top := L.GetTop()
	defer L.SetTop(top)
	fn, err := L.LoadString(source)
	if err != nil {
		return err.Error()
	}
	L.Push(fn)
	if err := L.PCall(0, 1, nil); err != nil {
		return strings.TrimPrefix(err.(*lua.ApiError).Object.String(), "<string>:1: ")
	}
	return L.ToStringMeta(L.Get(-1)).String()
}

// Checker returns a function that evaluates and compares.
func Checker(t *testing.T, L *lua.LState) func(source, want string) {
	return func(source, want string) {
		t.Helper()
		if got := Eval(L, source); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}

// Saved returns the statements that make the global name again.
func Saved(L *lua.LState, name string) string {
	keeper := L.GetGlobal(name).(*lua.LUserData).Value.(host.Keeper)
	return string(keeper.AppendState(nil, `_G["`+name+`"]`))
}

// NoAllocs sees to it that methods of the global name allocate nothing for a key.
func NoAllocs(t *testing.T, L *lua.LState, name string, methods ...string) {
	t.Helper()
	s := L.GetGlobal(name)
	for _, method := range methods {
		fn := L.GetField(s, method)
		for _, key := range []lua.LValue{lua.LString("192.168.100.200"), lua.LNumber(1.5)} {
			n := testing.AllocsPerRun(100, func() {
				L.Push(fn)
				L.Push(s)
				L.Push(key)
				L.Call(2, 1)
				L.Pop(1)
			})
			if n != 0 {
				t.Errorf("%s: %v allocations", method, n)
			}
		}
	}
}
