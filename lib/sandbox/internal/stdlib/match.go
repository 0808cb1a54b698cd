package stdlib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// span of a capture. Of a place, from is it.
type span struct{ from, to int }

// matcher runs a pattern over a subject.
type matcher struct {
	p   *pattern
	s   string
	cap [maxCaptures]span

	L     *lua.LState
	meter *host.Meter
	fuel  int // units of work until the meter is asked
	depth int
}

const (
	// units of work are an instruction's worth.
	units = 8

	// burst is how many units pass between two looks at the meter.
	burst = 4096

	// maxDepth is how many items that may be repeated in several ways wait for each
	// other.
	maxDepth = 1000
)

// begin prepares m; charge must be called at the end.
func (m *matcher) begin(L *lua.LState, p *pattern, s string) {
	m.L, m.meter, m.p, m.s = L, host.Of(L), p, s
	m.fuel = burst
}

// charge tells the meter what was not told yet; a call is an instruction more.
func (m *matcher) charge() {
	m.meter.Step(m.L, (burst-m.fuel)/units+1)
	m.fuel = burst
}

// use charges n units.
func (m *matcher) use(n int) {
	if m.fuel -= n; m.fuel < 0 {
		m.charge()
	}
}

func (m *matcher) raise(text string) { m.L.RaiseError("%s", text) }

// search looks for the first match that begins at from or behind it.
func (m *matcher) search(from int) (start, end int) {
	for at := from; ; at++ {
		if at = m.candidate(at); at < 0 {
			return -1, -1
		}
		if e := m.run(at, 0); e >= 0 {
			return at, e
		}
		if m.p.anchored || at >= len(m.s) {
			return -1, -1
		}
		m.use(1)
	}
}

// candidate returns the first place from at on where a match may begin, or -1.
func (m *matcher) candidate(at int) int {
	p := m.p
	if p.anchored {
		return at
	}
	rest := m.s[at:]
	n := 0
	switch {
	case p.prefix != "":
		n = strings.Index(rest, p.prefix)
	case p.first.kind == fByte:
		n = strings.IndexByte(rest, p.first.c)
	case p.first.kind == fSet:
		for n < len(rest) && !p.first.set[rest[n]] {
			n++
		}
		m.use(n >> 2)
		if n == len(rest) {
			return -1
		}
		return at + n
	case p.first.kind == fFinish:
		n = len(rest)
	}
	if n < 0 {
		m.use(len(rest) >> 3)
		return -1
	}
	m.use(n >> 3)
	return at + n
}

// run matches the items from i on at s[at:] and returns where the match ends, or -1.
func (m *matcher) run(at, i int) int {
	s := m.s
	for {
		it := &m.p.items[i]
		switch it.kind {
		case kEnd:
			return at
		case kSingle:
			if it.quant == 0 {
				if at >= len(s) || !it.has(s[at]) {
					return -1
				}
				at++
				break
			}
			if !it.sure {
				return m.repeat(it, at, i+1)
			}
			if at = m.once(it, at); at < 0 {
				return -1
			}
		case kOpen, kPlace:
			m.cap[it.n].from = at
		case kClose:
			m.cap[it.n].to = at
		case kFinish:
			if at != len(s) {
				return -1
			}
		case kFault:
			m.raise(it.text)
		default:
			if at = m.rare(it, at); at < 0 {
				return -1
			}
		}
		i++
		if m.fuel--; m.fuel < 0 {
			m.charge()
		}
	}
}

// once takes what a repeated item takes that is sure of it, and returns where it ends, or -1.
func (m *matcher) once(it *item, at int) int {
	switch {
	case it.none:
		return at
	case it.quant == '?':
		if at < len(m.s) && it.has(m.s[at]) {
			at++
		}
		return at
	}
	end := m.longest(it, at)
	if it.quant == '+' && end == at {
		return -1
	}
	return end
}

// longest returns where the run of bytes of it ends that begins at at.
func (m *matcher) longest(it *item, at int) int {
	s := m.s
	end := at
	switch {
	case it.set == anything:
		return len(s)
	case it.set == nil:
		for end < len(s) && s[end] == it.c {
			end++
		}
	default:
		set := it.set
		for end < len(s) && set[s[end]] {
			end++
		}
	}
	m.use((end - at) >> 2)
	return end
}

// repeat tries the lengths that a repeated item may have, with the items from i on
// behind it.
func (m *matcher) repeat(it *item, at, i int) int {
	if m.depth++; m.depth > maxDepth {
		m.raise("pattern too complex")
	}
	end := -1
	switch it.quant {
	case '-':
		end = m.shortestFirst(it, at, i)
	case '?':
		if at < len(m.s) && it.has(m.s[at]) && it.then.may(m.s, at+1) {
			end = m.run(at+1, i)
		}
		if end < 0 && it.then.may(m.s, at) {
			end = m.run(at, i)
		}
	default:
		low := at
		if it.quant == '+' {
			low++
		}
		for e := m.longest(it, at); e >= low && end < 0; e-- {
			m.use(1)
			if it.then.may(m.s, e) {
				end = m.run(e, i)
			}
		}
	}
	m.depth--
	return end
}

func (m *matcher) shortestFirst(it *item, at, i int) int {
	s := m.s
	for {
		m.use(1)
		if it.set == anything && it.then.kind == fByte {
			n := strings.IndexByte(s[at:], it.then.c)
			if n < 0 {
				m.use((len(s) - at) >> 3)
				return -1
			}
			m.use(n >> 3)
			at += n
		}
		if it.then.may(s, at) {
			if e := m.run(at, i); e >= 0 {
				return e
			}
		}
		if at >= len(s) || !it.has(s[at]) {
			return -1
		}
		at++
	}
}

// rare matches an item that is none of the usual ones.
func (m *matcher) rare(it *item, at int) int {
	s := m.s
	switch it.kind {
	case kBack:
		c := m.cap[it.n]
		held := s[c.from:c.to]
		m.use(len(held) >> 3)
		if !strings.HasPrefix(s[at:], held) {
			return -1
		}
		return at + len(held)
	case kFrontier:
		var before, behind byte
		if at > 0 {
			before = s[at-1]
		}
		if at < len(s) {
			behind = s[at]
		}
		if it.set[before] || !it.set[behind] {
			return -1
		}
		return at
	}
	return m.balanced(it, at)
}

// balanced returns where what begins with it.c and ends with it.d ends, both counted.
func (m *matcher) balanced(it *item, at int) int {
	s := m.s
	if at >= len(s) || s[at] != it.c {
		return -1
	}
	open := 1
	for e := at + 1; e < len(s); e++ {
		switch s[e] {
		case it.d:
			if open--; open == 0 {
				m.use((e - at) >> 2)
				return e + 1
			}
		case it.c:
			open++
		}
	}
	m.use((len(s) - at) >> 2)
	return -1
}

// capture returns capture n, or the whole match where the pattern has none.
func (m *matcher) capture(n, start, end int) lua.LValue {
	if n >= len(m.p.caps) {
		if n != 0 {
			m.raise("invalid capture index")
		}
		return part(m.s, start, end)
	}
	c := m.cap[n]
	switch m.p.caps[n] {
	case capOpen:
		m.raise("unfinished capture")
	case capPlace:
		return integer(c.from + 1)
	}
	return part(m.s, c.from, c.to)
}

// push pushes the captures; if there are none, the whole match where whole is set.
func (m *matcher) push(start, end int, whole bool) int {
	n := len(m.p.caps)
	if n == 0 && whole {
		n = 1
	}
	for i := range n {
		m.L.Push(m.capture(i, start, end))
	}
	return n
}
