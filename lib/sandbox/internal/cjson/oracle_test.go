package cjson

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/luatest"
)

// harness runs each text of the table snippets as a function, and puts what came
// out, in one way of writing, into the table results.
const harness = `
if cjson.decode_null then cjson.decode_null(true) end
local function dump(v)
  if v == cjson.null then return "null" end
  if type(v) == "number" then
    if v ~= v then return "nan" end
    if v == 1/0 then return "inf" elseif v == -1/0 then return "-inf" end
    return string.format("%.17g", v)
  end
  if type(v) == "string" then
    return '"' .. string.gsub(v, "[^ !#-~]", function(c)
      return "<" .. string.byte(c) .. ">" end) .. '"'
  end
  if type(v) ~= "table" then return tostring(v) end
  local out = {}
  for k, x in pairs(v) do out[#out + 1] = dump(k) .. "=" .. dump(x) end
  table.sort(out)
  return "{" .. table.concat(out, ",") .. "}"
end
results = {}
for i, s in ipairs(snippets) do
  local f = assert(loadstring(s, "=s"))
  local got = {pcall(f)}
  local ok = got[1]
  for j = 1, 6 do
    local v = got[j]
    if not ok and j == 2 then v = string.gsub(v, "^=?s:%d+: ", "") end
    if v ~= nil then got[j] = dump(v) end
  end
  results[i] = table.concat(got, " | ")
  cjson.encode_sparse_array(false, 2, 10)
  cjson.encode_max_depth(1000)
  cjson.decode_max_depth(1000)
  cjson.encode_number_precision(14)
  cjson.encode_invalid_numbers(false)
  cjson.decode_invalid_numbers(true)
end
`

// quote writes s as a string of Lua.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "\\%03d", c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// TestOracle runs every snippet here and with Debian's lua5.1 and lua-cjson.
func TestOracle(t *testing.T) {
	if err := exec.Command("lua5.1", "-e", `require "cjson"`).Run(); err != nil {
		t.Skip("lua5.1 with lua-cjson is not installed: ", err)
	}
	snippets := oracleSnippets()
	var list bytes.Buffer
	list.WriteString("snippets = {\n")
	for _, s := range snippets {
		list.WriteString(quote(s) + ",\n")
	}
	list.WriteString("}\n")
	program := list.String() + harness

	cmd := exec.Command("lua5.1", "-")
	cmd.Stdin = strings.NewReader("cjson = require 'cjson'\n" + program +
		"for _, r in ipairs(results) do print(r) end\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("lua5.1: %v", err)
	}
	want := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")

	L := luatest.New(t, Module, host.Limits{})
	if err := L.DoString(program); err != nil {
		t.Fatal(err)
	}
	results := L.GetGlobal("results").(*lua.LTable)
	if len(want) != len(snippets) || results.Len() != len(snippets) {
		t.Fatalf("%d snippets, %d results here, %d of the oracle",
			len(snippets), results.Len(), len(want))
	}
	for i, s := range snippets {
		if got := results.RawGetInt(i + 1).String(); got != want[i] {
			t.Errorf("%s\n got %s\nwant %s", s, got, want[i])
		}
	}
	t.Logf("%d snippets", len(snippets))
}

// oracleSnippets returns the bodies of functions.
func oracleSnippets() (all []string) {
	for _, text := range decodeTexts() {
		all = append(all,
			"local v = cjson.decode("+quote(text)+") return v",
			"cjson.decode_invalid_numbers(false) local v = cjson.decode("+quote(text)+") return v")
	}
	for _, v := range encodeValues {
		all = append(all, "local v = cjson.encode("+v+") return v")
	}
	for _, v := range encodeNumbers {
		for p := 1; p <= 14; p++ {
			all = append(all, fmt.Sprintf(
				"cjson.encode_number_precision(%d) local v = cjson.encode(%s) return v", p, v))
		}
	}
	for _, set := range []string{"'null'", "true", "'on'", "'off'", "false"} {
		for _, v := range []string{"1/0", "-1/0", "0/0", "-(0/0)", "{[1/0]=1}", "{1/0}"} {
			all = append(all, "cjson.encode_invalid_numbers("+set+
				") local v = cjson.encode("+v+") return v")
		}
	}
	for _, set := range []string{"true, 2, 3", "false, 2, 3", "false, 0, 3", "true, 1, 0"} {
		for _, v := range sparse {
			all = append(all, "cjson.encode_sparse_array("+set+
				") local v = cjson.encode("+v+") return v")
		}
	}
	for _, fn := range []string{"encode_sparse_array", "encode_max_depth", "decode_max_depth",
		"encode_number_precision", "encode_invalid_numbers", "decode_invalid_numbers"} {
		for _, args := range settings {
			all = append(all, "local a, b, c, d = cjson."+fn+"("+args+") return a, b, c, d")
		}
	}
	return append(all, otherSnippets...)
}

var settings = []string{"", "1", "5", "0", "-1", "14", "15", "'null'", "'on'", "'off'", "'x'",
	"true", "false", "nil", "{}", "1.5", "'3'", "2^31", "2^31-1", "2^40", "2^32+5", "1,2",
	"true,1,2", "true,3,4,5", "nil,0,0", "nil,-1,0", "nil,1,-1", "nil,nil,nil", "0/0",
	"'x',-1,-1", "print", "true,'4',' 5 '"}

var sparse = []string{"{[100]=1}", "{[3]=1}", "{[4]=1}", "{1,2,[7]=1}", "{1,2,[6]=1}", "{}",
	"{1,2,3}", "{[2]=1}", "{[5]=1,[6]=1}"}

var encodeNumbers = []string{"0", "-1", "1/3", "-2/3", "123456", "1e20", "100", "99999.5", "0.1",
	"1e-5", "1e-4", "0.00012345", "123456789012345", "99999999999999", "1e14", "1e15", "5e-324",
	"1.7976931348623157e308", "0.30000000000000004", "2^53", "100000", "-99999", "1.5", "1e100",
	"9999999999999.95", "0.000099999999999999995", "314159.26535897932"}

var encodeValues = []string{"", "1, 2", "nil", "cjson.null", "true", "false", "'abc'", "''",
	"print", "{}", "{1,2,nil,4}", "{[1]=1,[100]=2}", "{[3]=1}", "{[11]=1}", "{[0]=1}", "{[1.5]=1}",
	"{[true]=1}", "{a=print}", "{[-1]=1}", "{{}}", "{{},{}}", "{a={}}", "{a={b={c={1}}}}",
	"{[2.5]=1}", "{[1e300]=1}", "{[1/0]=1}", "{[cjson.null]=1}", "{cjson.null}",
	"setmetatable({}, {__index = function() return 1 end})",
	"setmetatable({1, 2}, {__len = function() return 5 end})",
	"{'a','b'}", "{1, 'x', true, false, cjson.null, {}}", "{['']=1}", "{['a\"b/c\\\\']=1}",
	"{nil}", "{nil, 1}", "{[1]=1,[2]=2,[3]=3,[4]=4}", "{['1']=1}", "1/0", "0/0", "{0/0}",
	"coroutine and nil", "'\\127\\128\\255'", "'\\0'", "string.rep('x', 5000)",
	"string.rep('/', 1000)",
}

var otherSnippets = []string{
	"local t = {} t.a = t local v = cjson.encode(t) return v",
	"local t = {} t[1] = t local v = cjson.encode(t) return v",
	"local v = cjson.encode(setmetatable({1}, {__tostring = print})) return v",
	"local s = '' for i = 0, 255 do s = s .. string.char(i) end " +
		"local v = cjson.encode(s) return v",
	"local s = '' for i = 1, 255 do s = s .. string.char(i) end " +
		"local v = cjson.decode(cjson.encode(s)) return v == s",
	"return cjson.decode('[null]')[1] == cjson.null, cjson.decode('null') == cjson.null",
	"return type(cjson.null), cjson._NAME, cjson._VERSION",
	"cjson.encode_max_depth(2) local v = cjson.encode({{1}}) return v",
	"cjson.encode_max_depth(2) local v = cjson.encode({{{1}}}) return v",
	"cjson.encode_max_depth(2) local v = cjson.encode({{a={1}}}) return v",
	"cjson.decode_max_depth(2) local v = cjson.decode('[[1]]') return v",
	"cjson.decode_max_depth(2) local v = cjson.decode('[[[1]]]') return v",
	"cjson.decode_max_depth(2) local v = cjson.decode('[{\"a\":{}}]') return v",
	"cjson.decode_max_depth(3) local v = cjson.decode('[{\"a\":{}}]') return v",
	"local v = cjson.decode(string.rep('[', 1000) .. string.rep(']', 1000)) return type(v)",
	"local v = cjson.decode(string.rep('[', 1001)) return v",
	"local v = cjson.decode(string.rep('{\"a\":', 1001)) return v",
	"local v = cjson.decode() return v", "local v = cjson.decode(nil) return v",
	"local v = cjson.decode(12) return v", "local v = cjson.decode({}) return v",
	"local v = cjson.decode('1', '2') return v", "local v = cjson.decode(true) return v",
	"local v = cjson.decode('{\"a\":1,\"b\":[1,2,{\"c\":null}]}') " +
		"return cjson.decode(cjson.encode(v))",
	"local t = cjson.decode('{\"b\":1,\"a\":2}') t.c = 3 t.b = nil local n = 0 " +
		"for k, v in pairs(t) do n = n + v end return n, t, next({}), t.zzz",
	"local t = cjson.decode('[1,2,3]') t[4] = 4 t[#t + 1] = 5 table.remove(t, 1) return t, #t",
	"local t = cjson.decode('[]') t[1] = 1 t.x = 2 return t",
	"local t = cjson.decode('{}') t[1] = 1 t.x = 2 return t",
}

// decodeTexts are texts to decode: what can be found of corners, and every
// beginning of a longer one.
func decodeTexts() []string {
	texts := []string{"nul", "null", "tru", "true", "false", "[1,]", "[,]", "{", "}", "[", "]",
		"{1:2}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b"}`, "[1 2]", "1 2", "01", "-", "-01",
		"1.", "1e", "1e5", "0x10", "nan", "NaN", "inf", "Infinity", "-inf", "-Infinity", "infinity",
		"-nan", "-NaN", "+1", ".5", "-.5", "1.e5", `"`, `"\`, `"\x"`, `"\u12"`, `"\u12G4"`,
		`"\ud800"`, `"\ud800\u0041"`, `"\udc00"`, `"\ud83d\ude00"`, `"\u0000"`, "\"\x01\"",
		"\"\n\"", "\"\x7f\"", "\"\xff\"", "'a'", "[1]x", "//", "\xef\xbb\xbf1", "{\"a\":1}\x00",
		"\x00", "[1,\x00]", "[1,2\x00]", "  [ 1 , 2 ]  ", "truex", "nullx", "falsee", "[truex]",
		"1x", "1true", "--1", "1e400", "-1e400", "1e-400", "123456789012345678901234567890", "0x",
		"0x1p4", "0X1F", "-0x10", "0.1.2", "1e5.5", "i", "n", "in", "na", "nano", "infinit", "I",
		"N", "t", "f", "0e1", "00", "0", "-0", "- 1", "\v1", "\f1", "\t\r\n 1", `{"a":1,"a":2}`,
		"[{}]", `{"a" 1}`, `{"a":1}}`, `"abc`, `"\/\b\f\n\r\t\\\""`, ":", ",", "[:]", "{,}",
		"{null:1}", "{true:1}", "{false:1}", `{"1":1}`, "[1.", "[nul]", "\x01", "@", "[@]", "{@}",
		`{"a"@`, "[1@", "\"a\x00b\"", `"ab\x"`, `{"a\x":1}`, `{"abc`, "+", "+a", "+-1", "nan(abc)",
		"nan(", "nanx", "-nan(1)", "nan()", "nan(a.b)", "0x.8", "0x1.8p3", "0x1p", "0x1p+", "-0x",
		"-0xg", "0x1.", "0x.", "+.5", "+0x1", "-i", "-n", "iNf", "NAN", "1e+", "1e-", "1e+5", "-e",
		"-1e", "\x00\x00", "a\x00", "\x00a", "[\x00", "[ \x00", `"\ud83d\ud83d"`, `"\ud83d\ude0"`,
		`"\ud83dx"`, `"\uD83D\uDE00\u00e9\u20ac"`, `"\uDFFF"`, `"\u00e`, `"\u`, "[1,2]]",
		`{"a":1,"b"`, `{"a":nul}`, `{"a":"\q"}`, `["a",tru]`, " ", "\n[", "1 ", `"a" "b"`,
		"nullnull", "null null", "[null null]", "[true false]", "[1 false]", "-0.0", "1E5", "1e05",
		"1.5e3", "0.1e-7", "100000000000000000000000", "0.30000000000000004", "1e22", "1e23",
		"123456789.123456789", "2.2250738585072011e-308", "5e-324", "1.7976931348623157e308",
		"1.7976931348623159e308", "999999999999999", "9999999999999999", "0.000000000000001",
		"123456789012.345", "1234567890123.456", "-12.5", `\`, `"\"`, `"\\`, "[1,,2]", `{"a",1}`,
		`{"a"::1}`, "{1}", "{[]}", "{{}}", "[}", "{]", "[1}", `{"a":1]`, `{"a":1,"b":2,"a":null}`,
		"[null]", "[1,null]", "[null,1]", "[null,null]", `{"":""}`, "1\x002", "[1]\x00]",
	}
	const long = ` {"time":1.5e9,"a":[1,-2.25,true,false,null,{"x":"\u00e9\n"}],"b":"\"q\""} `
	for i := range long {
		texts = append(texts, long[:i])
		texts = append(texts, long[:i]+"#"+long[i+1:])
	}
	return append(texts, long)
}
