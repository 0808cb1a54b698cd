package stdlib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// library is the string library of one state: what it keeps between calls.
type library struct {
	patterns map[string]*pattern
	scratch  []byte // nil while a call has it
}

const (
	// maxPatterns and maxPatternLen bound the patterns that are kept.
	maxPatterns   = 256
	maxPatternLen = 256

	// maxScratch bounds the room that is kept.
	maxScratch = 64 << 10
)

// openString returns the table string, and makes it the methods of all strings of L. A
// script can add methods to it as it can in Lua, but can't get at the metatable.
func openString(L *lua.LState) lua.LValue {
	s := &library{patterns: map[string]*pattern{}}
	t := L.CreateTable(0, 18)
	install(L, t, functions{
		"byte": byteOf, "char": char, "dump": dump, "len": length, "lower": lower,
		"rep": rep, "reverse": reverse, "sub": sub, "upper": upper,
		"find": s.find, "match": s.match, "gmatch": s.gmatch, "gfind": s.gmatch,
		"gsub": s.gsub, "format": s.format,
	})
	mt := L.CreateTable(0, 2)
	mt.RawSetString("__index", t)
	mt.RawSetString("__metatable", no)
	L.SetMetatable(empty, mt)
	return t
}

// pattern returns the pattern of src, as compile does.
func (s *library) pattern(L *lua.LState, src string, anchors bool) *pattern {
	if p := s.patterns[src]; p != nil && anchors {
		return p
	}
	m := host.Of(L)
	sets := strings.Count(src, "[")
	copied(L, m, len(src)*int(itemSize)+sets*len(set{}))
	m.Step(L, len(src)/8+sets)
	p := compile(src, anchors)
	if anchors && len(src) <= maxPatternLen {
		if len(s.patterns) >= maxPatterns {
			clear(s.patterns)
		}
		s.patterns[strings.Clone(src)] = p
	}
	return p
}

// position makes an index of Lua's, which counts from the end if negative, one that
// counts from 1; 0 is in front of the string.
func position(i, n int) int {
	if i < 0 {
		if i += n + 1; i < 0 {
			return 0
		}
	}
	return i
}

func length(L *lua.LState) int {
	return push(L, integer(len(host.String(L, 1, "len"))))
}

func sub(L *lua.LState) int {
	s, v := stringArg(L, 1, "sub")
	from := position(host.Int(L, 2, "sub"), len(s))
	to := position(host.OptInt(L, 3, "sub", -1), len(s))
	from, to = max(from, 1), min(to, len(s))
	switch {
	case from > to:
		return push(L, empty)
	case from == 1 && to == len(s):
		return push(L, v)
	}
	return push(L, part(s, from-1, to))
}

func byteOf(L *lua.LState) int {
	s := host.String(L, 1, "byte")
	from := position(host.OptInt(L, 2, "byte", 1), len(s))
	to := position(host.OptInt(L, 3, "byte", from), len(s))
	from, to = max(from, 1), min(to, len(s))
	if from > to {
		return 0
	}
	n := to - from + 1
	if !fits(L, n) {
		L.RaiseError("stack overflow (string slice too long)")
	}
	host.Of(L).Step(L, n/4)
	for _, c := range []byte(s[from-1 : to]) {
		L.Push(numbers[c])
	}
	return n
}

func char(L *lua.LState) int {
	n := L.GetTop()
	var room [64]byte
	b := room[:0]
	for i := 1; i <= n; i++ {
		c := cInt(L, i, "char")
		if c < 0 || c > 255 {
			host.ArgError(L, i, "char", "invalid value")
		}
		b = append(b, byte(c))
	}
	if n == 1 {
		return push(L, letters[b[0]])
	}
	host.Of(L).Step(L, n/4)
	return push(L, text(string(b)))
}

// dump refuses: there are no chunks in binary here.
func dump(L *lua.LState) int {
	host.Function(L, 1, "dump")
	L.RaiseError("unable to dump given function")
	return 0
}

func rep(L *lua.LState) int {
	s, v := stringArg(L, 1, "rep")
	n := host.Int(L, 2, "rep")
	switch {
	case n <= 0 || s == "":
		return push(L, empty)
	case n == 1:
		return push(L, v)
	case n > maxString/len(s):
		n = maxString / len(s)
		if limit := host.Of(L).Limits().Memory; limit == 0 {
			L.RaiseError("resulting string too large")
		}
	}
	copied(L, host.Of(L), n*len(s))
	return push(L, lua.LString(strings.Repeat(s, n)))
}

// maxString is how long a string gets where nothing else bounds it.
const maxString = 1 << 30

func reverse(L *lua.LState) int {
	s, v := stringArg(L, 1, "reverse")
	if len(s) < 2 {
		return push(L, v)
	}
	copied(L, host.Of(L), len(s))
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	return push(L, owned(b))
}

func lower(L *lua.LState) int { return mapCase(L, "lower", 'A') }
func upper(L *lua.LState) int { return mapCase(L, "upper", 'a') }

// mapCase changes the case of the 26 letters that begin with first.
func mapCase(L *lua.LState, fn string, first byte) int {
	s, v := stringArg(L, 1, fn)
	m := host.Of(L)
	m.Step(L, len(s)/64)
	at := 0
	for at < len(s) && s[at]-first >= 26 {
		at++
	}
	if at == len(s) {
		return push(L, v)
	}
	copied(L, m, len(s))
	b := []byte(s)
	for i := at; i < len(b); i++ {
		if b[i]-first < 26 {
			b[i] ^= 0x20
		}
	}
	return push(L, owned(b))
}
