package lpeg

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxNesting is how deep captures may be nested to be evaluated, as in LPeg.
const maxNesting = 201

// perLook is how many records are looked at for one step of work.
const perLook = 8

// add pushes a value.
func (m *machine) add(v lua.LValue) {
	if len(m.vals) >= maxValues {
		m.L.RaiseError("stack overflow (too many captures)")
	}
	m.vals = append(m.vals, v)
}

// drop takes the values from i on off the stack.
func (m *machine) drop(i int) {
	clear(m.vals[i:])
	m.vals = m.vals[:i]
}

// add16 notes that n slots of values and their texts were made.
func (m *machine) add16(n int) {
	if m.held += 32 * n; m.held > m.next {
		m.meter.Alloc(m.L, m.held)
		m.next = 2 * m.held
	}
}

// text returns a part of the subject as a value. One that is short does not keep a
// long subject alive.
func (m *machine) text(from, to int) lua.LValue {
	s := m.subj[from:to]
	if len(m.subj) > 512 && len(s) < len(m.subj)/4 {
		m.held += len(s)
		s = strings.Clone(s)
	}
	m.add16(1)
	return lua.LString(s)
}

// whole returns the text of the capture at i, whose records end before next.
func (m *machine) whole(i, next int) lua.LValue {
	from, to := m.extent(i, next)
	return m.text(from, to)
}

// extent returns what part of the subject the capture at i took.
func (m *machine) extent(i, next int) (from, to int) {
	r := &m.caps[i]
	if r.kind == recOpen {
		return int(r.pos), int(m.caps[next-1].pos)
	}
	return int(r.pos), int(r.pos + r.n)
}

// skip returns where the records of the capture at i end.
func (m *machine) skip(i int) int {
	from := i
	for open := 0; ; {
		switch m.caps[i].kind {
		case recOpen:
			open++
		case recClose:
			open--
		}
		if i++; open == 0 {
			m.count((i - from) / perLook)
			return i
		}
	}
}

// push pushes the values of the capture at i. It returns where its records end,
// and how many values there are.
func (m *machine) push(i int) (next, n int) {
	m.count(2)
	r := m.caps[i]
	if r.kind == recValue {
		m.add(m.dyn[r.i])
		return i + 1, 1
	}
	if m.depth++; m.depth > maxNesting {
		m.L.RaiseError("subcapture nesting too deep")
	}
	next, n = m.pushKind(i, &m.prog.captures[r.i])
	m.depth--
	return next, n
}

// pushKind is push for a capture of the sort c.
func (m *machine) pushKind(i int, c *captureInfo) (next, n int) {
	switch c.kind {
	case capPosition:
		m.add(number(int(m.caps[i].pos) + 1))
		return i + 1, 1
	case capConst:
		m.add(c.value)
		return i + 1, 1
	case capArg:
		if int(c.n) > m.top-m.args+1 {
			m.L.RaiseError("reference to absent extra argument #%d", c.n)
		}
		m.add(m.L.Get(m.args + int(c.n) - 1))
		return i + 1, 1
	case capBack:
		_, n = m.nested(m.group(i, c.value))
		return i + 1, n
	case capSimple:
		return m.pushSimple(i)
	case capGroup:
		if c.value != nil {
			return m.skip(i), 0
		}
		return m.nested(i)
	case capTable:
		return m.pushTable(i, c), 1
	case capFunction:
		return m.pushFunction(i, c)
	case capQuery:
		return m.pushQuery(i, c)
	case capNumber:
		return m.pushNumber(i, int(c.n))
	case capFold:
		return m.pushFold(i, c), 1
	}
	start := len(m.buf)
	next = m.appendText(i, c)
	m.held += len(m.buf) - start
	m.add16(1)
	m.add(lua.LString(m.buf[start:]))
	m.buf = m.buf[:start]
	return next, 1
}

// inner pushes the values of the captures inside the one at i.
func (m *machine) inner(i int) (next, n int) {
	if m.caps[i].kind == recFull {
		return i + 1, 0
	}
	for i++; m.caps[i].kind != recClose; {
		var k int
		i, k = m.push(i)
		n += k
	}
	return i + 1, n
}

// nested is inner, or the text of the capture if there is nothing inside.
func (m *machine) nested(i int) (next, n int) {
	next, n = m.inner(i)
	if n == 0 {
		m.add(m.whole(i, next))
		n = 1
	}
	return next, n
}

// one returns the first value of nested.
func (m *machine) one(i int) (next int, v lua.LValue) {
	base := len(m.vals)
	next, _ = m.nested(i)
	v = m.vals[base]
	m.drop(base)
	return next, v
}

func (m *machine) pushSimple(i int) (next, n int) {
	base := len(m.vals)
	m.add(lua.LNil)
	next, n = m.inner(i)
	m.vals[base] = m.whole(i, next)
	return next, n + 1
}

func (m *machine) pushTable(i int, c *captureInfo) (next int) {
	t := m.L.CreateTable(c.array, c.hash)
	m.add16(4 + c.array + 2*c.hash)
	if m.caps[i].kind == recFull {
		m.add(t)
		return i + 1
	}
	array, hash := 0, 0
	for i++; m.caps[i].kind != recClose; {
		if key := m.groupName(i); key != nil {
			var v lua.LValue
			i, v = m.one(i)
			m.setField(t, key, v)
			hash++
			m.add16(4)
			continue
		}
		base := len(m.vals)
		var k int
		i, k = m.push(i)
		for _, v := range m.vals[base:] {
			array++
			t.RawSetInt(array, v)
		}
		m.drop(base)
		m.add16(k)
	}
	c.array, c.hash = min(array, 64), min(hash, 64)
	m.add(t)
	return i + 1
}

// setField sets t[key] = v.
func (m *machine) setField(t *lua.LTable, key, v lua.LValue) {
	switch k := key.(type) {
	case lua.LString:
		t.RawSetString(string(k), v)
		return
	case lua.LNumber:
		if k != k {
			m.L.RaiseError("table index is NaN")
		}
		if n := int(k); lua.LNumber(n) == k && n > 0 && n < lua.MaxArrayIndex {
			m.add16(n / 2) // a gap before it is filled
			m.count(n)
		}
	}
	t.RawSet(key, v)
}

// groupName returns the name of the group at i, or nil if it is none.
func (m *machine) groupName(i int) lua.LValue {
	if r := &m.caps[i]; r.kind != recValue {
		if c := &m.prog.captures[r.i]; c.kind == capGroup {
			return c.value
		}
	}
	return nil
}

// group returns the latest group named name that had ended before i.
func (m *machine) group(i int, name lua.LValue) int {
	for at := i - 1; at >= 0; at-- {
		if at&(perLook-1) == 0 {
			m.count(1)
		}
		switch m.caps[at].kind {
		case recClose:
			at = m.openOf(at)
		case recOpen, recValue:
			continue
		}
		if key := m.groupName(at); key != nil && key == name {
			return at
		}
	}
	text := "(null)"
	switch name.(type) {
	case lua.LString, lua.LNumber:
		text = ruleName(name)
	}
	m.L.RaiseError("back reference '%s' not found", text)
	return 0
}
