package match

import (
	mathbits "math/bits"

	"heka/lib/msg"
)

// Select sets bit i of hits, hits[i/64]>>(i%64), for each expression i that selects
// the message of v, and clears all others; len(hits) must be Words() at least. It is
// what Reset and a Match of each expression would tell, and is to be used where there
// are many: what the Type of a message decides, and its Logger and Hostname, is worked
// out when that value comes for the first time, and only what is left to be asked is
// asked of each message.
//
// It allocates where a value is new to it, within a bound, and not otherwise. A Match
// wants a Reset after it.
func (s *Set) Select(v *msg.View, hits []uint64) {
	s.gen++
	if s.root == nil {
		s.plant()
	}
	b := v.Body()
	s.cur, s.ends = s.root, 0
	for s.cur.by != msg.Uuid {
		from, to := s.textAt(b, s.cur.by)
		next, ok := s.cur.next.again(b, from, to)
		if !ok {
			next, ok = s.cur.next.find(b, from, to)
		}
		if !ok {
			if next = s.grow(b[from:to]); next == nil {
				break
			}
		}
		s.cur = next
	}
	copy(hits, s.cur.held)
	if len(s.cur.rest) > 0 {
		s.decide(v, hits)
	}
}

// plant makes the root of the tree.
func (s *Set) plant() {
	if s.p == nil {
		s.compile()
	}
	s.root = newRoot(s.p)
}

// decide adds to hits what is left of the expressions of the current state, and holds.
func (s *Set) decide(v *msg.View, hits bits) {
	p := s.cur.plan
	if p == nil {
		p = s.planned()
	}
	b := v.Body()
	if p.grouped {
		s.walkTo(b, p.far)
	}
	for i := range p.cohorts {
		c := &p.cohorts[i]
		open := c.all
		for k := range c.groups {
			if g := &c.groups[k]; open&g.asks != 0 {
				open = s.narrow(v, b, g, open)
			}
		}
		for ; open != 0; open &= open - 1 {
			k := mathbits.TrailingZeros64(open)
			if c.last>>k&1 != 0 || s.run(v, p, c.start[k]) {
				hits.add(c.exprs[k])
			}
		}
	}
}

// run goes on from step pc.
func (s *Set) run(v *msg.View, p *plan, pc int32) bool {
	for pc >= 0 {
		n := &p.steps[pc]
		if s.holds(v, n.test) {
			pc = n.yes
		} else {
			pc = n.no
		}
	}
	return pc == accept
}

// Words returns the length of what Select writes to.
func (s *Set) Words() int { return (s.Len() + 63) / 64 }

// holds evaluates a test, or tells its outcome if it was evaluated already.
func (s *Set) holds(v *msg.View, t *test) bool {
	if t.memo < 0 {
		return s.eval(v, t)
	}
	m := &s.memos[t.memo]
	if m.gen != s.gen {
		m.held = s.eval(v, t)
		m.gen = s.gen
	}
	return m.held
}
