package sandbox

import (
	"fmt"
	"strings"
	"testing"

	"heka/lib/msg"
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

