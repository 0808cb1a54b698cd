package stdlib

import (
	"fmt"
	"runtime"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/machine"
)

// TestOverflowInClosure: what outlives a stack that was too full for anything is safe to
// use.
func TestOverflowInClosure(t *testing.T) {
	L := newState(t, host.Limits{})
	got := run(L, `
local kept = {}
local function f(n) local x, y = n, {} kept[#kept + 1] = function() return x, y end return 1 + f(n + 1) end
local ok, e = pcall(f, 1)
local a, b, c, d = 1, 2, 3, 4
local n = 0
for i = 1, #kept do local x, y = kept[i]() if x ~= nil and x ~= i then return "mixed up", i, x end n = n + 1 end
return ok, n > 50, type(e), a, b, c, d`)
	if want := "true|false|true|s737472696e67 string|n1|n2|n3|n4"; got != want {
		t.Error(got)
	}
}

func TestCollect(t *testing.T) {
	L := newState(t, host.Limits{})
	f := function(t, L, `
t = {keep = 1, [2.5] = 2, "x", "y"}
local hidden = {}
return function()
  for i = 1, 20000 do
    t["k" .. i] = i t["k" .. i] = nil
    hidden[i] = i
    t[i + 0.25] = true t[i + 0.25] = nil
  end
  for i = 1, 20000 do hidden[i] = nil end
end`)
	L.SetGlobal("f", f)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	call(L, f, 0)
	before := heap()
	for range 10 {
		call(L, f, 0)
		Collect(L)
	}
	if after := heap(); after > before {
		t.Errorf("%d KB, %d KB after more of the same", before>>10, after>>10)
	}
	in := machine.Inside(L.GetGlobal("t").(*lua.LTable))
	if len(in.Keys) != 2 || len(in.K2i) != 2 {
		t.Errorf("%d keys, %d places", len(in.Keys), len(in.K2i))
	}
	want := `true|s78 x|s79 y|n1|n2|n4`
	if got := run(L, `local n = 0 for k in pairs(t) do n = n + 1 end return t[1], t[2], t.keep, t[2.5], n`); got != want {
		t.Error(got)
	}
	if got := run(L, `t.new = 5 t.keep = nil local r = "" for k in pairs(t) do r = cat(r, tostring(k), " ") end return r`); got != "true|s3120322032"+"2e35206e657720 1 2 2.5 new " {
		t.Error(got)
	}
}

// TestCollectKeepsOrder: a table goes the way it went before.
func TestCollectKeepsOrder(t *testing.T) {
	L := newState(t, host.Limits{})
	list := `local r = {} for k in pairs(t) do r[#r + 1] = tostring(k) end return table.concat(r, " ")`
	if got := run(L, `t = {} for i = 1, 900 do t[cat("k", i)] = i end for i = 1, 900 do if i % 50 > 0 then t[cat("k", i)] = nil end end`); got != "true" {
		t.Fatal(got)
	}
	before := run(L, list)
	Collect(L)
	if after := run(L, list); after != before {
		t.Errorf("%s\nwas %s", after, before)
	}
	if n := len(machine.Inside(L.GetGlobal("t").(*lua.LTable)).Keys); n != 18 {
		t.Error(fmt.Sprint(n, " keys"))
	}
}
