package sandbox

import (
	"strings"
	"testing"

	"heka/lib/msg"
)

// made returns the message that a decoder makes of sample, which has no fields.
func made(t *testing.T, body string) msg.Message {
	t.Helper()
	var got msg.Message
	b := open(t, Decoder, body, Config{Inject: func(m *msg.Builder) error {
		var v msg.View
		v.Reset(m.Append(nil)[msg.HeaderSize:])
		got = v.Message()
		return nil
	}})
	if _, err := b.Process(view(msg.Message{Type: "t", Severity: 6, Pid: 1})); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return got
}

// TestNumbersInText has headers as LPeg's substitutions give them.
func TestNumbersInText(t *testing.T) {
	f := func(table string, severity, pid int64) {
		t.Helper()
		m := made(t, "function process_message() inject_message("+table+") return 0 end")
		if m.Severity != severity || m.Pid != pid {
			t.Errorf("%s: severity %d, pid %d, want %d, %d", table, m.Severity, m.Pid, severity, pid)
		}
	}
	f(`{Severity = "3", Pid = "0x10"}`, 3, 16)
	f(`{Severity = 3.0, Pid = 12}`, 3, 12)
	f(`{Severity = "three", Pid = {}}`, 6, 1)
	f(`{}`, 6, 1)
}

// TestFieldErrors has the texts for what can't be a field.
func TestFieldErrors(t *testing.T) {
	f := func(field, want string) {
		t.Helper()
		b := open(t, Filter, `require "bloom_filter"
			function process_message() inject_message{Fields = {f = `+field+`}} return 0 end`,
			Config{Inject: func(*msg.Builder) error { return nil }})
		_, err := b.Process(view(msg.Message{}))
		want = "process_message() f.lua:2: inject_message() could not encode protobuf - " + want
		if err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", field, err, want)
		}
	}
	f(`{}`, "unsupported type: nil")
	f(`{1, "two"}`, "array has mixed types")
	f(`{{1}, {2}}`, "unsupported array type: table")
	f(`{value = "s", value_type = 2}`, "invalid string value_type: 2")
	f(`{value = {"s"}, value_type = 3}`, "invalid string value_type: 3")
	f(`{value = 1, value_type = 0}`, "invalid numeric value_type: 0")
	f(`{value = true, value_type = 1}`, "invalid boolean value_type: 1")
	f(`bloom_filter.new(8, 0.1)`, "user data object does not implement lsb_output")
	f(`read_message`, "unsupported type: function")
}

func TestSketchAsField(t *testing.T) {
	m := made(t, `require "hyperloglog"
		function process_message() inject_message{Fields = {h = hyperloglog.new()}} return 0 end`)
	state, ok := m.Fields[0].Value.([]byte)
	if !ok || len(state) != 12304 || !strings.HasPrefix(string(state), "HYLL") {
		t.Errorf("got %d bytes", len(state))
	}
}

// TestEmptyBytes has what Heka read of a field of no bytes: nil. Empty text is text.
func TestEmptyBytes(t *testing.T) {
	m := msg.Message{Fields: []msg.Field{{Name: "b", Value: []byte{}}, {Name: "s", Value: ""}}}
	b := open(t, Filter, `function process_message()
			local _, _, v, _, n = read_next_field()
			if v ~= nil or n ~= 1 or read_message("Fields[b]") ~= nil then return 1 end
			if read_message("Fields[s]") ~= "" then return 2 end
			return 0
		end`, Config{})
	if _, err := b.Process(view(m)); err != nil {
		t.Error(err)
	}
}

func TestDeleteMissingField(t *testing.T) {
	f := func(call string, fails bool) {
		t.Helper()
		b := open(t, Decoder, "function process_message() "+call+" return 0 end", Config{})
		_, err := b.Process(view(msg.Message{Fields: []msg.Field{{Name: "a", Value: "x"}}}))
		if (err != nil) != fails {
			t.Errorf("%s: %v", call, err)
		}
	}
	f(`write_message("Fields[none]", nil)`, false)
	f(`write_message("Fields[a]", nil)`, false)
	f(`write_message("Fields[a]", nil) write_message("Fields[a]", nil)`, false)
	f(`write_message("Fields[a]", nil, "", 1)`, true)
	f(`write_message("Fields[a]", nil, "", 0, 1)`, true)
}
