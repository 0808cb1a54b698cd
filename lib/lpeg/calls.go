package lpeg

import lua "github.com/yuin/gopher-lua"

// call calls fn with the values from base on, which it takes off the stack, and
// pushes what it returns.
func (m *machine) call(fn lua.LValue, base int) (n int) {
	L, top := m.L, m.L.GetTop()
	args := len(m.vals) - base
	L.Push(fn)
	for _, v := range m.vals[base:] {
		L.Push(v)
	}
	m.drop(base)
	m.charge()
	L.Call(args, lua.MultRet)
	n = L.GetTop() - top
	for i := 1; i <= n; i++ {
		m.add(L.Get(top + i))
	}
	L.SetTop(top)
	m.add16(n)
	return n
}

func (m *machine) pushFunction(i int, c *captureInfo) (next, n int) {
	base := len(m.vals)
	next, _ = m.nested(i)
	return next, m.call(c.value, base)
}

// pushQuery pushes what the table has for the first value, nothing for nil.
func (m *machine) pushQuery(i int, c *captureInfo) (next, n int) {
	next, key := m.one(i)
	v := m.L.GetTable(c.value, key)
	if v == lua.LNil {
		return next, 0
	}
	m.add(v)
	return next, 1
}

// pushNumber pushes value number k; 0 is none.
func (m *machine) pushNumber(i, k int) (next, n int) {
	if k == 0 {
		return m.skip(i), 0
	}
	base := len(m.vals)
	next, n = m.nested(i)
	if n < k {
		m.L.RaiseError("no capture '%d'", k)
	}
	v := m.vals[base+k-1]
	m.drop(base)
	m.add(v)
	return next, 1
}

// pushFold pushes fn(...fn(fn(a, b...), c...)...), where a is the first value of
// the first capture inside, b those of the second, and so on.
func (m *machine) pushFold(i int, c *captureInfo) (next int) {
	base, n := len(m.vals), 0
	if m.caps[i].kind == recOpen {
		if i++; m.caps[i].kind != recClose {
			i, n = m.push(i)
		}
	}
	if n == 0 {
		m.L.RaiseError("no initial value for fold capture")
	}
	m.drop(base + 1)
	for m.caps[i].kind != recClose {
		i, _ = m.push(i)
		if n = m.call(c.value, base); n == 0 {
			m.add(lua.LNil)
		}
		m.drop(base + 1)
	}
	return i + 1
}
