package match

import (
	"slices"

	"heka/lib/msg"
)

// state is what is left to be asked when some headers of a message are known: the
// program without the tests that those decide. The states of a Set are a tree that
// grows as messages come, from the root, where nothing is known.
//
//	root ──Type 'nginx.access'──> state ──Hostname 'web-1'──> state
//	     ──Type 'syslog'──> state
//
// Any state decides all expressions, if by more tests than the ones below it: where
// the tree may not grow, a state that is less deep serves.
type state struct {
	steps []step
	held  bits    // the expressions that hold whatever else the message has
	rest  []start // those that more tests decide

	by   msg.Header // the header whose text leads on; Uuid if none does
	next table[*state]

	plan  *plan // how rest is decided; nil until it was asked for
	heads heads
	shape shape
}

// step is a test of a state, and where to go on: a step, accept or reject.
type step struct {
	test    *test
	yes, no int32
}

// start is the first step of an expression.
type start struct{ expr, start int32 }

// Bounds of the tree.
const (
	maxStates = 1024
	maxSteps  = 64 << 10

	// maxMissed is after how many messages that wanted a state and got none the tree
	// starts anew: those that it was built of may be of the past.
	maxMissed = 1 << 16
)

// levels are the headers that lead down the tree, in this order: those that take
// few values.
var levels = [...]msg.Header{msg.Type, msg.Logger, msg.Hostname}

func newRoot(p *program) *state {
	st := &state{held: newBits(len(p.start))}
	for i := range p.tests {
		st.steps = append(st.steps, step{&p.tests[i], p.tests[i].yes, p.tests[i].no})
	}
	for i, at := range p.start {
		st.rest = append(st.rest, start{int32(i), at})
	}
	st.settle()
	return st
}

// grow adds the state that text leads to from the current one; nil if it may not.
func (s *Set) grow(text []byte) *state {
	if len(text) > maxKey {
		return nil
	}
	if s.states >= maxStates || s.steps >= maxSteps {
		if s.missed++; s.missed >= maxMissed {
			s.states, s.steps, s.missed = 0, 0, 0
			s.root.next = table[*state]{}
		}
		return nil
	}
	st := s.cur.known(text)
	s.cur.next.add(string(text), st)
	s.states++
	s.steps += st.size()
	return st
}

// known returns st for messages whose header st.by is text.
func (st *state) known(text []byte) *state {
	to := make([]int32, len(st.steps)) // where each step is now, or what is left of it
	at := func(pc int32) int32 {
		if pc < 0 {
			return pc
		}
		return to[pc]
	}
	out := &state{held: slices.Clone(st.held)}
	for i, n := range st.steps {
		yes, no := at(n.yes), at(n.no)
		switch {
		case n.test.ofText(st.by) && n.test.holdsText(text), yes == no:
			to[i] = yes
		case n.test.ofText(st.by):
			to[i] = no
		default:
			to[i] = int32(len(out.steps))
			out.steps = append(out.steps, step{n.test, yes, no})
		}
	}
	for _, r := range st.rest {
		out.rest = append(out.rest, start{r.expr, at(r.start)})
	}
	out.settle()
	return out
}

// settle moves expressions that are decided to held, drops the steps that nothing
// leads to, and finds the next header to ask for. Steps lead to earlier ones alone.
func (st *state) settle() {
	reached := make([]bool, len(st.steps))
	mark := func(pc int32) {
		if pc >= 0 {
			reached[pc] = true
		}
	}
	st.rest = slices.DeleteFunc(st.rest, func(r start) bool {
		if mark(r.start); r.start == accept {
			st.held.add(r.expr)
		}
		return r.start < 0
	})
	for i, n := range slices.Backward(st.steps) {
		if reached[i] {
			mark(n.yes)
			mark(n.no)
		}
	}
	to, left := make([]int32, len(st.steps)), st.steps[:0]
	at := func(pc int32) int32 {
		if pc < 0 {
			return pc
		}
		return to[pc]
	}
	for i, n := range st.steps {
		if reached[i] {
			to[i] = int32(len(left))
			left = append(left, step{n.test, at(n.yes), at(n.no)})
		}
	}
	for i := range st.rest {
		st.rest[i].start = to[st.rest[i].start]
	}
	st.steps = slices.Clip(left)
	st.by = st.level()
}

// size returns about how many steps st takes the memory of.
func (st *state) size() int { return len(st.steps) + len(st.rest) + len(st.held) + 16 }

// level returns the next header to ask for.
func (st *state) level() msg.Header {
	for _, h := range levels {
		if slices.ContainsFunc(st.steps, func(n step) bool { return n.test.ofText(h) }) {
			return h
		}
	}
	return msg.Uuid
}

// ofText reports whether t asks for the text of header h, and nothing else.
func (t *test) ofText(h msg.Header) bool { return t.op <= opTextIn && t.header == h }
