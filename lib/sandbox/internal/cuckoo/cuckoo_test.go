package cuckoo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/luatest"
)

func TestFilter(t *testing.T) {
	f := luatest.Checker(t, luatest.New(t, Module, host.Limits{}))
	f(`cf = cuckoo_filter.new(1000) return cf:count()`, "0")
	f(`return tostring(cf:query("a")) .. tostring(cf:delete("a"))`, "falsefalse")
	f(`return tostring(cf:add("a")) .. tostring(cf:add("a"))`, "truefalse")
	f(`return tostring(cf:add(1)) .. tostring(cf:add("1")) .. tostring(cf:add(1))`, "truetruefalse")
	f(`return cf:count() .. tostring(cf:query("a"))`, "3true")
	f(`return tostring(cf:delete("a")) .. tostring(cf:query("a")) .. cf:count()`, "truefalse2")
	f(`cf:clear() return cf:count() .. tostring(cf:query(1))`, "0false")
	f(`return cuckoo_filter.version()`, "1.1.1")
}

// TestCounts compares with what Mozilla's filter counted of the same keys: the same
// hashes collide.
func TestCounts(t *testing.T) {
	const keys, buckets = 800_000, 1 << 18
	number := func(i int) []byte {
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(float64(i)))
	}
	text := func(i int) []byte { return strconv.AppendInt(nil, int64(i), 10) }
	f := func(key func(int) []byte, want int) {
		t.Helper()
		f := newFilter(buckets)
		added, found, removed := 0, 0, 0
		for i := 1; i <= keys; i++ {
			if p := f.place(key(i)); !f.has(p) {
				if _, ok := f.insert(p); !ok {
					t.Fatal("full")
				}
				added++
			}
		}
		others, some := 0, 0
		for i := 16; i <= keys; i += 16 {
			some++
			p := f.place(key(i))
			if f.has(p) {
				found++
			}
			if f.remove(p) {
				removed++
			}
			if f.has(f.place(key(keys + i))) {
				others++
			}
		}
		if added != want || found != some || removed != some || others > some/8000 {
			t.Errorf("added %d, want %d; of %d found %d, removed %d, others %d",
				added, want, some, found, removed, others)
		}
	}
	f(number, 799977)
	f(text, 799967)
}

// TestFull sees to it that a key for which there is no room leaves all as it was.
func TestFull(t *testing.T) {
	for _, buckets := range []int{1, 2, 64, 4096} {
		f := newFilter(buckets)
		n, before := 0, []byte(nil)
		var keys [][]byte
		for ; ; n++ {
			key := fmt.Appendf(nil, "key %d", n)
			p := f.place(key)
			if f.has(p) {
				continue
			}
			before = append(before[:0], f.data...)
			if _, ok := f.insert(p); !ok {
				break
			}
			keys = append(keys, key)
		}
		if !bytes.Equal(before, f.data) {
			t.Errorf("%d buckets: others than before", buckets)
		}
		if room := buckets * slots; len(keys) < room*9/10 && buckets > 2 || len(keys) > room {
			t.Errorf("%d buckets: full with %d keys", buckets, len(keys))
		}
		for _, key := range keys {
			if !f.has(f.place(key)) {
				t.Errorf("%d buckets: lost %s", buckets, key)
			}
		}
		for _, key := range keys {
			if !f.remove(f.place(key)) {
				t.Errorf("%d buckets: can't remove %s", buckets, key)
			}
		}
		if !bytes.Equal(f.data, make([]byte, len(f.data))) {
			t.Errorf("%d buckets: not empty without its keys", buckets)
		}
	}
}

func TestErrors(t *testing.T) {
	f := luatest.Checker(t, luatest.New(t, Module, host.Limits{}))
	f(`cf = cuckoo_filter.new(2, 99)`, "bad argument #0 to 'new' (incorrect number of arguments)")
	f(`cf = cuckoo_filter.new(nil)`, "bad argument #1 to 'new' (number expected, got nil)")
	f(`cf = cuckoo_filter.new(4)`, "bad argument #1 to 'new' (items must be > 4)")
	f(`cf = cuckoo_filter.new(-1/0)`, "bad argument #1 to 'new' (items must be > 4)")
	f(`cf = cuckoo_filter.new(1e300)`, host.NoMemory)
	f(`cf = cuckoo_filter.new(20)`, "nil")
	f(`cf:add()`, "bad argument #-1 to 'add' (incorrect number of arguments)")
	f(`cf:add({})`, "bad argument #1 to 'add' (must be a string or number)")
	f(`cf:query({})`, "bad argument #1 to 'query' (must be a string or number)")
	f(`cf:delete(true)`, "bad argument #1 to 'delete' (must be a string or number)")
	f(`cf:clear(1)`, "bad argument #-1 to 'clear' (incorrect number of arguments)")
	f(`cf.count("x")`, "calling 'count' on bad self (mozsvc.cuckoo_filter expected, got string)")
	f(`cf:fromstring({})`, "bad argument #-1 to 'fromstring' (incorrect number of arguments)")
	f(`cf:fromstring(1, {}, 1)`, "bad argument #2 to 'fromstring' (string expected, got table)")
	f(`cf:fromstring(1, "   ", 1)`, "fromstring() bytes found: 3, expected 64")
	f(`cf:fromstring(1, "   ", 2) return cf:count()`, "0")
	f(`cf = cuckoo_filter.new(8) for i = 1, 100 do cf:add(i) end`, "the cuckoo filter is full")
	f(`return tostring(cf:count() <= 8 and cf:count() > 4)`, "true")
}

func TestLimits(t *testing.T) {
	f := luatest.Checker(t, luatest.New(t, Module, host.Limits{Memory: 1 << 20, Instructions: 1_000_000}))
	f(`cf = cuckoo_filter.new(1e6)`, host.NoMemory)
	f(`for i = 1, 100 do cf = cuckoo_filter.new(1e5) end return cf:count()`, "0")
	f(`keep = {} for i = 1, 100 do keep[i] = cuckoo_filter.new(1e5) end`, host.NoMemory)
}

func TestState(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{})
	f := luatest.Checker(t, L)
	f(`cf = cuckoo_filter.new(4000) for i = 1, 3000 do cf:add(i) end return cf:count()`, "3000")
	text := luatest.Saved(L, "cf")
	if lines := strings.Split(text, "\n"); len(lines) != 3 || lines[0] !=
		`if _G["cf"] == nil then _G["cf"] = cuckoo_filter.new(4096) end` {
		t.Errorf("%d lines, %q", len(lines), lines[0])
	}
	f(`cf = nil`, "nil")
	f(text, "nil")
	f(`for i = 1, 3000 do assert(cf:query(i)) end return cf:count()`, "3000")
	if again := luatest.Saved(L, "cf"); again != text {
		t.Error("another state after it was restored")
	}
	f(`for i = 1, 3000 do assert(cf:delete(i)) end return cf:count()`, "0")

	// Whatever a state says, the filter stays usable.
	f(`cf:fromstring(-3, string.rep("\255", 8192), 1) cf:add(1)`, "the cuckoo filter is full")
	f(`cf:delete(1) return cf:count()`, "0")
}

func BenchmarkAdd(b *testing.B) {
	L := luatest.New(b, Module, host.Limits{Memory: 8 << 20, Instructions: 1_000_000})
	luatest.Eval(L, `s = cuckoo_filter.new(10000)`)
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
	luatest.Eval(L, `s = cuckoo_filter.new(10000)`)
	luatest.NoAllocs(t, L, "s", "add", "query")
}
