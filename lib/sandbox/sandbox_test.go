package sandbox

import (
	"errors"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/sandbox/host"
)

// view returns the view of m.
func view(m msg.Message) *msg.View {
	var v msg.View
	v.Reset(m.Append(nil)[msg.HeaderSize:])
	return &v
}

func open(t testing.TB, use Use, source string, c Config) *Sandbox {
	t.Helper()
	s, err := Compile("f.lua", source)
	if err != nil {
		t.Fatal(err)
	}
	c.Use = use
	if c.Limits == (host.Limits{}) {
		c.Limits = DefaultLimits
	}
	b, err := s.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// TestErrors has the texts that Heka had.
func TestErrors(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		source := "require 'string'\nfunction process_message()\n" + line + "\nend"
		b := open(t, Filter, source, Config{})
		_, err := b.Process(view(msg.Message{Type: "x"}))
		if err == nil {
			t.Fatalf("%s: no error", line)
		}
		var e *Error
		if !errors.As(err, &e) || e.Text != "process_message() "+want && e.Text != want {
			t.Errorf("%s\n got %s\nwant process_message() %s", line, err, want)
		}
	}
	f("require 'unknown'", "f.lua:3: module 'unknown' not found:\n\tno file 'unknown.lua'\n\tno file 'unknown.so'")
	f("add_to_payload()", "f.lua:3: bad argument #0 to 'add_to_payload' (must have at least one argument)")
	f("x = x + 1", "f.lua:3: attempt to perform arithmetic on global 'x' (a nil value)")
	f("local y; return y * 2", "f.lua:3: attempt to perform arithmetic on local 'y' (a nil value)")
	f("return -{}", "f.lua:3: attempt to perform arithmetic on a table value")
	f("local t = {} return t.a.b", "f.lua:3: attempt to index field 'a' (a nil value)")
	f("x.y = 1", "f.lua:3: attempt to index global 'x' (a nil value)")
	f("return 'a' .. x", "f.lua:3: attempt to concatenate global 'x' (a nil value)")
	f("return x .. 'a' .. 'b'", "f.lua:3: attempt to concatenate global 'x' (a nil value)")
	f("return #x", "f.lua:3: attempt to get length of global 'x' (a nil value)")
	f("return 1 < {}", "f.lua:3: attempt to compare number with table")
	f("return {} < {}", "f.lua:3: attempt to compare two table values")
	f("write_message('Type', 'x')", "f.lua:3: attempt to call global 'write_message' (a nil value)")
	f("string.foo()", "f.lua:3: attempt to call field 'foo' (a nil value)")
	f("", "process_message() must return a numeric status code")
	f("return 'x'", "process_message() must return a numeric status code")
	f("return -1, 1", "process_message() must return a nil or string error message")
	f("read_message('Type', 0, 0, 0)", "f.lua:3: read_message() incorrect number of arguments")
	f("read_message(nil)", "f.lua:3: bad argument #1 to 'read_message' (string expected, got nil)")
	f("read_message('Type', -1)", "f.lua:3: bad argument #2 to 'read_message' (field index must be >= 0)")
	f("read_message('Type', 0, -1)", "f.lua:3: bad argument #3 to 'read_message' (array index must be >= 0)")
	f("read_config()", "f.lua:3: read_config() must have a single argument")
	f("read_next_field('x')", "f.lua:3: read_next_field() takes no arguments")
	f("while true do end", "instruction_limit exceeded")
	f("while true do pcall(function() while true do end end) end", "instruction_limit exceeded")
	f("return pcall(function() while true do end end)", "instruction_limit exceeded")
	f("local t = {} for i = 1, 1e9 do t[i] = {i} end", "not enough memory")
	f("local s = 'x' while true do s = s .. s end", "not enough memory")
	f("local t = {} for i = 1, 100 do t[i] = {} t[i][2^16 - 1] = 1 end", "not enough memory")
	f("local s = string.rep('x', 102) while true do add_to_payload(s) end", "f.lua:3: output_limit exceeded")
	f("error('mine')", "f.lua:3: mine")
	f("error({})", "(error object is a table value)")
	f("inject_message(1)", "f.lua:3: inject_message() takes a single string or table argument")
	f("inject_message({Fields = {a = {}}})", "f.lua:3: inject_message() could not encode protobuf - unsupported type: nil")
	f("inject_message({Fields = {a = {1, 'x'}}})", "f.lua:3: inject_message() could not encode protobuf - array has mixed types")
	f("inject_message('junk')", "f.lua:3: inject_message() protobuf unmarshal failed")
	f("inject_payload(nil)", "f.lua:3: bad argument #1 to 'inject_payload' (string expected, got nil)")
	f("local function g(n) return 1 + g(n) end g(1)", "f.lua:3: stack overflow")
}

func TestCompileErrors(t *testing.T) {
	f := func(source, want string) {
		t.Helper()
		_, err := Compile("f.lua", source)
		if err == nil || err.Error() != want {
			t.Errorf("%.40q:\n got %v\nwant %s", source, err, want)
		}
	}
	f("x = = 1", "f.lua:1: syntax error near '='")
	f("x = 1\nif", "f.lua: syntax error near '<eof>'")
	f("\x1bLua", "f.lua: compiled Lua is refused: give the source")
	f("x = "+strings.Repeat("(", 1e6), "f.lua:1: chunk has too many syntax levels")
	f("x = "+strings.Repeat("not ", 1e5)+"1", "f.lua:1: chunk has too many syntax levels")
	f(strings.Repeat("do ", 1e5)+strings.Repeat("end ", 1e5), "f.lua:1: chunk has too many syntax levels")
}
