package lpeg

import (
	"errors"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// digits decides by bytes, and by 0 when there are no more.
type digits []byte

func (d *digits) IntN(n int) int {
	if len(*d) == 0 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return int(b) % n
}

// run runs chunk in a state with limits, and returns its error. It fails the test
// if that is not an error of Lua's, or if it took long.
func run(t testing.TB, limits host.Limits, chunk string) error {
	L := newState(t, limits)
	host.Of(L).Begin()
	start := time.Now()
	err := L.DoString(chunk)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
	if !isLua(err) {
		t.Errorf("not an error of Lua: %v", err)
	}
	return err
}

// isLua reports whether err is an error of Lua, and not a panic.
func isLua(err error) bool {
	var e *lua.ApiError
	if !errors.As(err, &e) {
		return err == nil
	}
	return e.Type == lua.ApiErrorRun && !strings.Contains(e.Error(), "runtime error")
}

const locals = `local lpeg, re = require "lpeg", require "re" ` +
	`local match, P, R, S, V, B, C = lpeg.match, lpeg.P, lpeg.R, lpeg.S, lpeg.V, lpeg.B, lpeg.C ` +
	`local Cc, Cb, Cf, Cg, Cp = lpeg.Cc, lpeg.Cb, lpeg.Cf, lpeg.Cg, lpeg.Cp ` +
	`local Cs, Ct, Cmt, Carg = lpeg.Cs, lpeg.Ct, lpeg.Cmt, lpeg.Carg `

func FuzzMatch(f *testing.F) {
	f.Add([]byte("\x05\x09\x03\x13\x02\x07\x01"), "abcab")
	f.Add([]byte("\x06\x14\x02\x05\x11\x09\x01\x03\x03\x02\x10\x02"), "aaaabbbb")
	f.Add([]byte("\x07\x0a\x12\x13\x12\x02\x04\x05\x06\x10\x07"), "")
	f.Fuzz(func(t *testing.T, program []byte, subject string) {
		d := digits(program)
		w := &writer{source: &d}
		p := w.pattern(2 + w.IntN(6))
		limits := host.Limits{Instructions: 200_000, Memory: 8 << 20}
		L := newState(t, limits)
		L.SetGlobal("s", lua.LString(subject))
		host.Of(L).Begin()
		err := L.DoString(locals + randomHead + "return match(P(" + p + "), s, 1, 2)")
		if !isLua(err) {
			t.Errorf("%s on %q: %v", p, subject, err)
		}
		if n := host.Of(L).End(); n > limits.Instructions {
			t.Errorf("%d instructions", n)
		}
	})
}

func FuzzRe(f *testing.F) {
	for _, s := range []string{
		"", "a <- 'x' b b <- [a-z%d]+", "{| {:a: %a* :} =a |} -> {}", "(((", "'a'^-3 -> 'x%0' ~> f => f",
		"[^]%x-z]* -- c\n / {~ . ~} <a>", "&!('a'? {})*", "{:a:{:b:{~{|", "a<-b b<-a", "x <- 'a'^99999 x^+2",
	} {
		f.Add(s, "aaxx1")
	}
	f.Fuzz(func(t *testing.T, pattern, subject string) {
		L := newState(t, host.Limits{Instructions: 200_000, Memory: 8 << 20})
		L.SetGlobal("p", lua.LString(pattern))
		L.SetGlobal("s", lua.LString(subject))
		host.Of(L).Begin()
		err := L.DoString(`local re = require "re" local defs = {f = function(...) return ... end}
			return re.compile(p, defs):match(s), re.find(s, p), re.gsub(s, p, "x")`)
		if !isLua(err) {
			t.Errorf("%q on %q: %v", pattern, subject, err)
		}
	})
}

// What is too much is an error, in bounded time and memory.
func TestLimits(t *testing.T) {
	limits := host.Limits{Instructions: 3_000_000, Memory: 8 << 20}
	f := func(chunk, want string) {
		t.Helper()
		err := run(t, limits, locals+chunk)
		switch {
		case err == nil && want != "":
			t.Errorf("%s: no error, want %q", chunk, want)
		case err != nil && (want == "" || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", chunk, err, want)
		}
	}
	f(`return match(P(1)^-1000000, "aaa")`, "pattern too big")
	f(`return P(1)^-1e300`, "pattern too big")
	f(`return P(1e9)`, "pattern too big")
	f(`local p = P"a" for i = 1, 100 do p = p * p end`, "pattern too big")
	f(`local p = P"a" for i = 1, 1e5 do p = -p end`, "pattern too big")
	f(`local p = P"a" for i = 1, 1e5 do p = C(p) end`, "pattern too big")
	f(`local p = P"a" for i = 1, 4000 do p = C(p) end return match(p / 0, "a")`, "")
	f(`local p = P"a" for i = 1, 4000 do p = P{p + V(1) * "b" + "c" - V(1)} end`, "left recursive")
	f(`local p = P"a" for i = 1, 5000 do p = P{p * "b" + "c" * V(1)} end`, "pattern too big")
	f(`local p = P"ab" for i = 1, 20000 do p = p + ("x" .. i) end assert(match(p, "x9") == 3)`, "")
	f(`local p = P"ab" for i = 1, 20000 do p = ("x" .. i) + p end assert(match(p, "ab") == 3)`, "")
	f(`local p = C"ab" for i = 1, 20000 do p = p * ("x" .. i) end assert(not match(p, "abx1"))`, "")
	f(`local p = P"ab" for i = 1, 2e5 do p = p + ("x" .. i) end return match(p, "x")`, "pattern too big")
	f(`local t = {"a1"} for i = 1, 200 do t["a"..i] = V("a"..i+1) * V("a"..i+1) end t.a201 = P"a"^-1
		return match(P(t), "b")`, "instruction_limit exceeded")
	f(`return match(P{"a" * V(1) * "b" + "a" * V(1) * "c" + "a"}, ("a"):rep(60))`, "instruction_limit exceeded")
	f(`return match(P{("a" * V(1) + P(true)) * "b" + 1}, ("a"):rep(1000))`, "backtrack stack overflow")
	f(`lpeg.setmaxstack(1e9) return match(P{"a" * V(1) * "b"}, ("a"):rep(3e6))`, "not enough memory")
	f(`return match(Ct(C(1)^0), ("a"):rep(2e6))`, "not enough memory")
	f(`return match(Ct((Cp() * Cp() * Cp() * Cp() * 1)^0), ("a"):rep(2e5))`, "not enough memory")
	f(`local p = C"a" for i = 1, 60 do p = p / "%1%1" end return match(p, "a")`, "instruction_limit exceeded")
	f(`local t = {} for i = 1, 100 do t[i] = match(Ct(Cg("a", 65000)), "a") end`, "not enough memory")
	f(`local p = Cg(C"a", "a1") for i = 1, 100 do p = p * Cg(Cb("a"..i) * Cb("a"..i), "a"..i+1) end
		return match(p * Cb"a101", "a")`, "too many captures")
	f(`local p = (Cg("a", "x") * Cb"x")^0 / 0 match(p, ("a"):rep(1e5))`, "")
	f(`match(Cg("a", "x") * (C(1) * Cb"x")^0, ("a"):rep(5e3))`, "too many captures")
	f(`match(Ct(Cg("a", "x") * (1 * Cb"x")^0), ("a"):rep(2e4))`, "instruction_limit exceeded")
	f(`match(Cmt(1, function() while true do end end), "a")`, "instruction_limit exceeded")
	f(`match((1 - P"b" * Cc(1))^0 * "x", ("a"):rep(4e6))`, "")
	f(`for i = 1, 100 do match((1 - P"xy" * 1)^0 * "x", ("a"):rep(1e6)) end`, "instruction_limit exceeded")
	f(`return re.compile(("("):rep(1e5))`, "backtrack stack overflow")
	f(`return re.compile(("&"):rep(1e5) .. "'a'")`, "pattern too big")
	f(`return re.compile("'a'" .. ("?"):rep(1e5))`, "pattern too big")
	f(`return re.compile("'a'^999999999999")`, "pattern too big")
	f(`return re.compile(("'a' "):rep(1e4)):match(("a"):rep(1e4))`, "")
}

// A function that is called while matching may match in turn.
func TestReentrant(t *testing.T) {
	err := run(t, host.Limits{Instructions: 1e6}, locals+`
		local word = C(R"az"^1)
		local p
		p = Ct((word * Cmt(P(true), function(s, i)
			if i < #s then return i + 1, (match(p, s, i + 1)) end
			return true
		end) + 1)^0)
		local t = match(p, "abc def ghi")
		assert(t[1] == "abc" and t[2][1] == "def" and t[2][2][1] == "ghi", t[2][1])
		local q = (C(1) / function(c) return (match(C(1), c)) end)^0
		assert(select("#", match(q, "abcdef")) == 6)
		assert(not pcall(match, Cmt(1, function() error "e" end), "a"))
		assert(match(q, "ab") == "a")`)
	if err != nil {
		t.Error(err)
	}
}
