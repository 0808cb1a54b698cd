package match

import (
	"cmp"
	"slices"
)

// plan is how a state decides the expressions that it can't know. Most of them are
// conjunctions, which can't hold where one of their tests, a guard, fails. Guards of
// the same field make a group: what the field is decides all of them at once. Then the
// expressions that are left are looked at one by one, by the tests that are in no group.
type plan struct {
	cohorts []cohort
	steps   []step
	far     int32 // the last place of the shape that a group asks for
	grouped bool  // there are groups
}

// cohort is up to 64 expressions, which are decided together, each by a bit.
type cohort struct {
	all    uint64
	last   uint64 // those that hold if all their guards do
	exprs  []int32
	start  []int32 // where to go on when the guards held
	groups []group // the cheaper ones first
}

// planned makes the plan of the current state.
func (s *Set) planned() *plan {
	st := s.cur
	p := &plan{steps: slices.Clone(st.steps)}
	for some := range slices.Chunk(st.rest, 64) {
		c := cohort{all: 1<<len(some) - 1}
		for i, r := range some {
			at := p.gather(&c, uint64(1)<<i, r.start)
			if at == accept {
				c.last |= 1 << i
			}
			c.exprs, c.start = append(c.exprs, r.expr), append(c.start, at)
		}
		for i := range c.groups {
			c.groups[i].prepare()
			s.steps += c.groups[i].size()
		}
		slices.SortStableFunc(c.groups, func(a, b group) int { return cmp.Compare(a.cost, b.cost) })
		p.grouped = p.grouped || len(c.groups) > 0
		p.cohorts = append(p.cohorts, c)
	}
	s.steps += len(p.steps) + len(st.rest)
	st.plan = p
	p.settle(&st.shape)
	return p
}

// gather takes the guards of an expression out of the steps that start at pc, and
// returns where it starts now. No other step leads to one of its guards.
func (p *plan) gather(c *cohort, expr uint64, pc int32) int32 {
	first := int32(accept)
	last := &first
	for pc >= 0 {
		at, st := pc, &p.steps[pc]
		next, not := &st.yes, false
		if st.no != reject {
			if next, not = &st.no, true; st.yes != reject {
				break
			}
		}
		pc = *next
		if st.test.op >= opFieldWhole && st.test.elem == 0 {
			c.group(st.test.slot).add(guard{st.test, expr, not})
			continue
		}
		*last = at
		last = next
	}
	*last = pc
	return first
}

// group returns the group of a slot.
func (c *cohort) group(slot int32) *group {
	for i := range c.groups {
		if c.groups[i].slot == slot {
			return &c.groups[i]
		}
	}
	c.groups = append(c.groups, group{slot: slot})
	return &c.groups[len(c.groups)-1]
}

// settle tells the groups where their fields are.
func (p *plan) settle(sh *shape) {
	p.far = 0
	for i := range p.cohorts {
		groups := p.cohorts[i].groups
		for k := range groups {
			g := &groups[k]
			if g.place = 0; sh.places != nil {
				g.place = sh.places[g.slot]
			}
			p.far = max(p.far, g.place)
		}
	}
}
