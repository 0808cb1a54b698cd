package hyperloglog

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/luatest"
)

// TestCounts compares with what Mozilla's hyperloglog counted of the same keys. (Of
// several together it counted 0.1 % less than of one with all their keys: 59872 and
// 110383. Here both are the same.)
func TestCounts(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{})
	f := luatest.Checker(t, L)
	// fill adds the keys from..to, of 8 digits, to the global name.
	fill := func(name string, from, to int) {
		f(name+" = "+name+" or hyperloglog.new()", "nil")
		s := L.GetGlobal(name).(*lua.LUserData).Value.(*counter)
		for i := from; i <= to; i++ {
			s.add(murmur(fmt.Appendf(nil, "%08d", i)))
		}
	}
	fill("all", 1, 110_000)
	f(`return all:count()`, "110505")
	fill("h0", 1, 50_000)
	f(`return h0:count()`, "49932")
	f(`h1 = hyperloglog.new() return h1:count()`, "0")
	f(`return h1:merge(h0):count()`, "49932")
	f(`r = hyperloglog.new() r:fromstring(tostring(h0)) return r:count()`, "49932")
	fill("h1", 100_001, 110_000)
	f(`return hyperloglog.count(h0, h1)`, "59908")
	fill("h2", 50_001, 100_000)
	f(`return h2:count()`, "50151")
	f(`return hyperloglog.count(h0, h1, h2)`, "110505")
	f(`return #tostring(h0)`, "12304")
	f(`h0:clear() return h0:count() .. " " .. #tostring(h0)`, "0 12304")
	f(`h = hyperloglog.new() for i = 0, 1e5 - 1 do h:add(i) end return h:count()`, "100070")
	f(`return hyperloglog.new():merge(h0, h1, h2):count()`, "110505")

	h := L.GetGlobal("h").(*lua.LUserData).Value.(*counter)
	for i := 100_000; i < 1_000_000; i++ {
		h.add(murmur(binary.LittleEndian.AppendUint64(nil, math.Float64bits(float64(i)))))
	}
	f(`return h:count()`, "1006268")
	f(`return h:count()`, "1006268")
}

// TestEstimate sees to it that the error is under 2 %, at any size.
func TestEstimate(t *testing.T) {
	var s registerSet
	key, next := uint64(0), 16.0
	for n := 1; n <= 300_000; n++ {
		key = key*6364136223846793005 + 1442695040888963407
		var b [8]byte
		for i := range b {
			b[i] = byte(key >> (8 * i))
		}
		s.add(murmur(b[:]))
		if float64(n) < next {
			continue
		}
		next *= 1.3
		if wrong := math.Abs(s.estimate()-float64(n)) / float64(n); wrong > 0.02 {
			t.Errorf("%d keys: counted %v", n, s.estimate())
		}
	}
}

func TestRegisters(t *testing.T) {
	var s registerSet
	want := make([]byte, registers)
	seed := uint32(1)
	for range 4 * registers {
		seed = seed*1664525 + 1013904223
		i, v := int(seed>>8)%registers, byte(seed>>24)%64
		s.set(i, v)
		want[i] = v
	}
	for i, v := range want {
		if got := s.get(i); got != v {
			t.Fatalf("register %d: got %d, want %d", i, got, v)
		}
	}
	s.estimate() // with values that no hash gives
}

// TestMurmur sees to it that every byte and the length count.
func TestMurmur(t *testing.T) {
	seen := map[uint64]string{}
	for n := range 64 {
		for _, c := range []string{"\x00", "a", "\xff"} {
			key := strings.Repeat(c, n)
			h := murmur([]byte(key))
			if other, ok := seen[h]; ok && other != key {
				t.Errorf("%q and %q have one hash", key, other)
			}
			seen[h] = key
		}
	}
}

func TestErrors(t *testing.T) {
	f := luatest.Checker(t, luatest.New(t, Module, host.Limits{}))
	f(`h = hyperloglog.new(2)`, "bad argument #1 to 'new' (incorrect number of arguments)")
	f(`h = hyperloglog.new()`, "nil")
	f(`hyperloglog.count()`, "bad argument #0 to 'count' (incorrect number of arguments)")
	f(`hyperloglog.count(h, 1)`,
		"bad argument #2 to 'count' (mozsvc.hyperloglog expected, got number)")
	f(`h:add({})`, "bad argument #1 to 'add' (must be a string or number)")
	f(`h:add()`, "calling 'add' on bad self (incorrect number of arguments)")
	f(`h:count(1)`, "bad argument #1 to 'count' (incorrect number of arguments)")
	f(`h:clear(1)`, "bad argument #1 to 'clear' (incorrect number of arguments)")
	f(`h:merge()`, "calling 'merge' on bad self (incorrect number of arguments)")
	f(`h:merge({})`, "bad argument #1 to 'merge' (mozsvc.hyperloglog expected, got table)")
	f(`h.add(1, 1)`, "calling 'add' on bad self (mozsvc.hyperloglog expected, got number)")
	f(`h:fromstring({})`, "bad argument #1 to 'fromstring' (string expected, got table)")
	f(`h:fromstring("      ")`, "fromstring() bytes found: 6, expected 12304")
	f(`return hyperloglog.version()`, "1.0.1")
	f(`h:fromstring(string.rep("\255", 12304)) return type(h:count())`, "number")
}

func TestAdd(t *testing.T) {
	f := luatest.Checker(t, luatest.New(t, Module, host.Limits{}))
	f(`h = hyperloglog.new() return tostring(h:add("test")) .. tostring(h:add("test"))`, "truefalse")
	f(`return h:count()`, "1")
	f(`return tostring(h:add(5)) .. tostring(h:add("5")) .. tostring(h:add(5))`, "truetruefalse")
	f(`return h:count()`, "3")
	f(`return h:merge(h):count()`, "3")
}

func TestLimits(t *testing.T) {
	f := luatest.Checker(t, luatest.New(t, Module, host.Limits{Memory: 1 << 20, Instructions: 100_000}))
	f(`for i = 1, 1000 do h = hyperloglog.new() end return h:count()`, "0")
	f(`keep = {} for i = 1, 1000 do keep[i] = hyperloglog.new() end`, host.NoMemory)
	f(`for i = 1, 1000 do hyperloglog.count(h, h, h) end`, host.NoInstructions)
}

func TestState(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{})
	f := luatest.Checker(t, L)
	f(`h = hyperloglog.new() for i = 1, 50000 do h:add(i) end n = h:count() return n`, "50478")
	text := luatest.Saved(L, "h")
	if lines := strings.Split(text, "\n"); len(lines) != 3 || lines[0] !=
		`if _G["h"] == nil then _G["h"] = hyperloglog.new() end` {
		t.Errorf("%d lines, %q", len(lines), lines[0])
	}
	f(`h = nil`, "nil")
	f(text, "nil")
	f(`return tostring(h:count() == n)`, "true")
	f(`for i = 1, 50000 do assert(not h:add(i)) end return h:count()`, "50478")
	if again := luatest.Saved(L, "h"); again != text {
		t.Error("another state after it was restored")
	}
}

func BenchmarkAdd(b *testing.B) {
	L := luatest.New(b, Module, host.Limits{Memory: 8 << 20, Instructions: 1_000_000})
	luatest.Eval(L, `s = hyperloglog.new()`)
	s := L.GetGlobal("s")
	add := L.GetField(s, "add")
	key := lua.LValue(lua.LString("192.168.100.200"))
	b.ReportAllocs()
	for b.Loop() {
		host.Of(L).Begin()
		L.Push(add)
		L.Push(s)
		L.Push(key)
		L.Call(2, 1)
		L.Pop(1)
	}
}

func TestAllocs(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{})
	luatest.Eval(L, `s = hyperloglog.new()`)
	luatest.NoAllocs(t, L, "s", "add")
}
