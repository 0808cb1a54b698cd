package sandbox

import (
	"strings"
	"testing"

	"heka/lib/encode"
	"heka/lib/frame"
	"heka/lib/msg"
)

// sample is what the tests of the API read.
var sample = msg.Message{
	Uuid:      [16]byte{0x01, 0x9a, 0xde, 0xad, 0xbe, 0xef, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x2a},
	Timestamp: 1_500_000_000_000_000_000, Type: "TEST", Logger: "GoSpec", Severity: 6, Payload: "a\x00b",
	EnvVersion: "0.8", Pid: 4321, Hostname: "my.host.name",
	Fields: []msg.Field{
		{Name: "foo", Value: "bar"},
		{Name: "number", Value: int64(64), Rep: "ms"},
		{Name: "floats", Value: []any{1.5, 2.5}},
		{Name: "foo", Value: "alternate"},
		{Name: "yes", Value: true},
		{Name: "bytes", Value: []byte("xyz")},
	},
}

// say runs the body of a process_message of the sample, with say(...) that adds its
// arguments and a blank to the payload, and returns that.
func say(t *testing.T, use Use, body string) string {
	t.Helper()
	var out []string
	b := open(t, use, `local function say(...)
		for i = 1, select("#", ...) do local v = select(i, ...) add_to_payload(v, " ") end
	end
	function process_message() `+body+` inject_payload("txt", "said") return 0 end`, Config{
		Name: "f", Hostname: "host.example",
		Values: map[string]any{"text": "x", "number": 3.0, "flag": true},
		Inject: func(b *msg.Builder) error {
			out = append(out, strings.TrimSpace(string(b.Payload)))
			return nil
		},
		Output: func(text []byte) error {
			out = append(out, strings.TrimSpace(string(text)))
			return nil
		},
	})
	if _, err := b.Process(view(sample)); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return strings.Join(out, "|")
}

func TestRead(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		if got := say(t, Filter, body); got != want {
			t.Errorf("%s\n got %q\nwant %q", body, got, want)
		}
	}
	f(`say(read_message("Type"), read_message("Logger"), read_message("Severity"), read_message("Pid"))`, "TEST GoSpec 6 4321")
	f(`say(read_message("EnvVersion"), read_message("Hostname"), #read_message("Payload"))`, "0.8 my.host.name 3")
	f(`say(read_message("Timestamp"), #read_message("Uuid"))`, "1.5e+18 16")
	f(`say(read_message("Fields[foo]"), read_message("Fields[foo]", 1), read_message("Fields[foo]", 2))`, "bar alternate nil")
	f(`say(read_message("Fields[number]"), read_message("Fields[yes]"), read_message("Fields[bytes]"))`, "64 true xyz")
	f(`say(read_message("Fields[floats]"), read_message("Fields[floats]", 0, 1), read_message("Fields[floats]", 0, 2))`,
		"1.5 2.5 nil")
	f(`say(read_message("Fields[missing]"), read_message("nothing"), read_message("Fields[foo"))`, "nil nil nil")
	f(`say(read_config("text"), read_config("number"), read_config("flag"), read_config("none"))`, "x 3 true nil")
	f(`while true do
		local typ, name, value, rep, count = read_next_field()
		if not typ then break end
		say(typ, name, value, rep, count)
	end`, "0 foo bar  1 2 number 64 ms 1 3 floats 1.5  2 0 foo alternate  1 4 yes true  1 1 bytes xyz  1")
	f(`local m = decode_message(read_message("raw"))
		say(m.Type, m.Severity, m.Pid, #m.Fields, m.Fields[2].name, m.Fields[2].value[1], m.Fields[2].representation,
		m.Fields[2].value_type, m.Fields[3].value[2])`, "TEST 6 4321 6 number 64 ms 2 2.5")
	f(`local function two() return 1, 2 end local t = {"x", [true] = two()} say(#t, t[2], t[true])`, "1 nil 1")
	f(`local t = {} t["a"] = 1 local n = 0 pcall(error, "e") local function f() n = n + 1 end pcall(f) say(n)`, "1")
	f(`add_to_payload(1.2, " string ", nil, " ", true, " ", false, " ", 1/3, " ", 0/0, " ", 1/0, " ", 2^40)`,
		"1.2 string nil true false 0.33333333 nan inf 1099511627776")
}

func TestWrite(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		b := open(t, Decoder, "function process_message() "+body+" return 0 end", Config{})
		m := view(sample)
		if _, err := b.Process(m); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		got := string(encode.NewJSON(false).Append(nil, b.Message(m)))
		if !strings.Contains(got, want) {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
	f(`write_message("Type", "new")`, `"Type":"new"`)
	f(`write_message("Severity", 3) write_message("Pid", "12")`, `"Severity":3,`)
	f(`write_message("Uuid", "01234567-89ab-cdef-0123-456789abcdef")`, `"Uuid":"01234567-89ab-cdef-0123-456789abcdef"`)
	f(`write_message("Timestamp", 1e18)`, `"Timestamp":"2001-09-09T01:46:40Z"`)
	f(`write_message("Timestamp", "2014-01-02T03:04:05Z")`, `"Timestamp":"2014-01-02T03:04:05Z"`)
	f(`write_message("Timestamp", "1388631845000000000")`, `"Timestamp":"2014-01-02T03:04:05Z"`)
	f(`write_message("Fields[new]", 5, "count")`, `"new":5}`)
	f(`write_message("Fields[foo]", "x", "", 1)`, `"foo":["bar","x"]`)
	f(`write_message("Fields[foo]", "third", "", 2)`, `"foo":["bar","alternate","third"]`)
	f(`write_message("Fields[floats]", 3, "", 0, 2)`, `"floats":[1.5,2.5,3]`)
	f(`write_message("Fields[number]", 65)`, `"number":65`)
	f(`write_message("Fields[foo]", nil)`, `"Fields":{"number":64,"floats":[1.5,2.5],"foo":"alternate"`)
	f(`write_message("Fields[floats]", nil, "", 0, 0)`, `"floats":[2.5]`)
	f(`write_message("Type", "x") write_message("Logger", read_message("Type"))`, `"Logger":"x"`)

	f = func(body, want string) {
		t.Helper()
		b := open(t, Decoder, "function process_message() "+body+" return 0 end", Config{})
		if _, err := b.Process(view(sample)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", body, err, want)
		}
	}
	f(`write_message("Type")`, "write_message() incorrect number of arguments")
	f(`write_message("Type", "x", "", 0, 0, 0)`, "write_message() incorrect number of arguments")
	f(`write_message(nil, "x")`, "bad argument #1 to 'write_message' (string expected, got nil)")
	f(`write_message("Fields[x]", "x", "", -1)`, "bad argument #4 to 'write_message' (field index must be >= 0)")
	f(`write_message("Fields[x]", "x", "", 0, -1)`, "bad argument #5 to 'write_message' (array index must be >= 0)")
	f(`write_message("Fields[x]", {})`,
		"write_message() only accepts numeric, string, or boolean field values, or nil to delete")
	for _, bad := range []string{`"bogus", "x"`, `"Fields[x", "x"`, `"Severity", true`, `"Hostname", 1`, `"Uuid", ""`,
		`"Timestamp", "yesterday"`, `"Fields[foo]", 1`, `"Fields[foo]", "x", "", 3`, `"Fields[foo]", nil, "", 7`,
		`"Fields[floats]", 1, "", 0, 3`} {
		f("write_message("+bad+")", "write_message() failed")
	}
}

func TestInject(t *testing.T) {
	f := func(use Use, body, want string) {
		t.Helper()
		var got []string
		b := open(t, use, "function process_message() "+body+" return 0 end", Config{
			Name: "my filter", Hostname: "host.example",
			Inject: func(b *msg.Builder) error {
				var v msg.View
				v.Reset(b.Append(nil)[msg.HeaderSize:])
				got = append(got, strings.TrimSpace(string(encode.NewJSON(false).Append(nil, &v))))
				return nil
			},
		})
		if _, err := b.Process(view(sample)); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if s := strings.Join(got, "\n"); s != want {
			t.Errorf("%s\n got %s\nwant %s", body, s, want)
		}
	}
	f(Filter, `inject_message({Type = "x", Logger = "mine", Hostname = "mine", Payload = "p", Severity = 3, Pid = 9,
		Timestamp = 1e18, Fields = {a = 1}})`,
		`{"Timestamp":"2001-09-09T01:46:40Z","Type":"heka.sandbox.x","Logger":"my filter","Severity":3,"Payload":"p","Pid":9,`+
			`"Hostname":"host.example","Fields":{"a":1}}`)
	f(Filter, `inject_message({Fields = {{name = "a", value = {1, 2}, value_type = 2, representation = "ms"},
		{name = "b", value = "x", value_type = 1}, {name = "a", value = 3}, {name = "c", value = true}}})`,
		`{"Timestamp":"2017-07-14T02:40:00Z","Type":"heka.sandbox.","Logger":"my filter","Hostname":"host.example",`+
			`"Fields":{"a":[[1,2],3],"b":"eA==","c":true}}`)
	f(Filter, `inject_payload("csv", "rows", 1, ",", 2)`,
		`{"Timestamp":"2017-07-14T02:40:00Z","Type":"heka.sandbox-output","Logger":"my filter","Payload":"1,2",`+
			`"Hostname":"host.example","Fields":{"payload_type":"csv","payload_name":"rows"}}`)
	f(Filter, `inject_payload("csv", "rows")`, "")
	f(Decoder, `inject_message({Payload = "one", Fields = {n = 1}}) inject_message({Type = "two"})`,
		`{"Timestamp":"2017-07-14T02:40:00Z","Type":"TEST","Logger":"GoSpec","Severity":6,"Payload":"one","EnvVersion":"0.8",`+
			`"Pid":4321,"Hostname":"my.host.name","Uuid":"019adead-beef-7000-8000-00000000002a","Fields":{"n":1}}`+"\n"+
			`{"Timestamp":"2017-07-14T02:40:00Z","Type":"two","Logger":"GoSpec","Severity":6,"EnvVersion":"0.8",`+
			`"Pid":4321,"Hostname":"my.host.name","Uuid":"019adead-beef-7000-8000-00000000002a"}`)
	pb := frame.AppendProtobuf(nil, view(msg.Message{Uuid: sample.Uuid, Timestamp: 5, Type: "pb", Severity: msg.DefaultSeverity}))
	f(Filter, `inject_message(`+quoted(string(pb))+`)`,
		`{"Timestamp":"1970-01-01T00:00:00.000000005Z","Type":"heka.sandbox.pb","Logger":"my filter",`+
			`"Hostname":"host.example","Uuid":"019adead-beef-7000-8000-00000000002a"}`)
}

func TestInjectLimits(t *testing.T) {
	f := func(c Config, body, want string) {
		t.Helper()
		if c.Inject == nil {
			c.Inject = func(*msg.Builder) error { return nil }
		}
		b := open(t, Filter, "function process_message() "+body+" return 0 end\nfunction timer_event() "+body+" end", c)
		_, err := b.Process(view(sample))
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", body, err, want)
		}
	}
	f(Config{MaxProcessInject: 1}, `inject_payload("a", "", 1) inject_payload("a", "", 1)`,
		"inject_payload() exceeded InjectMessage count")
	f(Config{MaxProcessInject: 1}, `inject_message({}) inject_message({})`, "inject_message() exceeded InjectMessage count")
	f(Config{Inject: func(*msg.Builder) error { return RefuseSelf }}, `inject_message({})`, "inject_message() "+string(RefuseSelf))
	long := strings.Repeat("x", 64<<10)
	f(Config{}, `inject_message({Payload = "`+long+`"})`, "output_limit exceeded")
	f(Config{}, `inject_message({Fields = {a = "`+long+`"}})`, "output_limit exceeded")
	f(Config{}, `local t = {} t.t = t inject_message({Fields = {a = t}})`, "could not encode protobuf - unsupported type: nil")
	f(Config{}, `local t = {} t[1] = t inject_message({Fields = {a = t}})`, "could not encode protobuf - unsupported array type: table")
	f(Config{}, `inject_message({Fields = {a = print or inject_message}})`, "unsupported type: function")
}

// TestUses has which functions exist where.
func TestUses(t *testing.T) {
	all := []string{"require", "read_config", "decode_message", "read_message", "read_next_field", "write_message",
		"inject_message", "inject_payload", "add_to_payload", "coroutine", "collectgarbage", "print",
		"dofile", "load", "loadfile", "loadstring", "newproxy", "io", "package", "debug", "string", "os"}
	f := func(use Use, want string) {
		t.Helper()
		b := open(t, use, `names = ""
			for _, n in ipairs({"`+strings.Join(all, `","`)+`"}) do
				if _G[n] ~= nil then names = names .. n .. " " end
			end
			function process_message() return -1, names end`, Config{})
		var m *msg.View
		if use != Input {
			m = view(sample)
		}
		r, err := b.Process(m)
		if err != nil || r.Text != want+" " {
			t.Errorf("%s: %v\n got %s\nwant %s", use, err, r.Text, want)
		}
	}
	f(Input, "require read_config decode_message inject_message coroutine collectgarbage newproxy")
	f(Decoder, "require read_config decode_message read_message read_next_field write_message inject_message inject_payload add_to_payload")
	f(Filter, "require read_config decode_message read_message read_next_field inject_message inject_payload add_to_payload")
	f(Encoder, "require read_config decode_message read_message read_next_field write_message inject_message inject_payload add_to_payload")
	f(Output, "require read_config decode_message read_message read_next_field coroutine collectgarbage newproxy")
}

// TestEscapes has what a script may try.
func TestEscapes(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		b := open(t, Filter, `require "string" require "os"
			function process_message() `+body+` return -1, "through" end`, Config{})
		r, err := b.Process(view(sample))
		got := r.Text
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
	for _, name := range []string{"io", "debug", "package", "../../etc/passwd", "/etc/passwd", "..", "a/../b", "socket", "ffi", ""} {
		f(`require "`+name+`"`, "not found")
	}
	f(`os.execute("true")`, "attempt to call field 'execute' (a nil value)")
	f(`os.remove("x")`, "attempt to call field 'remove' (a nil value)")
	f(`os.getenv("HOME")`, "attempt to call field 'getenv' (a nil value)")
	f(`getmetatable("").__index = nil; if (("x"):rep(2)) ~= "xx" then error("broken") end`, "")
	f(`string.dump(process_message)`, "unable to dump")
	f(`setfenv(1, {}) string.rep("x", 2)`, "attempt to index global 'string' (a nil value)")
}
