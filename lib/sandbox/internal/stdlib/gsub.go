package stdlib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// buffer is a string in the making; the meter hears of it as it grows.
type buffer struct {
	L     *lua.LState
	meter *host.Meter
	b     []byte
	paid  int
}

// buffer returns the scratch space of lib, or a new one if it is in use.
func (lib *library) buffer(L *lua.LState) buffer {
	b := lib.scratch
	lib.scratch = nil
	return buffer{L: L, meter: host.Of(L), b: b[:0], paid: max(cap(b), 256)}
}

// finish returns what b holds as a value, and gives the space back.
func (lib *library) finish(b *buffer) lua.LValue {
	copied(b.L, b.meter, len(b.b))
	v := text(string(b.b))
	lib.keep(b)
	return v
}

func (lib *library) keep(b *buffer) {
	if cap(b.b) <= maxScratch {
		lib.scratch = b.b
	}
}

// room charges for n bytes that are about to be appended.
func (b *buffer) room(n int) {
	b.meter.Step(b.L, n/64)
	if more := len(b.b) + n - b.paid; more > 0 {
		more = max(more, b.paid)
		b.meter.Alloc(b.L, more)
		b.paid += more
	}
}

func (b *buffer) add(s string) {
	b.room(len(s))
	b.b = append(b.b, s...)
}

func (b *buffer) addByte(c byte) {
	b.room(1)
	b.b = append(b.b, c)
}

// addValue appends a string or a number.
func (b *buffer) addValue(v lua.LValue) {
	if s, ok := v.(lua.LString); ok {
		b.add(string(s))
		return
	}
	b.room(numberRoom)
	b.b = appendText(b.b, v)
}

// replacement is argument 3 of gsub.
type replacement struct {
	v       lua.LValue // a function or a table, or nothing
	text    string
	escapes bool // text has a %
}

func replacementArg(L *lua.LState) replacement {
	switch v := L.Get(3).(type) {
	case lua.LString, lua.LNumber:
		s := textOf(v)
		return replacement{text: s, escapes: strings.IndexByte(s, '%') >= 0}
	case *lua.LFunction, *lua.LTable:
		return replacement{v: v}
	}
	host.ArgError(L, 3, "gsub", "string/function/table expected")
	return replacement{}
}

func (lib *library) gsub(L *lua.LState) int {
	s, whole := stringArg(L, 1, "gsub")
	src := host.String(L, 2, "gsub")
	r := replacementArg(L)
	limit := len(s) + 1
	if L.GetTop() >= 4 {
		limit = cIntOr(L, 4, "gsub", limit)
	}
	var m matcher
	m.begin(L, lib.pattern(L, src, true), s)
	b := lib.buffer(L)
	done, n := 0, 0 // what is in b of s; matches
	for at := 0; n < limit; {
		start, end := m.search(at)
		if start < 0 {
			break
		}
		n++
		b.add(s[done:start])
		m.replace(&b, &r, start, end)
		done = end
		if at = end; start == end {
			if at++; at > len(s) {
				break
			}
		}
		if m.p.anchored {
			break
		}
	}
	m.charge()
	if n == 0 {
		lib.keep(&b)
		L.Push(whole)
	} else {
		b.add(s[done:])
		L.Push(lib.finish(&b))
	}
	L.Push(integer(n))
	return 2
}

// cIntOr is cInt, or def where the argument is nil.
func cIntOr(L *lua.LState, n int, fn string, def int) int {
	if L.Get(n) == lua.LNil {
		return def
	}
	return cInt(L, n, fn)
}

// replace appends what stands for the match s[start:end].
func (m *matcher) replace(b *buffer, r *replacement, start, end int) {
	L := m.L
	var v lua.LValue
	switch by := r.v.(type) {
	case nil:
		if r.escapes {
			m.expand(b, r.text, start, end)
		} else {
			b.add(r.text)
		}
		return
	case *lua.LFunction:
		L.Push(by)
		L.Call(m.push(start, end, true), 1)
		v = L.Get(-1)
		L.Pop(1)
	default:
		v = L.GetTable(by, m.capture(0, start, end))
	}
	switch v.(type) {
	case lua.LString, lua.LNumber:
		b.addValue(v)
		return
	}
	if truth(v) {
		L.RaiseError("invalid replacement value (a %s)", v.Type().String())
	}
	b.add(m.s[start:end])
}

// expand appends a text in which %1 is the first capture.
func (m *matcher) expand(b *buffer, with string, start, end int) {
	for i := 0; i < len(with); i++ {
		c := with[i]
		if c != '%' {
			b.addByte(c)
			continue
		}
		if i++; i >= len(with) {
			b.addByte(0)
			break
		}
		switch c = with[i]; {
		case c == '0':
			b.add(m.s[start:end])
		case c >= '1' && c <= '9':
			b.addValue(m.capture(int(c-'1'), start, end))
		default:
			b.addByte(c)
		}
	}
}
