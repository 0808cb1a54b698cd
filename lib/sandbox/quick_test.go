package sandbox

import (
	"strings"
	"testing"

	"heka/lib/msg"
)

// TestQuick wants read_message to return the same with a frame and without: two arguments
// take the long way.
func TestQuick(t *testing.T) {
	long := strings.Repeat("long ", 100)
	m := msg.Message{
		Timestamp: 1e18, Type: "nginx.access", Logger: "", Severity: 6, Payload: long, Pid: 4711,
		EnvVersion: "1", Hostname: "web-1",
		Fields: []msg.Field{
			{Name: "zero", Value: int64(0)}, {Name: "small", Value: int64(127)},
			{Name: "byte", Value: int64(200)}, {Name: "minus", Value: int64(-3)},
			{Name: "large", Value: int64(1 << 62)}, {Name: "float", Value: 0.5},
			{Name: "text", Value: "GET"}, {Name: "empty", Value: ""}, {Name: "long", Value: long},
			{Name: "bytes", Value: []byte{0, 1, 255}}, {Name: "yes", Value: true}, {Name: "no", Value: false},
			{Name: "many", Value: []any{int64(3), int64(4)}}, {Name: "twice", Value: "a"}, {Name: "twice", Value: "b"},
			{Name: "a", Value: "x"}, {Name: "", Value: "nameless"}, {Name: "sevens7", Value: "7"},
			{Name: "sevens7 and more", Value: "m"}, {Name: "sevens7 and less", Value: "l"},
			{Name: strings.Repeat("n", 31), Value: "31"}, {Name: strings.Repeat("n", 32), Value: "32"},
			{Name: "behind", Value: "b"}, {Name: "e", Value: int64(1)},
		},
	}
	names := []string{"Uuid", "Timestamp", "Type", "Logger", "Severity", "Payload", "EnvVersion", "Pid",
		"Hostname", "raw", "unknown", "Fields[none]", "Fields[", ""}
	for _, f := range m.Fields {
		names = append(names, "Fields["+f.Name+"]")
	}
	s := open(t, Decoder, `require "string"
function process_message()
	for round = 1, 2 do
		for name in read_config("names"):gmatch("[^,]*") do
			local short = read_message(name)
			assert(short == read_message(name, 0), name)
			local number = tonumber(name) or 7
			assert(read_message(number) == nil)
		end
		write_message("Fields[text]", "POST")
		assert(read_message("Fields[text]") == "POST")
	end
	local ok, err = pcall(function() return (read_message(nil)) end)
	assert(err == "f.lua:13: bad argument #1 to 'read_message' (string expected, got nil)", err)
	return 0
end`, Config{Values: map[string]any{"names": strings.Join(names, ",")}})
	if _, err := s.Process(view(m)); err != nil {
		t.Error(err)
	}
}

// TestOverridden wants a script to have its own read_message, if it makes one.
func TestOverridden(t *testing.T) {
	s := open(t, Filter, `
local theirs = read_message
function read_message(name) return theirs(name) .. "!" end
function process_message()
	local typ = read_message("Type")
	assert(typ == "x!", typ)
	return 0
end`, Config{})
	if _, err := s.Process(view(msg.Message{Type: "x"})); err != nil {
		t.Error(err)
	}
}

// TestNoAllocs wants nothing allocated for a message, but the numbers that a script
// computes.
func TestNoAllocs(t *testing.T) {
	all, _ := accesses()
	f := func(source string, want float64) {
		t.Helper()
		s := open(t, Filter, source, Config{})
		i := 0
		process := func() {
			if _, err := s.Process(&all[i%10]); err != nil {
				t.Fatal(err)
			}
			i++
		}
		for range 100 {
			process()
		}
		if n := testing.AllocsPerRun(1000, process); n > want {
			t.Errorf("%s: %v allocations, want %v", source, n, want)
		}
	}
	f(emptyScript, 0)
	f(counterScript, 0)
	f(readsScript, 0)
}
