package capture

import (
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// maxVisited bounds the bits that a match may note: a MiB. A line that needs more is
// left to package regexp.
const maxVisited = 8 << 20

// matcher finds the leftmost match, and of those there the one that package regexp
// would find, by going back where a choice was wrong. It notes the choices made at
// each place, so that none is made twice: time grows with the line's length, whatever
// the expression. It keeps the space it needs, and is for one goroutine.
type matcher struct {
	re      *regexp.Regexp
	prog    *program // nil: all is left to re
	limit   int      // of bits in visited
	s       []byte
	bounds  []int
	visited []uint64
	stack   []choice
}

// choice is what to do when there is no way on: go on at instruction pc and place at;
// or, if pc is negative, set bound ^pc back to at.
type choice struct{ pc, at int }

// find returns the bounds of the groups of the match, two a group, negative for those
// that took no part in it; nil if there is no match. They stand until the next find.
func (m *matcher) find(s []byte) []int {
	if m.prog == nil || m.prog.alts*(len(s)+1) > m.limit {
		return m.re.FindSubmatchIndex(s)
	}
	m.s = s
	bits := m.prog.alts * (len(s) + 1)
	if words := bits/64 + 1; words > cap(m.visited) {
		m.visited = make([]uint64, words)
	} else {
		m.visited = m.visited[:words]
		clear(m.visited)
	}
	for at := 0; ; {
		if m.may(at) {
			for i := range m.bounds {
				m.bounds[i] = -1
			}
			if end := m.from(at); end >= 0 {
				m.bounds[0], m.bounds[1] = at, end
				return m.bounds
			}
		}
		if at >= len(s) || m.prog.anchored {
			return nil
		}
		if s[at] < utf8.RuneSelf {
			at++
		} else {
			_, size := utf8.DecodeRune(s[at:])
			at += size
		}
	}
}

// may reports whether a match may start at s[at:].
func (m *matcher) may(at int) bool {
	first := &m.prog.first
	if at == len(m.s) {
		return *first == everything
	}
	c := m.s[at]
	return c < utf8.RuneSelf && first.has(c) || c >= utf8.RuneSelf && first.beyond
}

// from returns where the match that starts at s[at:] ends; a negative number if there
// is none.
func (m *matcher) from(at int) int {
	m.stack = m.stack[:0]
	pc := m.prog.start
	for {
		in := &m.prog.insts[pc]
		ok := true
		switch in.op {
		case take:
			if n := m.take(in, at); n > 0 {
				at += n
				pc = in.out
			} else {
				ok = false
			}
		case span:
			at = m.span(in, at)
			pc = in.arg
		case alt:
			bit := in.alt*(len(m.s)+1) + at
			if ok = m.visited[bit/64]&(1<<(bit%64)) == 0; ok {
				m.visited[bit/64] |= 1 << (bit % 64)
				m.stack = append(m.stack, choice{int(in.arg), at})
				pc = in.out
			}
		case bound:
			m.stack = append(m.stack, choice{^int(in.arg), m.bounds[in.arg]})
			m.bounds[in.arg] = at
			pc = in.out
		case empty:
			ok = m.holds(syntax.EmptyOp(in.arg), at)
			pc = in.out
		case accept:
			return at
		default:
			ok = false
		}
		if ok {
			continue
		}
		if pc, at = m.back(); at < 0 {
			return -1
		}
	}
}

// take returns how many bytes the character of in's set at s[at:] has; 0 if there is
// none.
func (m *matcher) take(in *inst, at int) int {
	if at >= len(m.s) {
		return 0
	}
	c := m.s[at]
	if c < utf8.RuneSelf {
		if in.set.has(c) {
			return 1
		}
		return 0
	}
	if !in.set.beyond {
		return 0
	}
	r, size := utf8.DecodeRune(m.s[at:])
	if in.class != nil && !in.class.MatchRune(r) {
		return 0
	}
	return size
}

// span returns where the characters of in's set that start at s[at:] end.
func (m *matcher) span(in *inst, at int) int {
	for {
		for at < len(m.s) && m.s[at] < utf8.RuneSelf && in.set.has(m.s[at]) {
			at++
		}
		if at == len(m.s) || m.s[at] < utf8.RuneSelf {
			return at
		}
		n := m.take(in, at)
		if n == 0 {
			return at
		}
		at += n
	}
}

// back returns the last choice that was not made; a negative place if there is none.
func (m *matcher) back() (pc uint32, at int) {
	for len(m.stack) > 0 {
		c := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		if c.pc >= 0 {
			return uint32(c.pc), c.at
		}
		m.bounds[^c.pc] = c.at
	}
	return 0, -1
}

// holds reports whether the conditions want hold at s[at:]. They look at ASCII alone,
// so that the bytes beside the place will do for the characters.
func (m *matcher) holds(want syntax.EmptyOp, at int) bool {
	if want == 0 {
		return true
	}
	before, behind := rune(-1), rune(-1)
	if at > 0 {
		before = rune(m.s[at-1])
	}
	if at < len(m.s) {
		behind = rune(m.s[at])
	}
	return want&^syntax.EmptyOpContext(before, behind) == 0
}
