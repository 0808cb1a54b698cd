package stdlib

import (
	"runtime"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// TestLimits runs what would take all memory or all time, and wants the error of
// the limit, and no hang.
func TestLimits(t *testing.T) {
	f := func(chunk, want string) {
		t.Helper()
		L := newState(t, host.Limits{Instructions: 400_000, Memory: 8 << 20})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		got := run(L, chunk)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s took %v", chunk, took)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 200<<20 {
			t.Errorf("%s allocated %d MB", chunk, n>>20)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s\n  gives %.200s\n  want  %s", chunk, got, want)
		}
	}
	memory, steps := host.NoMemory, host.NoInstructions
	f(`return string.rep("x", 1e15)`, memory)
	f(`return string.rep("xyz", 2^62)`, memory)
	f(`return string.rep(string.rep("x", 1e6), 1e6)`, memory)
	f(`local s = "x" for i = 1, 60 do s = cat(s, s) end`, memory)
	f(`local s = "x" for i = 1, 60 do s = string.gsub(s, ".", ("%0"):rep(200)) end`, memory)
	f(`return string.gsub(string.rep("x", 1e3), "", string.rep("y", 1e5))`, memory)
	f(`return string.gsub(string.rep("x", 1e3), ".", function() return string.rep("z", 2e4) end)`, memory)
	f(`local s = string.rep("x", 1e5) for i = 1, 20 do s = string.upper(string.reverse(s)) end return #s`, "true")
	f(`local t = {} for i = 1, 100 do t[i] = string.rep("x", 1e6) end`, memory)
	f(`local t, s = {}, string.rep("x", 1e6) for i = 1, 100 do t[i] = s end return table.concat(t)`, memory)
	f(`local t = {} for i = 1, 1000 do t[i] = "" end return table.concat(t, string.rep("x", 1e6))`, memory)
	f(`return string.format("%99999d", 1)`, "width or precision too long")
	f(`local s = string.rep("x", 1e6) return string.format(string.rep("%s", 50), unpack(setmetatable({}, nil), 1, 0))`, "no value")
	f(`local s = string.rep("x", 1e6) return #string.format("%s%s%s%s%s%s%s%s%s%s", s, s, s, s, s, s, s, s, s, s)`, memory)
	f(`return string.format("%q", string.rep("\0", 4e6))`, memory)
	f(`return unpack({}, 1, 2^28)`, "too many results")
	f(`local t = {} for i = 1, 100 do t[i] = {} rawset(t[i], 65000, 1) end`, memory)
	f(`local t = {} for i = 1, 100 do t[i] = {} table.insert(t[i], 65000, 1) end`, memory)
	f(`return table.insert({}, -2^31, 1)`, steps)
	f(`string.find(("a"):rep(35), ("a-"):rep(35) .. "b")`, steps)
	f(`string.find(("a"):rep(50), ("a?"):rep(50) .. ("a"):rep(50) .. "b")`, steps)
	f(`string.find(("a"):rep(3000), ".-.-.-.-b")`, steps)
	f(`string.find(("a"):rep(3000), ".*.*.*.*b")`, steps)
	f(`while true do string.gsub(("a"):rep(1000), "a*b", "") end`, steps)
	f(`return pcall(string.find, ("a"):rep(35), ("a-"):rep(35) .. "b")`, steps)
	f(`while true do pcall(string.find, ("a"):rep(35), ("a-"):rep(35) .. "b") end`, steps)
	f(`string.find(("a"):rep(9000), ("a?"):rep(9000))`, "pattern too complex")
	f(`string.find("x", ("[a]"):rep(3e5))`, memory)
	f(`local t = {} for i = 1, 20000 do t[i] = i end table.sort(t, function(a, b) return math.random() < 0.5 end)`, "")
	f(`local t = {} for i = 1, 1000 do t[i] = i end while true do table.sort(t, function(a, b) return false end) end`, steps)
	f(`local t = {} for i = 1, 1e4 do t[i] = 1 end while true do table.sort(t) end`, steps)
	f(`local t = {} for i = 1, 1e4 do t[i] = 1 end while true do table.insert(t, 1, 1) table.remove(t, 1) end`, steps)
	f(`local t = {} for i = 1, 5e3 do t[cat("k", i)] = 1 end for k in pairs(t) do t[k] = nil end while true do next(t) end`, steps)
	f(`while true do string.lower(("A"):rep(1e5)) end`, steps)
	f(`local s = ("A"):rep(1e6) while true do string.lower(s) end`, steps)
	f(`local s = ("a"):rep(1e6) while true do string.find(s, "b", 1, true) end`, steps)
	f(`local s = ("a"):rep(1e6) while true do string.find(s, "b+") end`, steps)
	f(`local s = ("a"):rep(1e6) while true do string.gsub(s, "b", "") end`, steps)
	f(`local s = ("a"):rep(1e5) while true do for w in s:gmatch("a") do end end`, steps)
	f(`local s = ("%d"):rep(1e5) while true do os.date(s, 0) end`, steps)
	f(`while true do cat(("a"):rep(1e5), "b") end`, steps)
	f(`local function f() return coroutine.wrap(f)() end f()`, "C stack overflow")
	f(`local function f() f() end return pcall(f)`, "stack overflow")
	f(`local function f() return pcall(f) end f() f()`, "")
	f(`local function f() string.gsub("x", "x", f) end return pcall(f)`, "stack overflow")
	f(`local t = {} table.sort({1, 2, 3}, function(a, b) table.sort({1, 2, 3}, t.f) end)`, "true")
	f(`coroutine.wrap(function() while true do end end)()`, steps)
	f(`while true do coroutine.wrap(function() while true do end end)() end`, steps)
	f(`while true do pcall(coroutine.wrap(function() while true do end end)) end`, steps)
	f(`local t = {} while true do t[#t + 1] = coroutine.create(function() end) end`, memory)
	f(`xpcall(function() while true do end end, function() while true do end end)`, steps)
	f(`while true do xpcall(error, function(m) error(m) end) end`, steps)
	f(`local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) tostring(t)`, "stack overflow")
	f(`local t = setmetatable({}, {}) getmetatable(t).__concat = function(a, b) return cat(a, b) end cat(t, t)`, "stack overflow")
}

// TestLimitIsCaughtOnce: what has run out stays so, whatever catches the error.
func TestLimitIsCaughtOnce(t *testing.T) {
	L := newState(t, host.Limits{Instructions: 10_000})
	got := run(L, `local n = 0 pcall(function() while true do end end) n = n + 1 x = n return n`)
	if !strings.Contains(got, host.NoInstructions) {
		t.Error(got)
	}
	if v := L.GetGlobal("x"); v != lua.LNil {
		t.Error("ran on after the limit:", v)
	}
	if got := run(L, "return 1"); got != "true|n1" {
		t.Error("the next call:", got)
	}
}

// TestMatchedPartsAreCharged: a part does not keep what it is part of.
func TestPartsAreCopied(t *testing.T) {
	whole := strings.Repeat("x", 4096)
	v := part(whole, 0, 16).(lua.LString)
	if string(v) != whole[:16] {
		t.Fatal(v)
	}
	if &[]byte(v)[0] == &[]byte(whole)[0] {
		t.Fatal("not a copy")
	}
}

// TestExplain: what Explain pushes is what is caught.
func TestExplain(t *testing.T) {
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer L.Close()
	host.NewMeter(L, host.Limits{})
	Base(L, Options{Explain: func(L *lua.LState) int {
		at, ok := L.GetStack(1)
		if !ok {
			t.Error("no level 1")
		}
		if _, err := L.GetInfo("l", at, lua.LNil); err != nil {
			t.Error(err)
		}
		L.Push(lua.LNumber(at.CurrentLine))
		return 1
	}})
	if got := run(L, "return pcall(function()\n local x = nil + 1 end)"); got != "true|false|n2" {
		t.Error(got)
	}
	if got := run(L, "return xpcall(function()\n\n local x = nil + 1 end, function(m) return m + 10 end)"); got != "true|false|n13" {
		t.Error(got)
	}
}

// TestOptions: what is not asked for is not there, and what escapes never is.
func TestOptions(t *testing.T) {
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer L.Close()
	Base(L, Options{})
	for _, name := range []string{
		"load", "loadstring", "loadfile", "dofile", "module", "require", "package", "debug", "io",
		"string", "coroutine", "collectgarbage", "gcinfo", "newproxy", "print", "_printregs",
	} {
		if v := L.GetGlobal(name); v != lua.LNil {
			t.Error(name, "is there")
		}
	}
	os := Os.Open(L).(*lua.LTable)
	for _, name := range []string{"execute", "exit", "getenv", "remove", "rename", "setlocale", "tmpname"} {
		if v := os.RawGetString(name); v != lua.LNil {
			t.Error("os."+name, "is there")
		}
	}
	if v := OsEnv.Open(L).(*lua.LTable).RawGetString("getenv"); v == lua.LNil {
		t.Error("no os.getenv")
	}
	var lines []string
	Base(L, Options{Print: func(s string) { lines = append(lines, s) }})
	if got := run(L, `print(1, nil, "x", true) print()`); got != "true" || strings.Join(lines, "|") != "1\tnil\tx\ttrue|" {
		t.Error(got, lines)
	}
}

// TestStringMetatable: a script can add methods, but not change what strings are.
func TestStringMetatable(t *testing.T) {
	L := newState(t, host.Limits{})
	f := func(chunk, want string) {
		t.Helper()
		if got := run(L, chunk); !strings.Contains(got, want) {
			t.Errorf("%s gives %s, want %s", chunk, got, want)
		}
	}
	f(`return getmetatable("")`, "true|false")
	f(`return getmetatable("").__index`, "attempt to index")
	f(`setmetatable("", {})`, "table expected, got string")
	f(`function string.twice(s) return cat(s, s) end return ("ab"):twice()`, "abab")
	other := newState(t, host.Limits{})
	if got := run(other, `return ("ab").twice`); got != "true|nil" {
		t.Error("another state has it too:", got)
	}
}
