package lpeg

import (
	"os"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// nginx returns a state in which testdata/nginx.lua has run, and match.
func nginx(t testing.TB) (L *lua.LState, match lua.LValue, lines *lua.LTable) {
	src, err := os.ReadFile("testdata/nginx.lua")
	if err != nil {
		t.Fatal(err)
	}
	L = newState(t, host.Limits{Instructions: 1 << 50})
	if err := L.DoString(string(src)); err != nil {
		t.Fatal(err)
	}
	return L, L.GetGlobal("match"), L.GetGlobal("lines").(*lua.LTable)
}

// apply matches p against line as Lua would, and returns the result.
func apply(L *lua.LState, match, p, line lua.LValue) lua.LValue {
	L.Push(match)
	L.Push(p)
	L.Push(line)
	L.Call(2, 1)
	v := L.Get(-1)
	L.Pop(1)
	return v
}

// testdata/bench.lua measures the same in lua5.1.
func BenchmarkNginx(b *testing.B) {
	L, match, lines := nginx(b)
	for _, name := range []string{"plain", "simple", "named", "ip"} {
		b.Run(name, func(b *testing.B) {
			p := L.GetGlobal(name)
			size := 0
			for i := 1; i <= 3; i++ {
				size += len(lines.RawGetInt(i).(lua.LString))
			}
			b.SetBytes(int64(size / 3))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if apply(L, match, p, lines.RawGetInt(i%3+1)) == lua.LNil {
					b.Fatal("no match")
				}
			}
		})
	}
}

func TestNginx(t *testing.T) {
	L, match, lines := nginx(t)
	v, ok := apply(L, match, L.GetGlobal("named"), lines.RawGetInt(1)).(*lua.LTable)
	if !ok {
		t.Fatal("no match")
	}
	f := func(name, want string) {
		t.Helper()
		if got := v.RawGetString(name).String(); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	f("remote_addr", "203.0.113.9")
	f("time", "10/Oct/2026:13:55:36 -0700")
	f("request", "GET /images/logo.png?v=17 HTTP/1.1")
	f("status", "200")
	f("http_user_agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
}

func TestNoAllocs(t *testing.T) {
	L, match, lines := nginx(t)
	f := func(chunk, subject string) {
		t.Helper()
		if err := L.DoString("p = lpeg.P(" + chunk + ")"); err != nil {
			t.Fatal(err)
		}
		p := L.GetGlobal("p")
		var line lua.LValue = lua.LString(subject)
		got := apply(L, match, p, line)
		if n := testing.AllocsPerRun(100, func() { apply(L, match, p, line) }); n != 0 {
			t.Errorf("%s: %v allocations for %v", chunk, n, got)
		}
	}
	f("plain", lines.RawGetInt(1).String())
	f("plain", "no such line")
	f("ip", "10.1.2.3")
	f(`{"(" * (1 - lpeg.S"()" + lpeg.V(1))^0 * ")"}`, "(a(b(c)d)e)")
	f(`(1 - lpeg.P"needle")^0 * "needle"`, "where is the needle in this")
	f(`{lpeg.P"needle" + 1 * lpeg.V(1)}`, "where is the needle in this")
}
