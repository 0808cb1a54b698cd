package match

import (
	"math"
	"slices"

	"heka/lib/msg"
)

// group is the guards of one field.
type group struct {
	slot   int32
	cost   int  // how many regular expressions there are
	asks   bits // the expressions that they guard
	guards []guard
	each   []guard // those that are evaluated one by one

	// What is left of all expressions where the field is missing; and by the guards not
	// in each, where it is an integer or a text.
	missing  bits
	integers []int64
	byOrder  []bits // two an integer, below it and it; and one for above all
	texts    table[bits]
	byText   bits // no text of texts
}

// guard is a test that must hold, or must not, or else expr can't.
type guard struct {
	test *test
	expr int32
	not  bool
}

// maxGroup bounds what the integers and texts of a group take, in words of bits.
const maxGroup = 4096

func (g *group) add(x guard) {
	g.asks.add(x.expr)
	g.guards = append(g.guards, x)
	if x.test.op == opFieldMatch {
		g.cost++
	}
}

// prepare works out what is left of n expressions by each outcome.
func (g *group) prepare(n int) {
	var quick []guard
	room := maxGroup
	for _, x := range g.guards {
		if g.quick(x.test, room) {
			quick = append(quick, x)
			room -= 2 * len(g.asks)
		} else {
			g.each = append(g.each, x)
		}
	}
	g.missing = left(n, g.guards, func(t *test) bool { return t.op == opFieldNil && !t.negated })
	g.orders(n, quick)
	text := func(s *string) bits {
		return left(n, quick, func(t *test) bool {
			is := s != nil && t.text == *s
			return t.op == opFieldNil && t.negated || t.op == opFieldText && is == (t.rel == equal)
		})
	}
	g.byText = text(nil)
	for i := range g.texts.entries {
		if e := &g.texts.entries[i]; e.used {
			e.value = text(&e.key)
		}
	}
}

// quick reports whether t may be decided by integers and texts, to which it adds.
func (g *group) quick(t *test, room int) bool {
	switch {
	case t.op == opFieldNil:
		return true
	case room <= 0:
		return false
	case t.op == opFieldWhole:
		g.integers = append(g.integers, t.whole)
		return true
	case t.op == opFieldText && (t.rel == equal || t.rel == notEqual):
		return g.texts.has(t.text) || g.texts.add(t.text, nil)
	}
	return false
}

// orders fills integers and byOrder.
func (g *group) orders(n int, quick []guard) {
	slices.Sort(g.integers)
	g.integers = slices.Compact(g.integers)
	for i := range 2*len(g.integers) + 1 {
		g.byOrder = append(g.byOrder, left(n, quick, func(t *test) bool {
			if t.op != opFieldWhole {
				return t.op == opFieldNil && t.negated
			}
			k, _ := slices.BinarySearch(g.integers, t.whole)
			return t.rel&orderInts(int64(i), int64(2*k+1)) != 0
		}))
	}
}

// left returns the expressions of n that no guard forbids if the tests hold so.
func left(n int, guards []guard, holds func(*test) bool) bits {
	b := newBits(n)
	for i := range b {
		b[i] = math.MaxUint64
	}
	for _, x := range guards {
		if holds(x.test) == x.not {
			b.drop(x.expr)
		}
	}
	return b
}

// size returns about how many steps g takes the memory of.
func (g *group) size() int {
	return 4*len(g.guards) + (len(g.byOrder)+g.texts.n+3)*(len(g.asks)+4)/2
}

// narrow drops what the guards of g forbid from the expressions that are open.
func (s *Set) narrow(v *msg.View, g *group) {
	b := v.Body()
	at := int(s.seekField(b, g.slot))
	if at == 0 {
		s.open.keep(g.missing)
		return
	}
	f := msg.ValueAt(b, at)
	switch f.Kind() {
	case msg.Int:
		n := f.Int()
		if n == math.MaxInt64 { // or more
			s.narrowEach(v, g.guards, f)
			return
		}
		s.open.keep(g.byOrder[g.order(n)])
	case msg.String, msg.Bytes:
		from, to := msg.TextAt(b, at)
		left, ok := g.texts.find(b, from, to)
		if !ok {
			left = g.byText
		}
		s.open.keep(left)
	case msg.Array:
		f, _ = f.Elem(0)
		s.narrowEach(v, g.guards, f)
		return
	default:
		s.narrowEach(v, g.guards, f)
		return
	}
	if len(g.each) > 0 {
		s.narrowEach(v, g.each, f)
	}
}

// order returns which of byOrder is that of n.
func (g *group) order(n int64) int {
	if len(g.integers) <= 8 {
		k := 0
		for _, i := range g.integers {
			if n > i {
				k += 2
			}
			if n == i {
				k++
			}
		}
		return k
	}
	k, ok := slices.BinarySearch(g.integers, n)
	if ok {
		return 2*k + 1
	}
	return 2 * k
}

// narrowEach is narrow by guards one by one; f is the field.
func (s *Set) narrowEach(v *msg.View, guards []guard, f msg.Value) {
	for i := range guards {
		x := &guards[i]
		if s.open.has(x.expr) && s.holdsField(v, x.test, f) == x.not {
			s.open.drop(x.expr)
		}
	}
}

// holdsField is holds for the test of a field, which is f.
func (s *Set) holdsField(v *msg.View, t *test, f msg.Value) bool {
	if t.memo < 0 {
		return s.evalField(v, t, f)
	}
	m := &s.memos[t.memo]
	if m.gen != s.gen {
		m.held = s.evalField(v, t, f)
		m.gen = s.gen
	}
	return m.held
}
