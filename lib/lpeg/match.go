package lpeg

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// match is lpeg.match(pattern, subject [, init [, extra...]]), and the method; fn is
// its name in texts of errors.
func (l *library) match(L *lua.LState, fn string) int {
	p := asPattern(L.Get(1))
	if p == nil {
		p = &Pattern{node: l.node(L, 1, fn)}
	}
	subject := L.Get(2)
	s, ok := subject.(lua.LString)
	if !ok {
		s = lua.LString(host.String(L, 2, fn))
		subject = s
	}
	at := 0
	if top := L.GetTop(); top > 2 {
		at = start(host.OptNumber(L, 3, fn, 1), len(s))
	}
	if len(s) > maxSubject {
		host.ArgError(L, 2, fn, "string too long")
	}
	m := l.machine(L)
	m.prog, m.subj, m.subject = p.program(L, m.meter), string(s), subject
	end := m.run(at)
	if end < 0 {
		l.release(m)
		L.Push(lua.LNil)
		return 1
	}
	if m.ncaps == 0 {
		l.release(m)
		L.Push(number(end + 1))
		return 1
	}
	n := m.results(end)
	l.release(m)
	return n
}

// start returns the offset that init says: from 1, or from the end if negative.
func start(init float64, size int) int {
	n := host.ToInt(init)
	if n > 0 {
		return min(n-1, size)
	}
	return max(size+max(n, -size), 0)
}

// machine returns one that is free, for a match in L.
func (l *library) machine(L *lua.LState) *machine {
	var m *machine
	if n := len(l.free); n > 0 {
		m = l.free[n-1]
		l.free = l.free[:n-1]
	} else {
		m = new(machine)
	}
	m.L, m.meter, m.limit = L, host.Of(L), l.limit
	if limit := max(l.limit, defaultStack); len(m.stack) > limit {
		m.stack = m.stack[:limit]
	}
	m.args, m.top = 4, L.GetTop()
	m.depth, m.texts, m.held, m.next, m.ncaps = 0, 0, 0, 4096, 0
	return m
}

const (
	maxFree     = 4
	maxKept     = 1 << 12
	startedWork = 16 // of each match: what comes before and behind
)

// release puts m back for the next match, unless it has grown large. A machine
// whose match ended by an error is not put back.
func (l *library) release(m *machine) {
	m.count(startedWork + len(m.prog.code)/1024)
	if len(l.free) >= maxFree || len(m.stack) > maxKept || len(m.caps) > maxKept ||
		cap(m.vals) > maxKept || cap(m.buf) > 16*maxKept || cap(m.dyn) > maxKept {
		return
	}
	clear(m.dyn)
	m.dyn = m.dyn[:0]
	m.drop(0)
	m.buf = m.buf[:0]
	m.L, m.meter, m.prog, m.subject, m.subj = nil, nil, nil, nil, ""
	l.free = append(l.free, m)
}

// results pushes the values of a match that ended at end, and returns how many.
func (m *machine) results(end int) int {
	n := 0
	for i := 0; i < m.ncaps; {
		var k int
		i, k = m.push(i)
		n += k
	}
	if n == 0 {
		m.L.Push(number(end + 1))
		return 1
	}
	for _, v := range m.vals {
		m.L.Push(v)
	}
	return n
}

// program returns the program of p, which is made at its first match.
func (p *Pattern) program(L *lua.LState, meter *host.Meter) *program {
	if p.prog != nil {
		return p.prog
	}
	if p.node.open {
		if n := openCall(p.node); n != nil {
			L.RaiseError("rule '%s' used outside a grammar", ruleName(n.value))
		}
	}
	prog, work := compile(p.node, func(n int) { meter.Alloc(L, n) })
	meter.Step(L, work)
	if prog == nil {
		tooBig(L)
	}
	p.prog = prog
	return prog
}

// openCall returns a call in n of a rule of no grammar.
func openCall(n *node) *node {
	for {
		switch {
		case n.kind == kOpen:
			return n
		case n.a != nil && n.a.open:
			n = n.a
		case n.b != nil && n.b.open:
			n = n.b
		default:
			return nil
		}
	}
}
