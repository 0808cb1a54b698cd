package sandbox

import (
	"strconv"
	"testing"

	"heka/lib/sandbox/host"
)

// TestArrays has tables that are larger than the machine keeps in an array, and such with
// few, large numbers as keys.
func TestArrays(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		b := open(t, Filter, `require "table" require "cjson"
			local function list(n) local t = {} for i = 1, n do t[#t + 1] = i end return t end
			local function text(...) local t = {} for i = 1, select("#", ...) do local v = select(i, ...) t[i] = tostring(v) end
				return table.concat(t, " ") end
			function process_message() return -1, text(`+body+`) end`,
			Config{Limits: host.Limits{Memory: 64 << 20, Output: 64 << 20}})
		r, err := b.Process(view(sample))
		if err != nil || r.Text != want {
			t.Errorf("%s\n got %s %v\nwant %s", body, r.Text, err, want)
		}
	}
	f(`(function() local t = {} t[1000000] = 1 t[67108863] = 2 t[2^31] = 3 return t[1000000], t[67108863], t[2^31], #t, t[999999] end)()`,
		"1 2 3 0 nil")
	f(`(function() local t = {} t[1] = 1 t[-1/0] = 2 t[-2^63] = 3 t[1/0] = 4 return t[-1/0], t[-2^63], t[1/0] end)()`, "2 3 4")
	f(`(function() local n = 0 local t = {} t[1e6] = 1 t[5] = 2 for k, v in pairs(t) do n = n + k end return n end)()`, "1000005")
	for _, n := range []string{"65533", "65534", "65535", "65536", "65537", "65538", "100000"} {
		f(`(function() local t = list(`+n+`) local m = #t t[#t + 1] = "x" return m, #t, t[m], t[m + 1] end)()`,
			n+" "+plus(n, 1)+" "+n+" x")
		f(`(function() local t = list(`+n+`) local c = 0 for i, v in ipairs(t) do c = c + 1 end return c end)()`, n)
		f(`(function() local t = list(`+n+`) table.insert(t, 2, "x") return #t, t[2], t[3], t[#t] end)()`,
			plus(n, 1)+" x 2 "+n)
		f(`(function() local t = list(`+n+`) return table.remove(t, 2), #t, t[2], t[#t] end)()`, "2 "+plus(n, -1)+" 3 "+n)
		f(`(function() local t = list(`+n+`) return table.remove(t), #t, t[#t], t[#t + 1] end)()`,
			n+" "+plus(n, -1)+" "+plus(n, -1)+" nil")
		f(`(function() local t = list(`+n+`) t[#t] = nil t[#t] = nil return #t end)()`, plus(n, -2))
		f(`(function() local t = cjson.decode(cjson.encode(list(`+n+`))) return #t, t[65533], t[#t] end)()`, n+" 65533 "+n)
		f(`(function() local t = list(`+n+`) table.sort(t, function(a, b) return a > b end) return t[1], t[#t] end)()`, n+" 1")
		f(`(function() return #table.concat(list(`+n+`), "", 60000) > 0, select("#", unpack(list(`+n+`), `+plus(n, -9)+`)) end)()`, "true 10")
	}
}

// plus returns the text of a number and d.
func plus(n string, d int) string {
	v, err := strconv.Atoi(n)
	if err != nil {
		panic(err)
	}
	return strconv.Itoa(v + d)
}
