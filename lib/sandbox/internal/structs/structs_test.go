package structs

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/luatest"
)

func newState(tb testing.TB, limits host.Limits) *lua.LState {
	tb.Helper()
	L := luatest.New(tb, Module, limits)
	err := L.DoString(`
		function hex(s)
			local h = string.gsub(s, ".", function(c) return string.format("%02x", string.byte(c)) end)
			return h
		end
		function list(...)
			local out = {}
			for i = 1, select("#", ...) do out[i] = tostring(select(i, ...)) end
			return table.concat(out, " ")
		end`)
	if err != nil {
		tb.Fatal(err)
	}
	return L
}

func TestPack(t *testing.T) {
	L := newState(t, host.Limits{})
	f := func(args, want string) {
		t.Helper()
		if got := luatest.Eval(L, "return hex(struct.pack("+args+"))"); got != want {
			t.Errorf("%s\n got %s\nwant %s", args, got, want)
		}
	}
	f(`""`, "")
	f(`" "`, "")
	f(`"b", -1`, "ff")
	f(`"bB", 127, 255`, "7fff")
	f(`"<h>h", 0x1234, 0x1234`, "34121234")
	f(`"hH", -2, 65534`, "fefffeff")
	f(`"i", 1`, "01000000")
	f(`">i", 1`, "00000001")
	f(`"i3>i3", 0x010203, 0x010203`, "030201010203")
	f(`"i1i2i8", -1, -1, -1`, "ffffffffffffffffffffff")
	f(`"l", -2`, "feffffffffffffff")
	f(`">L", 2^53`, "0020000000000000")
	f(`"T", 10`, "0a00000000000000")
	f(`">f", 1.5`, "3fc00000")
	f(`"<f", -2`, "000000c0")
	f(`">d", 1`, "3ff0000000000000")
	f(`"<d", -0.5`, "000000000000e0bf")
	f(`"s", "abc"`, "61626300")
	f(`"ss", "", "a\0b"`, "0061006200")
	f(`"c", "xyz"`, "78")
	f(`"c2", "xyz"`, "7879")
	f(`"c0", "xyz"`, "78797a")
	f(`"Bc0", 3, "xyz"`, "0378797a")
	f(`"xbx", 1`, "000100")
	f(`"!bi", 1, 2`, "0100000002000000")
	f(`"!4bd", 1, 0`, "010000000000000000000000")
	f(`"!bd", 1, 0`, "01000000000000000000000000000000")
	f(`"!2bi", 1, 2`, "010002000000")
	f(`"!8bhbi", 1, 2, 3, 4`, "010002000300000004000000")
	f(`"!bsbc3i", 1, "a", 2, "xyz", 3`, "016100"+"02"+"78797a"+"00"+"03000000")
	f(`"B", "12"`, "0c")
	f(`"B", 1.9`, "01")
	f(`"b", -1.9`, "ff")
	f(`"B", 256`, "00")
	f(`"I8", 2^63`, "0000000000000080")
	f(`"I8", 2^70`, "ffffffffffffffff")
	f(`"l", -2^70`, "0000000000000080")
	f(`"i", 0/0`, "00000000")
	f(`"i16", 1`, "01000000000000000000000000000000")
	f(`"i0", 1`, "")
	f(`"b\0b", 1`, "01")
}

func TestUnpack(t *testing.T) {
	L := newState(t, host.Limits{})
	f := func(args, want string) {
		t.Helper()
		if got := luatest.Eval(L, "return list(struct.unpack("+args+"))"); got != want {
			t.Errorf("%s\n got %s\nwant %s", args, got, want)
		}
	}
	f(`"", ""`, "1")
	f(`"b", "\255"`, "-1 2")
	f(`"B", "\255"`, "255 2")
	f(`">h<h", "\1\2\1\2"`, "258 513 5")
	f(`"h", "\254\255"`, "-2 3")
	f(`"i3", "\255\255\255"`, "-1 4")
	f(`"I3", "\255\255\255"`, "16777215 4")
	f(`">i8", "\255\255\255\255\255\255\255\254"`, "-2 9")
	f(`"i16", string.rep("\255", 16)`, "-1 17")
	f(`"L", string.rep("\0", 7) .. "\1"`, "72057594037927936 9")
	f(`">f", "\63\192\0\0"`, "1.5 5")
	f(`"<d", "\0\0\0\0\0\0\224\191"`, "-0.5 9")
	f(`"s", "abc\0def"`, "abc 5")
	f(`"ss", "\0a\0"`, " a 4")
	f(`"c2", "abc"`, "ab 3")
	f(`"c", "abc"`, "a 2")
	f(`"Bc0", "\2abc"`, "ab 4")
	f(`"Bc0b", "\0\7"`, " 7 3")
	f(`"sc0", "2\0xyz"`, "xy 5")
	f(`"xbx", "\0\1\0"`, "1 4")
	f(`"!bi", "\1\0\0\0\2\0\0\0"`, "1 2 9")
	f(`"b", "abc", 3`, "99 4")
	f(`"", "abc", 4`, "4")
	f(`"i0", ""`, "0 1")
}

func TestSize(t *testing.T) {
	L := newState(t, host.Limits{})
	f := func(format, want string) {
		t.Helper()
		if got := luatest.Eval(L, `return struct.size("`+format+`")`); got != want {
			t.Errorf("%s\n got %s\nwant %s", format, got, want)
		}
	}
	f("", "0")
	f("bBhHiIlLTfdx", "51")
	f("!bd", "16")
	f("!4bd", "12")
	f("i7c10", "17")
	f("s", "bad argument #1 to 'size' (option 's' has no fixed size)")
	f("c0", "bad argument #1 to 'size' (option 'c0' has no fixed size)")
	f("c2147483647c2147483647", "4294967294")
}

func TestErrors(t *testing.T) {
	L := newState(t, host.Limits{})
	f := func(call, want string) {
		t.Helper()
		if got := luatest.Eval(L, "local x = struct."+call+" return x"); got != want {
			t.Errorf("%s\n got %s\nwant %s", call, got, want)
		}
	}
	f(`pack()`, "bad argument #1 to 'pack' (string expected, got no value)")
	f(`pack("i")`, "bad argument #2 to 'pack' (number expected, got no value)")
	f(`pack("bi", 1, "x")`, "bad argument #3 to 'pack' (number expected, got string)")
	f(`pack("s", {})`, "bad argument #2 to 'pack' (string expected, got table)")
	f(`pack("c5", "abc")`, "bad argument #2 to 'pack' (string too short)")
	f(`pack("c2147483647", "abc")`, "bad argument #2 to 'pack' (string too short)")
	f(`pack("z", 1)`, "bad argument #1 to 'pack' (invalid format option 'z')")
	f(`pack("i33", 1)`, "integral size 33 is larger than limit of 32")
	f(`pack("i99999999999999999999", 1)`, "integral size overflow")
	f(`pack("!3i", 1)`, "alignment 3 is not a power of 2")
	f(`pack("!0i", 1)`, "alignment 0 is not a power of 2")
	f(`unpack("i")`, "bad argument #2 to 'unpack' (string expected, got no value)")
	f(`unpack("i", "abc")`, "bad argument #2 to 'unpack' (data string too short)")
	f(`unpack("b", "a", 2)`, "bad argument #2 to 'unpack' (data string too short)")
	f(`unpack("b", "a", 99)`, "bad argument #2 to 'unpack' (data string too short)")
	f(`unpack("b", "a", 2^70)`, "bad argument #2 to 'unpack' (data string too short)")
	f(`unpack("b", "a", 0)`, "bad argument #3 to 'unpack' (offset must be 1 or greater)")
	f(`unpack("b", "a", -2^70)`, "bad argument #3 to 'unpack' (offset must be 1 or greater)")
	f(`unpack("s", "abc")`, "unfinished string in data")
	f(`unpack("c0", "abc")`, "format 'c0' needs a previous size")
	f(`unpack("sc0", "x\0abc")`, "format 'c0' needs a previous size")
	f(`unpack("bc0", "\255abc")`, "bad argument #2 to 'unpack' (data string too short)")
	f(`unpack("dc0", struct.pack("d", 1e300))`,
		"bad argument #2 to 'unpack' (data string too short)")
	f(`unpack(string.rep("b", 7991), string.rep("x", 7991))`,
		"stack overflow (too many results)")
}

func TestLimits(t *testing.T) {
	L := newState(t, host.Limits{Instructions: 20_000, Memory: 1 << 20})
	f := func(source, want string) {
		t.Helper()
		if got := luatest.Eval(L, source); got != want {
			t.Errorf("%.60s\n got %s\nwant %s", source, got, want)
		}
	}
	L.SetGlobal("blanks", lua.LString(strings.Repeat(" ", 30_000)))
	f(`return struct.size(blanks)`, host.NoInstructions)
	L.SetGlobal("long", lua.LString(strings.Repeat("s", 100_000)))
	f(`return #struct.pack("ss", long, long)`, "200002")
	f(`return #struct.pack("ssssssssss", long, long, long, long, long,
		long, long, long, long, long)`, host.NoMemory)
}

func FuzzUnpack(f *testing.F) {
	for _, format := range []string{"b", ">i3!4d", "sc0", "Bc0", "!bhilL", "c5x", "i16", "!8i7d"} {
		f.Add(format, "\x03abc\x00def ghi jkl mno pqr", 1)
	}
	f.Fuzz(func(t *testing.T, format, data string, pos int) {
		L := newState(t, host.Limits{Instructions: 1 << 16, Memory: 1 << 20})
		L.SetGlobal("format", lua.LString(format))
		L.SetGlobal("data", lua.LString(data))
		L.SetGlobal("pos", lua.LNumber(pos))
		luatest.Eval(L, `struct.unpack(format, data, pos)`)
		// Without sizes and what loses bits or bytes, values pack to what they were.
		if strings.ContainsAny(format, "0123456789!xfd\x00") || len(data) > 1<<12 {
			return
		}
		got := luatest.Eval(L, `local t = {struct.unpack(format, data)}
			local n = table.remove(t)
			for i, v in ipairs(t) do if v == v and (v == 2^64 or v == -2^64 or
				type(v) == "number" and (v > 2^53 or v < -2^53)) then return "big" end end
			if struct.pack(format, unpack(t)) ~= string.sub(data, 1, n - 1) then return "other" end`)
		if got == "other" {
			t.Errorf("%q of %q", format, data)
		}
	})
}

func BenchmarkPack(b *testing.B) { bench(b, "pack", `>IHBs`, 1, 2, 3, "text") }
func BenchmarkUnpack(b *testing.B) {
	bench(b, "unpack", ">IHBs", "\x00\x00\x00\x01\x00\x02\x03text\x00")
}

func bench(b *testing.B, fn string, args ...any) {
	L := newState(b, host.Limits{Memory: 8 << 20, Instructions: 1_000_000})
	f := L.GetField(L.GetGlobal("struct"), fn)
	var values []lua.LValue
	for _, a := range args {
		switch a := a.(type) {
		case int:
			values = append(values, lua.LNumber(a))
		case string:
			values = append(values, lua.LString(a))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		host.Of(L).Begin()
		L.Push(f)
		for _, v := range values {
			L.Push(v)
		}
		L.Call(len(values), 1)
		L.Pop(1)
	}
}
