package sandbox

import (
	"testing"

	"heka/lib/msg"
)

// TestNamesBehindBlocks has errors in functions where blocks with local variables were
// left before.
func TestNamesBehindBlocks(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		b := open(t, Filter, "function process_message(...)\n"+body+"\nend", Config{})
		_, err := b.Process(view(msg.Message{}))
		want = "process_message() f.lua:" + want
		if err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", body, err, want)
		}
	}
	const global = "attempt to perform arithmetic on global 'x' (a nil value)"
	const local = "attempt to perform arithmetic on local 'y' (a nil value)"
	f("local m = 1\nif m == 2 then\nfor i = 1, 5 do end\nelseif m == 1 then\nx = x + 1\nelse\nfor i = 1, 5 do end\nend", "6: "+global)
	f("for i = 1, 2 do local a = i end\nx = x + 1", "3: "+global)
	f("for i = 1, 2 do local a = i end\nlocal y\nfor i = 1, 2 do\ny = y + 1\nend", "5: "+local)
	f("do\nlocal a = 1\nend\nlocal y\ny = y + 1", "6: "+local)
	f("for k, v in pairs{1} do\nlocal a = v\nend\nfor k, v in pairs{1} do\nx = x + k\nend", "6: "+global)
	f("while true do\nlocal a = 1\nbreak\nend\nrepeat\nlocal y\ny = y + 1\nuntil true", "8: "+local)
	f("if x then\nlocal a = 1\nelse\nlocal y\nlocal z = y + 1\nend", "6: "+local)
	f("local g = function(y)\ndo\nlocal a\nend\nlocal b = y\nreturn y + b\nend\nreturn g()", "7: "+local)
	f("local a, b = function() local c end, function(y) do local d end local e = y + 1 end\nb()", "2: "+local)
	f("do local a end local y y = y + 1", "2: "+local)
}
