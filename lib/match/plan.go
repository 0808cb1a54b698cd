package match

import (
	"cmp"
	"slices"
)

// plan is how a state decides what it can't know. Most expressions are conjunctions,
// which can't hold where one of their tests, a guard, fails. Guards of the same field
// make a group: what the field is decides all of them at once. Then the expressions
// that are left are looked at one by one, by the tests that are in no group.
type plan struct {
	open   bits    // all that is to be decided
	last   bits    // of them, those that hold if all guards do
	groups []group // the cheaper ones first
	steps  []step
	start  []int32 // by expression: where to go on when the guards held
}

// planned makes the plan of the current state.
func (s *Set) planned() *plan {
	if s.open == nil {
		s.open = newBits(s.Len())
	}
	st, n := s.cur, s.Len()
	p := &plan{open: newBits(n), last: newBits(n), steps: slices.Clone(st.steps)}
	p.start = make([]int32, n)
	for _, r := range st.rest {
		p.open.add(r.expr)
		p.start[r.expr] = p.gather(r.expr, r.start, n)
		if p.start[r.expr] == accept {
			p.last.add(r.expr)
		}
	}
	for i := range p.groups {
		p.groups[i].prepare(n)
		s.steps += p.groups[i].size()
	}
	slices.SortStableFunc(p.groups, func(a, b group) int { return cmp.Compare(a.cost, b.cost) })
	s.steps += len(p.steps) + n
	st.plan = p
	return p
}

// gather takes the guards of an expression out of the steps that start at pc, and
// returns where it starts now. No other step leads to one of its guards.
func (p *plan) gather(expr, pc int32, n int) int32 {
	first, last := int32(accept), (*int32)(nil)
	link := func(to int32) {
		if last == nil {
			first = to
		} else {
			*last = to
		}
	}
	for pc >= 0 {
		at, st := pc, &p.steps[pc]
		next, not := &st.yes, false
		switch {
		case st.no == reject:
		case st.yes == reject:
			next, not = &st.no, true
		default:
			link(pc)
			return first
		}
		pc = *next
		if st.test.op >= opFieldWhole && st.test.elem == 0 {
			p.group(st.test.slot, n).add(guard{st.test, expr, not})
			continue
		}
		link(at)
		last = next
	}
	link(pc)
	return first
}

// group returns the group of a slot.
func (p *plan) group(slot int32, n int) *group {
	for i := range p.groups {
		if p.groups[i].slot == slot {
			return &p.groups[i]
		}
	}
	p.groups = append(p.groups, group{slot: slot, asks: newBits(n)})
	return &p.groups[len(p.groups)-1]
}
