package sandbox

import (
	"strings"
	"testing"

	"heka/lib/sandbox/host"
)

// TestExact has the limit of instructions be exactly that: what a call takes is enough,
// and one less is not. In coroutines, too, and in what pcall calls.
func TestExact(t *testing.T) {
	f := func(use Use, body string) {
		t.Helper()
		source := "require 'string' function process_message() " + body + " return 0 end"
		run := func(limit int) (int, error) {
			b := open(t, use, source, Config{Limits: host.Limits{Instructions: limit, Memory: 8 << 20, Output: 1 << 20}})
			m := view(sample)
			if use == Input {
				m = nil
			}
			_, err := b.Process(m)
			return b.Meter().Peak().Instructions, err
		}
		n, err := run(1e6)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := run(n); err != nil {
			t.Errorf("%s takes %d instructions, and with that limit: %v", body, n, err)
		}
		if _, err := run(n - 1); err == nil || !strings.Contains(err.Error(), "instruction_limit exceeded") {
			t.Errorf("%s takes %d instructions, and with one less: %v", body, n, err)
		}
	}
	f(Filter, "for i = 1, 1000 do local x = i * 2 end")
	f(Filter, "pcall(function() for i = 1, 1000 do local x = i * 2 end end)")
	f(Filter, "local s = 'x' for i = 1, 100 do s = s .. i end")
	f(Filter, "for w in string.gmatch(string.rep('word ', 100), '%w+') do local x = w end")
	f(Input, "local co = coroutine.wrap(function() for i = 1, 100 do coroutine.yield(i) end end) for i = 1, 100 do co() end")
}
