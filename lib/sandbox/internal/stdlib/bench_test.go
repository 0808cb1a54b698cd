package stdlib

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

const logLine = `203.0.113.7 - - [10/Oct/2026:13:55:36 -0700] "GET /a/b/c.html?x=1 HTTP/1.1" 200 2326 "-" "Mozilla/5.0"`

// function returns the Lua function that a chunk returns.
func function(tb testing.TB, L *lua.LState, chunk string) *lua.LFunction {
	tb.Helper()
	if err := L.DoString(chunk); err != nil {
		tb.Fatal(err)
	}
	f, ok := L.Get(-1).(*lua.LFunction)
	if !ok {
		tb.Fatal("no function")
	}
	L.SetTop(0)
	return f
}

// call calls f with args as the machine would.
func call(L *lua.LState, f *lua.LFunction, nret int, args ...lua.LValue) {
	L.Push(f)
	for _, a := range args {
		L.Push(a)
	}
	L.Call(len(args), nret)
	L.SetTop(0)
}

var benchmarks = []struct {
	name, chunk string
	allocs      float64 // at most
	bytes       int
}{
	{"MatchIPMethod", `local m = string.match return function(s) return m(s, '^(%d+%.%d+%.%d+%.%d+) .-"(%u+) ') end`, 2, len(logLine)},
	{"MatchFields", `local m = string.match return function(s) return m(s, '^(%S+) %S+ %S+ %[(.-)%] "(%u+) (%S+) [^"]*" (%d+) (%d+)') end`, 6, len(logLine)},
	{"FindPlain", `local f = string.find return function(s) return f(s, "Mozilla", 1, true) end`, 0, len(logLine)},
	{"FindWord", `local f = string.find return function(s) return f(s, "HTTP/%d%.%d") end`, 0, len(logLine)},
	{"FindNone", `local f = string.find return function(s) return f(s, "%d%d%d%d%d") end`, 0, len(logLine)},
	{"GsubDigits", `local g = string.gsub return function(s) return (g(s, "%d+", "N")) end`, 2, len(logLine)},
	{"Gmatch", `local g = string.gmatch return function(s) local n = 0 for w in g(s, "%w+") do n = n + 1 end return n end`, 40, len(logLine)},
	{"Format3", `local f = string.format return function(s) return f("%s %d %.2f", "abc", 42, 1.5) end`, 2, 0},
	{"Sub", `local b = string.sub return function(s) return b(s, 1, 60) end`, 1, 0},
	{"Byte", `local b = string.byte return function(s) return b(s, 5) end`, 0, 0},
	{"Len", `local b = string.len return function(s) return b(s) end`, 0, 0},
	{"Lower", `local b = string.lower return function(s) return b(s) end`, 2, len(logLine)},
	{"Tostring", `return function(s) return tostring(12345.25) end`, 2, 0},
	{"Tonumber", `return function(s) return tonumber("200") end`, 0, 0},
	{"Concat4", `return function(s) return cat("a.", "b", 5, ".c") end`, 2, 0},
	{"Floor", `local f = math.floor return function(s) return f(200.7) end`, 0, 0},
	{"TableConcat", `local c, t = table.concat, {"a", "b", "c", "d", 5} return function(s) return c(t, ",") end`, 2, 0},
	{"InsertRemove", `local i, r, t = table.insert, table.remove, {} return function(s) i(t, s) i(t, s) return r(t), r(t) end`, 0, 0},
	{"Sort100", `local t = {} for i = 1, 100 do t[i] = (i * 37) % 101 end return function(s) table.sort(t) end`, 1, 0},
	{"Pcall", `local f = function() return 1 end return function(s) return pcall(f) end`, 3, 0},
	{"PcallError", `local f = function() error("x") end return function(s) return pcall(f) end`, 40, 0},
	{"Pairs10", `local t = {a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10} return function(s) local n = 0 for k, v in pairs(t) do n = n + v end return n end`, 0, 0},
	{"Ipairs10", `local t = {1,2,3,4,5,6,7,8,9,10} return function(s) local n = 0 for k, v in ipairs(t) do n = n + v end return n end`, 0, 0},
	{"Type", `return function(s) return type(s) end`, 0, 0},
}

func BenchmarkLibrary(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			L := newState(b, host.Limits{})
			f := function(b, L, c.chunk)
			line := lua.LValue(lua.LString(logLine))
			b.SetBytes(int64(c.bytes))
			b.ReportAllocs()
			for b.Loop() {
				host.Of(L).Begin()
				call(L, f, 1, line)
			}
		})
	}
}

// TestAllocations: what is found is one allocation each, numbers and what is there already
// none.
func TestAllocations(t *testing.T) {
	for _, c := range benchmarks {
		L := newState(t, host.Limits{})
		f := function(t, L, c.chunk)
		line := lua.LValue(lua.LString(logLine))
		if n := testing.AllocsPerRun(200, func() { call(L, f, 1, line) }); n > c.allocs {
			t.Errorf("%s: %v allocations, at most %v", c.name, n, c.allocs)
		}
	}
}
