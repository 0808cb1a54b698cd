package stdlib

import (
	"strings"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

const itemSize = unsafe.Sizeof(item{})

// owned returns b, which nobody changes any more, as a string.
func owned(b []byte) lua.LValue {
	if len(b) < 2 {
		return text(string(b))
	}
	return lua.LString(unsafe.String(&b[0], len(b)))
}

// begin returns the index that a search of s begins at: argument 3, 1 by default.
func begin(L *lua.LState, s, fn string) int {
	if L.GetTop() < 3 {
		return 0
	}
	from := position(host.OptInt(L, 3, fn, 1), len(s)) - 1
	return min(max(from, 0), len(s))
}

func (lib *library) find(L *lua.LState) int {
	s := host.String(L, 1, "find")
	src := host.String(L, 2, "find")
	from := begin(L, s, "find")
	if L.GetTop() >= 4 && truth(L.Get(4)) || plain(src) {
		i := strings.Index(s[from:], src)
		if i < 0 {
			host.Of(L).Step(L, (len(s)-from)/64)
			return push(L, lua.LNil)
		}
		host.Of(L).Step(L, i/64)
		L.Push(integer(from + i + 1))
		L.Push(integer(from + i + len(src)))
		return 2
	}
	var m matcher
	m.begin(L, lib.pattern(L, src, true), s)
	start, end := m.search(from)
	m.charge()
	if start < 0 {
		return push(L, lua.LNil)
	}
	L.Push(integer(start + 1))
	L.Push(integer(end))
	return 2 + m.push(start, end, false)
}

// plain reports whether src has nothing special in it. A zero byte hides what is behind it.
func plain(src string) bool {
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '^', '$', '*', '+', '?', '.', '(', '[', '%', '-':
			return false
		case 0:
			return true
		}
	}
	return true
}

func (lib *library) match(L *lua.LState) int {
	s := host.String(L, 1, "match")
	src := host.String(L, 2, "match")
	from := begin(L, s, "match")
	var m matcher
	m.begin(L, lib.pattern(L, src, true), s)
	start, end := m.search(from)
	m.charge()
	if start < 0 {
		return push(L, lua.LNil)
	}
	return m.push(start, end, true)
}

// gmatch returns a function that returns the next match each time. A ^ is a character
// for it.
func (lib *library) gmatch(L *lua.LState) int {
	s := host.String(L, 1, "gmatch")
	src := host.String(L, 2, "gmatch")
	p := lib.pattern(L, src, !strings.HasPrefix(src, "^"))
	host.Of(L).Alloc(L, 64)
	at := 0
	return push(L, L.NewFunction(func(L *lua.LState) int {
		if at > len(s) {
			return 0
		}
		var m matcher
		m.begin(L, p, s)
		start, end := m.search(at)
		m.charge()
		if start < 0 {
			at = len(s) + 1
			return 0
		}
		if at = end; start == end {
			at++
		}
		return m.push(start, end, true)
	}))
}
