package host_test

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

func newState(t testing.TB, limits host.Limits) (*lua.LState, *host.Meter) {
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	t.Cleanup(L.Close)
	return L, host.NewMeter(L, limits)
}

// TestInstructions wants each instruction counted, once.
func TestInstructions(t *testing.T) {
	f := func(limit int, source string, want int) {
		t.Helper()
		L, m := newState(t, host.Limits{Instructions: limit, Memory: 1 << 20})
		fn, err := L.LoadString(source)
		if err != nil {
			t.Fatal(err)
		}
		m.Begin()
		L.Push(fn)
		err = L.PCall(0, 0, nil)
		switch n := m.End(); {
		case want < 0 && (err == nil || !strings.Contains(err.Error(), host.NoInstructions)):
			t.Errorf("%s: %v", source, err)
		case want >= 0 && (err != nil || n != want):
			t.Errorf("%s: %d instructions, %v, want %d", source, n, err, want)
		}
	}
	const loop = "for i = 1, 100 do end" // 3 of the start, FORPREP, 101 FORLOOP, RETURN
	f(0, "", 1)
	f(0, loop, 106)
	f(106, loop, 106)
	f(105, loop, -1)
	f(1000, "while true do end", -1)
}

// TestStore wants places of an array charged before they are made.
func TestStore(t *testing.T) {
	f := func(memory int, source string, ok bool) {
		t.Helper()
		L, m := newState(t, host.Limits{Memory: memory})
		err := L.DoString(source)
		if good := err == nil && m.Over() == ""; good != ok {
			t.Errorf("%d: %s: %v", memory, source, err)
		}
	}
	const far = "local all, k = {}, 2^16 - 1 for i = 1, 10 do all[i] = {} all[i][k] = 1 end "
	f(8<<20, far, false)
	f(64<<20, far, true)
	f(0, far, true)
	f(8<<20, "local t = {} for i = 1, 1000 do t[i] = i end", true)
	f(8<<20, "local t = {} t[2^40] = 1 t[-1] = 1 t[0.5] = 1", true)
}

// TestQuick wants calls with one argument and one result made without a frame, and no
// others.
func TestQuick(t *testing.T) {
	L, m := newState(t, host.Limits{})
	calls, quick := 0, 0
	fn := L.NewFunction(func(L *lua.LState) int {
		calls++
		L.Push(L.Get(1))
		return 1
	})
	m.Quick(fn, func(arg lua.LValue) lua.LValue {
		if arg == lua.LNil {
			return nil
		}
		quick++
		return arg
	})
	L.SetGlobal("f", fn)
	L.SetGlobal("g", L.NewFunction(func(L *lua.LState) int { return 0 }))
	f := func(source string, wantCalls, wantQuick int) {
		t.Helper()
		calls, quick = 0, 0
		if err := L.DoString(source); err != nil || calls != wantCalls || quick != wantQuick {
			t.Errorf("%s: %d calls, %d quick, %v; want %d and %d", source, calls, quick, err, wantCalls, wantQuick)
		}
	}
	f(`local a = f(1); local b = f(2); return (a + b == 3) and 0 or g().x`, 0, 2)
	f(`local t = {f(1)}; if #t ~= 1 then g().x = 1 end`, 1, 0) // any number of results
	f(`f(1)`, 1, 0)
	f(`local a = f(1, 2); if a ~= 1 then g().x = 1 end`, 1, 0)
	f(`local a = f(nil); if a ~= nil then g().x = 1 end`, 1, 0)
	f(`local a = g(1); if a ~= nil then g().x = 1 end`, 0, 0)
	f(`local a, b, c = f(1), f(f(2)), 4; if a ~= 1 or b ~= 2 or c ~= 4 then g().x = 1 end`, 2, 1) // the inner as well
}
