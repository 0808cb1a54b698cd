package circular

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/cbuf"
	"heka/lib/sandbox/host"
)

var (
	_ host.Payload = (*object)(nil)
	_ host.Keeper  = (*object)(nil)
	_ host.Sized   = (*object)(nil)
)

// state returns a Lua state with the library, the functions that tests use, and
// limits.
func state(t testing.TB, limits host.Limits) *lua.LState {
	t.Helper()
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	t.Cleanup(L.Close)
	L.Push(L.NewFunction(lua.OpenBase))
	L.Push(lua.LString("_G"))
	L.Call(1, 0)
	host.NewMeter(L, limits)
	L.SetGlobal("circular_buffer", Module.Open(L))
	L.SetGlobal("text", L.NewFunction(func(L *lua.LState) int {
		u := L.CheckUserData(1)
		L.Push(lua.LString(u.Value.(host.Payload).AppendPayload(nil)))
		return 1
	}))
	L.SetGlobal("state", L.NewFunction(func(L *lua.LState) int {
		u := L.CheckUserData(1)
		L.Push(lua.LString(u.Value.(host.Keeper).AppendState(nil, `_G["cb"]`)))
		return 1
	}))
	return L
}

// run runs code and returns what it returns, as text with blanks between, or its
// error without the place.
func run(L *lua.LState, code string) string {
	top := L.GetTop()
	fn, err := L.LoadString(code)
	if err == nil {
		L.Push(fn)
		err = L.PCall(0, lua.MultRet, nil)
	}
	if err != nil {
		text := err.(*lua.ApiError).Object.String()
		_, after, found := strings.Cut(text, ": ")
		if !found {
			return text
		}
		return after
	}
	var all []string
	for i := top + 1; i <= L.GetTop(); i++ {
		v := L.Get(i)
		if n, ok := v.(lua.LNumber); ok {
			all = append(all, string(host.AppendOutput(nil, float64(n))))
			continue
		}
		all = append(all, v.String())
	}
	L.SetTop(top)
	return strings.Join(all, " ")
}

func check(t *testing.T, code, want string) {
	t.Helper()
	L := state(t, host.Limits{})
	if got := run(L, "local cb = circular_buffer.new(2, 1, 1)\n"+code); got != want {
		t.Errorf("%s\ngot  %s\nwant %s", code, got, want)
	}
}

// TestErrors has the texts that Heka's tests want.
func TestErrors(t *testing.T) {
	f := func(code, want string) { t.Helper(); check(t, code, want) }
	f("circular_buffer.new(2)", "bad argument #0 to 'new' (incorrect number of arguments)")
	f("circular_buffer.new(nil, 1, 1)", "bad argument #1 to 'new' (number expected, got nil)")
	f("circular_buffer.new(1, 1, 1)", "bad argument #1 to 'new' (rows must be > 1)")
	f("circular_buffer.new(2, nil, 1)", "bad argument #2 to 'new' (number expected, got nil)")
	f("circular_buffer.new(2, 0, 1)", "bad argument #2 to 'new' (columns must be > 0)")
	f("circular_buffer.new(2, 1, nil)", "bad argument #3 to 'new' (number expected, got nil)")
	f("circular_buffer.new(2, 1, 0)", "bad argument #3 to 'new' (seconds_per_row is out of range)")
	f("circular_buffer.new(2, 1, 86401)",
		"bad argument #3 to 'new' (seconds_per_row is out of range)")
	f("cb:set(0, 2, 1.0)", "bad argument #2 to 'set' (column out of range)")
	f("cb:set(0, 0, 1.0)", "bad argument #2 to 'set' (column out of range)")
	f("cb:set(0, nil, 1.0)", "bad argument #2 to 'set' (number expected, got nil)")
	f("cb:set(nil, 1, 1.0)", "bad argument #1 to 'set' (number expected, got nil)")
	f("cb.get(1, 1, 1)", "bad argument #1 to 'get' (lsb.circular_buffer expected, got number)")
	f("cb:set(0, 1, nil)", "bad argument #3 to 'set' (number expected, got nil)")
	f("cb:set(0)", "bad argument #-1 to 'set' (incorrect number of arguments)")
	f("cb:add(0)", "bad argument #-1 to 'add' (incorrect number of arguments)")
	f("cb:get(0)", "bad argument #-1 to 'get' (incorrect number of arguments)")
	f("cb:compute(0)", "bad argument #-1 to 'compute' (incorrect number of arguments)")
	f("cb:compute('func', 1)", "bad argument #1 to 'compute' (invalid option 'func')")
	f("cb:compute('sum', 0)", "bad argument #2 to 'compute' (column out of range)")
	f("cb:compute('sum', 1, 2e9, 1e9)", "bad argument #4 to 'compute' (end must be >= start)")
	f("cb:format('invalid')", "bad argument #1 to 'format' (invalid option 'invalid')")
	f("cb:format('cbuf', true)", "bad argument #-1 to 'format' (incorrect number of arguments)")
	f("cb:format()", "bad argument #-1 to 'format' (incorrect number of arguments)")
	f("cb:fromstring('')", "fromstring() too few values: 0, expected 2")
	f("cb:fromstring('0 0 na 1')", "fromstring() too few values: 0, expected 2")
	f("cb:fromstring('0 0 1 2 3')", "fromstring() too many values, more than: 2")
	f("cb:mannwhitneyu()", "bad argument #-1 to 'mannwhitneyu' (incorrect number of arguments)")
	f("cb:mannwhitneyu(nil, 0, 0, 0, 0)",
		"bad argument #1 to 'mannwhitneyu' (number expected, got nil)")
	f("cb:mannwhitneyu(0, 0, 0, 0, 0)", "bad argument #1 to 'mannwhitneyu' (column out of range)")
	f("cb:mannwhitneyu(1, 0, 5, 2, 7)",
		"bad argument #3 to 'mannwhitneyu' (ranges must not overlap)")
	f("cb:mannwhitneyu(1, 5, 0, 2, 7)",
		"bad argument #3 to 'mannwhitneyu' (end_1 must be >= start_1)")
	f("cb:mannwhitneyu(1, 0, 5, 10, 6)",
		"bad argument #5 to 'mannwhitneyu' (end_2 must be >= start_2)")
	f("cb:mannwhitneyu(1, 0, 1, 2, 3, true, 5)",
		"bad argument #-1 to 'mannwhitneyu' (too many arguments)")
	f("cb:mannwhitneyu(1, 0, 5, 6, 10, 'a')",
		"bad argument #6 to 'mannwhitneyu' (use_continuity must be a boolean)")
	f("cb:get_header()", "bad argument #-1 to 'get_header' (incorrect number of arguments)")
	f("cb:get_header(99)", "bad argument #1 to 'get_header' (column out of range)")
	f("cb:set_header(1, 'n', 'u', 'avg')", "bad argument #4 to 'set_header' (invalid option 'avg')")
	f("cb:get_range(1, 2, 1)", "bad argument #3 to 'get_range' (end must be >= start)")
	f("cb:annotate(0, 1, 'x', 'y')", "bad argument #3 to 'annotate' (invalid option 'x')")
	f("cb:annotate(0, 1, 'info', 'y', 1)", "bad argument #5 to 'annotate' (delta must be boolean)")
	f("cb:annotate(0, 1, 'info')", "bad argument #-1 to 'annotate' (incorrect number of arguments)")
}

func TestMethods(t *testing.T) {
	f := func(code, want string) { t.Helper(); check(t, code, want) }
	f("return cb:get(0, 1), cb:get(5e9, 1), cb:get(-1, 1)", "nan nil nil")
	f("cb:add(0, 1, 2) return cb:add(0.5e9, 1, 3), cb:get(0, '1')", "5 5")
	f("return cb:add(1e9, 1.9, 7), cb:add(-5e9, 1, 1)", "7 nil")
	f("return cb:add(3e9, 1, 7), cb:add(0, 1, 1), cb:current_time()", "7 nil 3000000000")
	f("return cb:set(0/0, 1, 1), cb:set(1/0, 1, 1), cb:set(1e300, 1, 1)", "nil nil nil")
	f("cb:set(0, 1, 1) return cb:set(0, 1, 0/0), cb:get(0, 1)", "nan nan")
	f("return cb:get_configuration()", "2 1 1")
	f("return cb:set_header(1, 'a name that is long', 'k*/s.', 'min')", "1")
	f("cb:set_header(1, 'a name that is long', 'k*/s.', 'min') return cb:get_header(1)",
		"a_name_that_is_ k*/s_ min")
	f("cb:set_header(1, 'x') return cb:get_header(1)", "x count sum")
	f(`cb:set_header(1, 'x', nil, 'min') cb:set(0, 1, 3)
		return cb:set(0, 1, 4), cb:set(0, 1, 2)`, "3 2")
	f("cb:set(0, 1, 3) cb:set(1e9, 1, -4) return cb:compute('sum', 1)", "-1 2")
	f("cb:set(0, 1, -3) return cb:compute('max', 1)", "-3 1")
	f("return cb:compute('avg', 1, 9e9, 9e9)", "nil 0")
	f("return cb:compute('sum', 1, nil, 0)", "0 0")
	f("cb:set(0, 1, 3) local r = cb:get_range(1) return #r, r[1], r[2]", "2 3 nan")
	f("return cb:get_range(1, 0, 9e9)", "nil")
	f("return tostring(circular_buffer.version())", version)
	f("return cb:mannwhitneyu(1, 0, 0, 1e9, 1e9)", "")
	f("cb:set(0, 1, 3) return cb:mannwhitneyu(1, 0, 0, 1e9, 1e9, false)", "1 0.15865525")
	f("return type(cb), cb:format('cbuf') == cb", "userdata true")
}

// TestDeltas wants those of scripts that ask for them late.
func TestDeltas(t *testing.T) {
	f := func(code, want string) { t.Helper(); check(t, code, want) }
	f("cb:add(0, 1, 2) cb:add(0, 1, 3) return cb:get_delta(0, 1), cb:get_delta(1e9, 1)", "5 nan")
	f("cb:add(0, 1, 2) cb:reset_delta() cb:add(0, 1, 3) return cb:get_delta(0, 1)", "3")
	f("cb:add(0, 1, 2) local r = cb:get_range_delta(1) return #r, r[1], r[2]", "2 2 nan")
	head := `{"time":0,"rows":2,"columns":1,"seconds_per_row":1,` +
		`"column_info":[{"name":"Column_1","unit":"count","aggregation":"sum"}]`
	f("cb:add(0, 1, 2) return text(cb:format('cbufd'))", head+"}\n0\t2\n")
	f("cb:add(0, 1, 2) text(cb:format('cbufd')) return '<' .. text(cb) .. '>'", "<>")
	f("cb:annotate(0, 1, 'alert', 'a \"b\"') return text(cb)",
		head+`,"annotations":[{"x":0,"col":1,"shortText":"a","text":"a \"b\""}]}`+"\nnan\nnan\n")
	f("cb:annotate(0, 1, 'info', 'x') return text(cb:format('cbufd')) .. text(cb)",
		head+`,"annotations":[{"x":0,"col":1,"shortText":"i","text":"x"}]}`+"\n")
	f("cb:annotate(0, 1, 'info', 'x', false) return text(cb:format('cbufd'))", "")
}

// TestState wants a state to load, into a buffer that is there and into none.
func TestState(t *testing.T) {
	L := state(t, host.Limits{})
	run(L, `a = circular_buffer.new(3, 2, 60, true) a:set_header(2, 'b c', 'B', 'max')
		a:add(60e9, 1, 1.5) a:set(120e9, 2, -3) a:annotate(60e9, 2, 'alert', 'te"xt\n')`)
	text := run(L, "return state(a)")
	for _, before := range []string{"", "cb = circular_buffer.new(3, 2, 60, true)\n"} {
		L.SetGlobal("cb", lua.LNil)
		if got := run(L, before+text); got != "" {
			t.Fatal(got)
		}
		if got := run(L, "return state(cb)"); got != text {
			t.Errorf("got\n%s\nwant\n%s", got, text)
		}
		if got := run(L, "return text(cb) == text(a)"); got != "true" {
			t.Error("another text")
		}
	}
	if got := run(L, "cb = circular_buffer.new(2, 2, 60)\n"+text); !strings.Contains(got, "too many") {
		t.Error(got)
	}
}

func TestLimits(t *testing.T) {
	f := func(limits host.Limits, code, want string) {
		t.Helper()
		if got := run(state(t, limits), code); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	memory := host.Limits{Memory: 1 << 20}
	f(memory, "circular_buffer.new(1000000, 10, 1)", host.NoMemory)
	f(memory, "circular_buffer.new(1e300, 1e300, 1)", host.NoMemory)
	f(memory, "for i = 1, 1000 do _G[i] = circular_buffer.new(1000, 10, 1) end", host.NoMemory)
	f(memory, "for i = 1, 1000 do circular_buffer.new(1000, 10, 1) end", "")
	f(memory, "cb = circular_buffer.new(9000, 10, 1) cb:format('cbufd')", host.NoMemory)
	f(host.Limits{}, "circular_buffer.new(2^40, 2^40, 1)", host.NoMemory)
	steps := host.Limits{Instructions: 20000}
	f(steps, "circular_buffer.new(1e6, 10, 1)", host.NoInstructions)
	f(steps, `cb = circular_buffer.new(1000, 10, 1)
		for i = 1, 100 do cb:add(i * 1e12, 1, 1) end`, host.NoInstructions)
	f(steps, `cb = circular_buffer.new(1000, 10, 1)
		for i = 1, 100 do cb:compute('sum', 1) end`, host.NoInstructions)
	f(steps, `cb = circular_buffer.new(1000, 10, 1)
		for i = 1, 50 do cb:get_range(1) end`, host.NoInstructions)
	f(host.Limits{Memory: 1 << 20, Instructions: 1e6}, `cb = circular_buffer.new(1000, 10, 1)
		local s = 'x' for i = 1, 12 do s = s .. s end
		for i = 1, 1000 do cb:annotate(i * 1e9, 1, 'info', s) end`, host.NoMemory)
}

// TestNumbers wants cells to have the texts that add_to_payload gives numbers.
func TestNumbers(t *testing.T) {
	b, err := cbuf.New(2, 1, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 20_000 {
		v := rng.NormFloat64() * math.Pow(10, float64(rng.IntN(40)-12))
		if i%3 == 0 {
			v = math.Trunc(v)
		}
		b.Set(1e9, 0, v)
		lines := strings.Split(string(b.AppendText(nil)), "\n")
		if want := string(host.AppendOutput(nil, v)); lines[2] != want {
			t.Fatalf("%g: %s, want %s", v, lines[2], want)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	L := state(b, host.Limits{})
	run(L, `local cb = circular_buffer.new(1440, 6, 60)
		function f() for i = 1, 1000 do cb:add(17e17, 2, 1) end end`)
	fn := L.GetGlobal("f")
	b.ReportAllocs()
	for i := 0; i < b.N; i += 1000 {
		L.Push(fn)
		L.Call(0, 0)
	}
}
