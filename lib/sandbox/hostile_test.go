package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/msg"
	"heka/lib/sandbox/host"
)

// hostile runs process_message with body as a filter with the limits that scripts have by
// default, once for each of messages, and returns how it ended.
func hostile(t *testing.T, body string, messages ...msg.Message) error {
	t.Helper()
	s, err := Compile("x.lua", `require "string" require "table" require "cjson" require "lpeg" require "os"
		function process_message() do `+body+` end return 0 end`)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.New(Config{Use: Decoder, Limits: DefaultLimits,
		Inject: func(*msg.Builder) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if len(messages) == 0 {
		messages = []msg.Message{{Payload: "x"}}
	}
	for _, m := range messages {
		var v msg.View
		v.Reset(m.Append(nil)[msg.HeaderSize:])
		if _, err := b.Process(&v); err != nil {
			return err
		}
	}
	return nil
}

// TestFullStack fills the stack to each of the last places: there is no room for the
// handler of errors then.
func TestFullStack(t *testing.T) {
	for n := 201; n < 204; n++ {
		for _, form := range []string{"r(unpack(t, 1, %d))", "pcall(r, unpack(t, 1, %d)) r(unpack(t, 1, %[1]d))"} {
			err := hostile(t, `local t = {} for i = 1, 8000 do t[i] = i end
				local function r(...) r(...) end `+fmt.Sprintf(form, n))
			if err == nil || !strings.HasSuffix(err.Error(), "x.lua:3: stack overflow") {
				t.Fatalf("%d values: %v", n, err)
			}
		}
	}
}

// TestTime tries single instructions and calls that take long, in a loop: each must be
// charged for what it does, so that the limit ends them soon.
func TestTime(t *testing.T) {
	f := func(name, body, want string) {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			err := hostile(t, body)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
			if d := time.Since(start); d > slow {
				t.Errorf("it took %v", d)
			}
		})
	}
	const steps, memory, two = "instruction_limit", "not enough memory",
		`local a, b = string.rep("a", 2e6) .. "x", string.rep("a", 2e6) .. "x" local n `
	f("equal", two+`while true do n = a == b end`, steps)
	f("less", two+`while true do n = a < b end`, steps)
	f("less or equal", two+`while true do n = a <= b end`, steps)
	f("key", two+`local t = {[a] = 1} while true do n = t[b] end`, steps)
	f("set key", two+`local t = {[a] = 1} while true do t[b] = 2 end`, steps)
	f("constant", `local t = {} while true do t.`+strings.Repeat("x", 1<<18)+` = 1 end`, steps)
	f("arithmetic", `local a = string.rep(" ", 2e6) .. "1" while true do local n = a + 1 end`, steps)
	f("tonumber", `local a = string.rep(" ", 2e6) while true do tonumber(a) end`, steps)
	f("number argument", `local a = string.rep(" ", 2e6) .. 1 while true do string.rep("", a) end`, steps)
	f("length", `local t = {1} while true do t[1e5] = 1 t[1e5] = nil local n = #t end`, steps)
	f("getn", `local t = {1} while true do rawset(t, 1e5, 1) rawset(t, 1e5, nil) table.getn(t) end`, steps)
	f("arguments", `local function f(...) return f(1, ...) end f()`, steps)
	f("results", `local t = {} for i = 1, 7000 do t[i] = i end
		local function f(...) local a = {...} return f(...) end f(unpack(t))`, steps)
	f("errors at the end of the stack", `local function r() pcall(r) pcall(r) end r()`, steps)
	f("handlers at the end of the stack", `local function r() r() end while true do xpcall(r, r) end`, steps)
	f("long errors", `local s = string.rep("x: 1: ", 3e5) while true do pcall(error, s) end`, steps)
	f("not", `local s = string.rep("x", 1e5) local p = (lpeg.P"x" * -lpeg.P(s .. "y"))^0
		while true do p:match(s .. s) end`, steps)
	f("near index", `local t = {} for i = 1, 1e5 do t[i] = {} t[i][6e4] = 1 end`, memory)
	f("small tables", `local t = {} for i = 1, 1e7 do local u = {} u.a = 1 t[i] = u end`, memory)
	f("sparse tables", `local t = {} for i = 1, 1e5 do t[i] = {[20000] = 1} end`, memory)
}

// slow is the longest that a call may take; it is for machines that do other things, too.
const slow = time.Minute

// TestMessages tries messages that are large, or have much of something.
func TestMessages(t *testing.T) {
	fields := make([]msg.Field, 2_000)
	for i := range fields {
		fields[i] = msg.Field{Name: fmt.Sprintf("n%d", i), Value: "v", Rep: "r"}
	}
	array := make([]any, 100_000)
	for i := range array {
		array[i] = "v"
	}
	odd := []msg.Field{{Name: "a]b\x00", Value: "\xff\xfe"}, {Name: "", Value: []byte{0}}, {Name: strings.Repeat("n", 1<<16), Value: true}}
	messages := map[string]msg.Message{
		"fields": {Fields: fields}, "array": {Fields: []msg.Field{{Name: "a", Value: array}}},
		"odd": {Type: "\x00", Hostname: "\xff", Fields: odd}, "payload": {Payload: strings.Repeat("x", 3<<20)},
		"huge": {Payload: strings.Repeat("x", 8<<20)},
	}
	f := func(name, body, want string) {
		t.Run(name+" "+body, func(t *testing.T) {
			start := time.Now()
			err := hostile(t, body, messages[name])
			if text := fmt.Sprint(err); !strings.Contains(text, want) {
				t.Errorf("%v, want %s", text, want)
			}
			if d := time.Since(start); d > slow {
				t.Errorf("it took %v", d)
			}
		})
	}
	const steps, memory, output = "instruction_limit", "not enough memory", "output_limit"
	f("fields", `while true do read_message("Fields[none]") end`, steps)
	f("fields", `local n = 0 while read_next_field() do n = n + 1 end assert(n == 2000)`, "<nil>")
	f("fields", `local t = {} for i = 1, 10 do t[i] = decode_message(read_message("raw")) end`, memory)
	f("fields", `for i = 1, 1e9 do write_message("Fields[x" .. i .. "]", 1) end`, steps)
	f("array", `for i = 0, 99999 do read_message("Fields[a]", 0, i) end`, steps)
	f("array", `assert(#decode_message(read_message("raw")).Fields[1].value == 100000)`, "<nil>")
	f("odd", `local m = decode_message(read_message("raw")) assert(#m.Fields == 3) assert(read_message("Fields[a]b\0]") == "\255\254")`, "<nil>")
	f("odd", `while true do local t, n, v = read_next_field() if not t then break end write_message("Fields[" .. n .. "]", v) end`, "<nil>")
	f("payload", `while true do read_message("Payload") end`, steps)
	f("payload", `while true do read_message("raw") end`, steps)
	f("payload", `while true do write_message("Type", "x") read_message("Type") end`, steps)
	f("payload", `inject_message({Payload = read_message("Payload")})`, output)
	f("huge", `read_message("Payload")`, memory)
	f("odd", `for i = 1, 1e9 do write_message("Fields[x" .. i .. "]", string.rep("x", 1e5)) end`, memory)
	f("odd", `local c = require "circular_buffer".new(100000, 2, 1) while true do pcall(add_to_payload, c) end`, steps)
	f("odd", `local c = require "circular_buffer".new(20000, 2, 1) while true do pcall(add_to_payload, c) end`, steps)
	f("odd", `local c = require "circular_buffer".new(100000, 2, 1) inject_message({Fields = {x = c}})`, output)
	f("odd", `local t = {} for i = 1, 1e5 do t[i] = "x" end while true do pcall(inject_message, {Fields = {x = t}}) end`, steps)
	f("odd", `local t = {} t.Fields = t inject_message(t)`, "unsupported type")
	f("odd", `local t = {x = {}} t.x.value = t inject_message({Fields = t})`, "unsupported type")
}

// TestGrownState wants an end to states that are much longer than what they are of.
func TestGrownState(t *testing.T) {
	f := func(body string) {
		t.Helper()
		s, err := Compile("x.lua", `require "string" `+body+` function process_message() return 0 end`)
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.New(Config{Use: Filter, Limits: DefaultLimits})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		text, err := b.Save(nil)
		if err == nil || !strings.Contains(err.Error(), "serialize_data: more than") {
			t.Errorf("%d bytes, %v", len(text), err)
		}
	}
	f(`t = {} local s = string.rep("x", 1e6) for i = 1, 1e5 do t[i] = s end`)
	f(`t = {} local k = string.rep("x", 1e6) local u = {} t[k] = u for i = 1, 1e5 do u[i] = i end`)
	f(`require "circular_buffer" local c = circular_buffer.new(10000, 10, 1) for i = 1, 1e4 do _G["c" .. i] = c end`)
}

// TestSources tries sources that the parser or the compiler takes long for, or much memory.
func TestSources(t *testing.T) {
	f := func(name, source, want string) {
		t.Helper()
		start := time.Now()
		_, err := Compile("x.lua", source)
		if text := fmt.Sprint(err); !strings.Contains(text, want) {
			t.Errorf("%s: %v, want %s", name, text, want)
		}
		if d := time.Since(start); d > slow {
			t.Errorf("%s took %v", name, d)
		}
	}
	many := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	const levels, registers = "too many syntax levels", "register overflow"
	f("braces", "x = "+strings.Repeat("{", 1e5), levels)
	f("sum", "x = 1"+strings.Repeat("+1", 2e5), levels)
	f("power", "x = 1"+strings.Repeat("^1", 2e5), levels)
	f("not", "x = "+strings.Repeat("not ", 2e5)+"1", levels)
	f("elseif", "if a then "+strings.Repeat("elseif a then ", 7e4)+"end", levels)
	f("blocks", strings.Repeat("do ", 1e5)+strings.Repeat("end ", 1e5), levels)
	f("functions", strings.Repeat("x = function() ", 3e4)+strings.Repeat("end ", 3e4), levels)
	f("calls", "x = a"+strings.Repeat("()", 2e5), levels)
	f("arguments", "f("+strings.Repeat("1, ", 1e5)+"1)", registers)
	f("locals", strings.Repeat("local a; ", 1e5), "too many local variables")
	f("keys", "x = {"+many("a%d = 1, ", 5e4)+"}", "constant table overflow")
	f("texts", "x = {"+many("'k%d', ", 5e4)+"}", "constant table overflow")
	f("numbers", many("x = %d ", 5e4), "constant table overflow")
	f("labels", many("goto l%d ", 2e4)+many("::l%d:: ", 2e4), "constant table overflow")
	f("values", "x = {"+strings.Repeat("1, ", 2e5)+"}", "<nil>")
	f("keys that fit", "x = {"+many("a%d = 1, ", 2e4)+"}", "<nil>")
	f("digits", "x = "+strings.Repeat("9", 9e5), "<nil>")
	f("long bracket", "x = ["+strings.Repeat("=", 5e5)+"[", "syntax error")
	f("zero", "x = \x00", "x.lua:1: ")
	f("binary", "\x1bLua", "compiled Lua is refused")
}

// FuzzCompile wants no source to end the program.
func FuzzCompile(f *testing.F) {
	f.Add("function process_message() return 0 end")
	f.Add("x = a .. b .. 'c' --[[ d ]] goto e ::e::")
	f.Add("#!x\nlocal t = {[1] = [==[ ]] ]==], 'a\\'\"', 0x1e5}")
	f.Fuzz(func(t *testing.T, source string) {
		start := time.Now()
		defer func() {
			if d := time.Since(start); d > slow {
				t.Errorf("it took %v", d)
			}
		}()
		if s, err := Compile("x.lua", source); err == nil {
			if b, err := s.New(Config{Use: Filter, Limits: DefaultLimits}); err == nil {
				b.Close()
			}
		}
	})
}

// FuzzRestore wants no state to end the program, and what is restored and saved once
// more to be the same.
func FuzzRestore(f *testing.F) {
	s, err := Compile("x.lua", `require "circular_buffer" require "bloom_filter"
		require "hyperloglog" require "cuckoo_filter" function process_message() return 0 end`)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("if _PRESERVATION_VERSION and _PRESERVATION_VERSION ~= 0 then return end\n_G[\"a\"] = {}\n_G[\"a\"][1] = \"x\\\ny\"\n")
	f.Add("if _G[\"cb\"] == nil then _G[\"cb\"] = circular_buffer.new(3, 3, 1) end\n_G[\"cb\"]:fromstring(\"1 2 3\")\n")
	f.Add("_G[\"b\"] = 0/0 _G[\"c\"] = -1/0 while true do end")
	f.Fuzz(func(t *testing.T, state string) {
		c := Config{Use: Filter, Limits: DefaultLimits, State: []byte(state)}
		b, err := s.New(c)
		if err != nil {
			return
		}
		defer b.Close()
		saved, err := b.Save(nil)
		if err != nil {
			return
		}
		c.State = saved
		again, err := s.New(c)
		if err != nil {
			t.Fatalf("what was saved can't be restored: %v\n%s", err, saved)
		}
		again.Close()
	})
}

// TestNoFile wants what is no regular file neither read, which may take for ever, nor
// replaced.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.lua")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.lua"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, dir} {
		if _, err := OpenKept(path); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("state %s: %v", path, err)
		}
	}
	for _, name := range []string{"pipe", "dir"} {
		s, err := Compile("x.lua", `require "`+name+`"`)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.New(Config{Use: Filter, Limits: DefaultLimits, Dirs: []string{dir}})
		if err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("module %s: %v", name, err)
		}
	}
}

// FuzzInject wants no table to end the program when it is injected, written as JSON, or
// kept.
func FuzzInject(f *testing.F) {
	s, err := Compile("x.lua", `require "cjson"
		function process_message()
			pcall(inject_message, t)
			pcall(inject_message, {Fields = t})
			pcall(cjson.encode, t)
			return 0
		end`)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("tFields\x00tname\x00svalue\x00n1"))
	f.Add([]byte("tFields\x00tx\x00tvalue\x00t1\x00nn2\x00n..value_type\x00n2"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := s.New(Config{Use: Filter, Limits: DefaultLimits, Inject: func(*msg.Builder) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		b.state.SetGlobal("t", tableOf(b.state, data))
		var v msg.View
		m := msg.Message{Payload: "x"}
		v.Reset(m.Append(nil)[msg.HeaderSize:])
		if _, err := b.Process(&v); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Save(nil); err != nil && !strings.Contains(err.Error(), "serialize_data") {
			t.Fatal(err)
		}
	})
}

// tableOf makes a table of data: a kind, a key, and what is in it; a dot closes a table, and
// an r puts the table into itself.
func tableOf(L *lua.LState, data []byte) *lua.LTable {
	top := L.NewTable()
	open := []*lua.LTable{top}
	for len(data) > 0 {
		kind := data[0]
		text, rest, _ := strings.Cut(string(data[1:]), "\x00")
		data = []byte(rest)
		t := open[len(open)-1]
		var key lua.LValue = lua.LString(text)
		if n, ok := host.ParseNumber(text); ok && n == n && n < 1e4 {
			key = lua.LNumber(n)
		}
		switch kind {
		case 't':
			inner := L.NewTable()
			t.RawSet(key, inner)
			open = append(open, inner)
		case '.':
			open = open[:max(len(open)-1, 1)]
		case 'r':
			t.RawSet(key, t)
		case 'n':
			t.RawSet(key, lua.LNumber(len(data)))
		case 'b':
			t.RawSet(key, lua.LTrue)
		case 'f':
			t.RawSet(key, L.GetGlobal("pcall"))
		default:
			t.RawSet(key, lua.LString(text))
		}
	}
	return top
}
