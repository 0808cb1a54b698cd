package cjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/luatest"
)

func TestHekasChanges(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{})
	f := func(source, want string) {
		t.Helper()
		if got := luatest.Eval(L, source); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
	f(`return cjson.decode('{"a":null,"b":1}').a`, "nil")
	f(`return cjson.encode(cjson.decode('{"a":null,"b":1}'))`, `{"b":1}`)
	f(`return cjson.encode(cjson.decode('[1,2,null,4]'))`, `[1,2,null,4]`)
	f(`return #cjson.decode('[1,2,null]')`, `2`)
	f(`return cjson.decode('{"a":1,"a":null}').a`, "nil")
	f(`return cjson.encode(cjson.decode('{"a":1,"b":2,"a":null,"c":3}'))`, `{"b":2,"c":3}`)
	f(`return cjson.decode("null")`, "nil")
	f(`return cjson.decode_null()`, "false")
	f(`return cjson.decode_null(true)`, "true")
	f(`return cjson.decode('{"a":null}').a`, "userdata: (nil)")
	f(`return cjson.decode('[null]')[1] == cjson.null`, "true")
	f(`return cjson.decode_null(1)`,
		"bad argument #1 to 'decode_null' (invalid option '1')")
	f(`return cjson.decode_null("off")`, "false")
	f(`return type(cjson.new) .. type(cjson.encode_keep_buffer)`, "nilnil")
	f(`local t = {} t.z = 1 t.y = 2 t.x = 3 t[1] = 4 return cjson.encode(t)`,
		`{"1":4,"z":1,"y":2,"x":3}`)
	f(`local x = cjson.encode({1, print}) return x`,
		"Cannot serialise function: type not supported")
	f(`local t = {} for i = 1, 5000 do t = {t} end cjson.encode_max_depth(1e6)
		return cjson.encode(t)`, "<string>:2: Cannot serialise, excessive nesting (4000)")
	f(`cjson.decode_max_depth(1e6) return cjson.decode(string.rep("[", 5000))`,
		"Found too many nested data structures (4000) at character 4000")
	f(`return cjson.encode({[1] = 1, [2^40] = 2})`, `{"1":1,"1099511627776":2}`)
}

func TestOutputLimit(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{Output: 64})
	const limit = "strbuf output_limit exceeded"
	f := func(source, want string) {
		t.Helper()
		if got := luatest.Eval(L, source); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
	f(`return #cjson.encode(string.rep("x", 62))`, "64")
	f(`return #cjson.encode(string.rep("x", 63))`, limit)
	f(`return #cjson.encode(string.rep("/", 31))`, "64")
	f(`return #cjson.encode(string.rep("/", 32))`, limit)
	f(`local t = {} for i = 1, 31 do t[i] = 1 end return #cjson.encode(t)`, "63")
	f(`local t = {} for i = 1, 33 do t[i] = 1 end return #cjson.encode(t)`, limit)
	f(`cjson.encode_sparse_array(false, 0) return #cjson.encode({[2^31-1] = 1})`, limit)
	f(`local t = {} t.a = t cjson.encode_max_depth(1e6) return #cjson.encode(t)`, limit)
	f(`return cjson.encode("after")`, `"after"`)
	f(`return #cjson.decode(cjson.encode("x") .. string.rep(" ", 1000))`, "1")
}

func TestMemoryLimit(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{Memory: 1 << 20})
	f := func(source, want string) {
		t.Helper()
		if got := luatest.Eval(L, source); !strings.HasSuffix(got, want) {
			t.Errorf("%.80s\n got %s\nwant %s", source, got, want)
		}
	}
	L.SetGlobal("long", lua.LString(`"`+strings.Repeat("x", 1<<19)+`"`))
	f(`return cjson.decode(long)`, host.NoMemory)
	L.SetGlobal("long", lua.LNil)
	// A text of half a limit that would become 30 of them.
	L.SetGlobal("tables", lua.LString("["+strings.Repeat("[],", 1<<17)+"1]"))
	f(`return cjson.decode(tables)`, host.NoMemory)
	L.SetGlobal("tables", lua.LString("["+strings.Repeat("[],", 1<<10)+"1]"))
	f(`return #cjson.decode(tables)`, "1025")
	f(`local n = 0 for i = 1, 100 do n = n + #cjson.decode(tables) end return n`, "102500")
}

func TestInstructionLimit(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{Instructions: 10_000})
	f := func(source, want string) {
		t.Helper()
		if got := luatest.Eval(L, source); !strings.HasSuffix(got, want) {
			t.Errorf("%.80s\n got %s\nwant %s", source, got, want)
		}
	}
	ones := strings.Repeat("1,", 20_000) + "1"
	L.SetGlobal("ones", lua.LString("["+ones+"]"))
	f(`return #cjson.decode(ones)`, host.NoInstructions)
	L.SetGlobal("blanks", lua.LString(strings.Repeat(" ", 1<<20)+"1"))
	f(`return cjson.decode(blanks)`, host.NoInstructions)
	array := L.NewTable()
	for range 20_000 {
		array.Append(lua.LNumber(1))
	}
	L.SetGlobal("array", array)
	f(`return #cjson.encode(array)`, host.NoInstructions)
	f(`cjson.encode_sparse_array(false, 0) return #cjson.encode({[2^31-1] = 1})`,
		host.NoInstructions)
	f(`local ok = pcall(cjson.encode, array) return ok`, host.NoInstructions)
	f(`return cjson.encode(1)`, "1")
}

// TestTables compares tables that are made in one go with those that Lua makes.
func TestTables(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{})
	f := func(text string) {
		t.Helper()
		L.SetGlobal("text", lua.LString(text))
		copied := luatest.Eval(L, `
			local function copy(t)
				local r = {}
				for k, v in pairs(t) do r[k] = type(v) == "table" and copy(v) or v end
				return r
			end
			return cjson.encode(copy(cjson.decode(text)))`)
		if got := luatest.Eval(L, `return cjson.encode(cjson.decode(text))`); got != copied {
			t.Errorf("%s\n got %s\ncopy %s", text, got, copied)
		}
	}
	for _, doc := range documents {
		f(doc.text)
	}
	f(`{"a":1,"b":2,"a":3,"c":null,"d":[],"e":{},"f":[null,1,null]}`)
	f(`{"a":null,"b":1,"a":2,"b":null,"c":3}`)
}

// TestShared sees to it that a table may be changed without changing another, and
// that no value is a part of the text.
func TestShared(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{})
	got := luatest.Eval(L, `
		local a, b = cjson.decode('{"k":"v"}'), cjson.decode('{"k":"v"}')
		a.k = "w" a.l = 1
		local n = 0
		for k, v in pairs(a) do n = n + 1 end
		return a.k .. b.k .. n .. tostring(b.l)`)
	if got != "wv2nil" {
		t.Error(got)
	}
}

func TestDecodeAllocs(t *testing.T) {
	L := luatest.New(t, Module, host.Limits{})
	decode := L.GetField(L.GetGlobal("cjson"), "decode")
	text := lua.LValue(lua.LString(`[true,"GET","short","GET",100]`))
	n := testing.AllocsPerRun(100, func() {
		L.Push(decode)
		L.Push(text)
		L.Call(1, 1)
		L.Pop(1)
	})
	// The table, its array, and the number.
	if n > 3 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range decodeTexts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		L := luatest.New(t, Module, host.Limits{Instructions: 1 << 20, Memory: 8 << 20, Output: 1 << 20})
		L.SetGlobal("text", lua.LString(text))
		got := luatest.Eval(L, `cjson.encode_invalid_numbers(true)
			cjson.decode_null(true)
			text2 = cjson.encode({cjson.decode(text)})
			text3 = cjson.encode(cjson.decode(text2))
			return "ok"`)
		if got == "ok" {
			if a, b := L.GetGlobal("text2"), L.GetGlobal("text3"); a != b {
				t.Errorf("%q\nonce  %q\ntwice %q", text, a, b)
			}
			return
		}
		strict := json.Valid([]byte(text)) && utf8.ValidString(text) &&
			!strings.Contains(text, `\u`) && len(text) < 1000
		if strict {
			t.Errorf("%q: %s", text, got)
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, v := range []float64{0, 1, -1, 0.1, 1e14, 1e-4, 5e-324, 1.7e308, 99999, 12345.678} {
		f.Add(v, 14)
	}
	f.Fuzz(func(t *testing.T, v float64, precision int) {
		if v != v || v-v != 0 {
			return
		}
		precision = 1 + int(uint(precision)%14)
		want := string(host.AppendG(nil, v, precision))
		if got := string(appendNumber(nil, v, precision)); got != want {
			t.Errorf("%%.%dg of %b: got %s, want %s", precision, v, got, want)
		}
		text := fmt.Sprintf("%.17g", v)
		if got, n := simpleNumber(text); n > 0 && (got != v || n != len(text)) {
			t.Errorf("%s: %v, %d", text, got, n)
		}
	})
}
