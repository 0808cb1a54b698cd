package lpeg

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// maxValues is how many values may wait at once; Lua's stack holds as many.
const maxValues = 7993

// runtime ends a capture that is evaluated while matching: its function gets the
// subject, the position and the values of the captures inside, and decides where
// to go on. It returns that position, or noMatch. The records of the captures
// inside make way for the values that the function returned.
func (m *machine) runtime(pos int) int {
	open := m.openOf(m.ncaps)
	if m.ncaps == len(m.caps) {
		m.growCaps(m.ncaps)
	}
	m.caps[m.ncaps] = record{kind: recClose, pos: int32(pos), i: m.caps[open].i}

	L, base := m.L, m.L.GetTop()
	from := len(m.vals)
	_, n := m.nested(open)
	L.Push(m.prog.captures[m.caps[open].i].value)
	L.Push(m.subject)
	L.Push(number(pos + 1))
	for _, v := range m.vals[from:] {
		L.Push(v)
	}
	m.drop(from)
	m.charge()
	L.Call(n+2, lua.MultRet)

	for _, r := range m.caps[open:m.ncaps] {
		if r.kind == recValue {
			m.dyn = m.dyn[:r.i]
			break
		}
	}
	count := L.GetTop() - base
	if count == 0 || !lua.LVAsBool(L.Get(base+1)) {
		L.SetTop(base)
		m.ncaps = open
		return noMatch
	}
	end := m.decided(L.Get(base+1), pos)
	m.keep(open, base, count, end)
	L.SetTop(base)
	return end
}

// decided returns the position that v says.
func (m *machine) decided(v lua.LValue, pos int) int {
	end := -1
	switch v := v.(type) {
	case lua.LBool:
		return pos
	case lua.LNumber:
		end = host.ToInt(float64(v)) - 1
	case lua.LString:
		m.meter.Step(m.L, len(v)/16)
		if f, ok := host.ParseNumber(string(v)); ok {
			end = host.ToInt(f) - 1
		}
	}
	if end < pos || end > len(m.subj) {
		m.L.RaiseError("invalid position returned by match-time capture")
	}
	return end
}

// keep notes the values that the function of the capture at open returned beyond
// the first, as a group.
func (m *machine) keep(open, base, count, end int) {
	from := m.caps[open].pos
	m.ncaps = open
	if count < 2 {
		return
	}
	if len(m.dyn)+count > maxValues {
		m.L.RaiseError("stack overflow (too many runtime captures)")
	}
	for len(m.caps) < open+count+1 {
		m.growCaps(len(m.caps))
	}
	m.add16(count)
	m.caps[open] = record{kind: recOpen, pos: from}
	at := open + 1
	for i := 2; i <= count; i++ {
		m.caps[at] = record{kind: recValue, pos: from, i: int32(len(m.dyn))}
		m.dyn = append(m.dyn, m.L.Get(base+i))
		at++
	}
	m.caps[at] = record{kind: recClose, pos: int32(end)}
	m.ncaps = at + 1
}

// openOf returns the latest record before n that begins what has not ended.
func (m *machine) openOf(n int) int {
	closed := 0
	from := n
	for n--; n > 0; n-- {
		switch m.caps[n].kind {
		case recClose:
			closed++
			continue
		case recOpen:
			if closed > 0 {
				closed--
				continue
			}
		default:
			continue
		}
		break
	}
	m.count((from - n) / perLook)
	return n
}
