package match

import (
	"math"
	"slices"

	"heka/lib/msg"
)

// group is the guards of one field, for the expressions of a cohort.
type group struct {
	slot  int32
	place int32  // of the field in the shape
	cost  int    // how many regular expressions there are
	asks  uint64 // the expressions that have guards here

	guards []guard
	each   []guard // those that are evaluated one by one

	// The expressions that may hold where the field is missing or a bool; and, by the
	// guards not in each, where it is a number or a text.
	missing  uint64
	byBool   [2]uint64 // false, true
	numbers  []float64
	byNumber []uint64 // two a number, for what is below it and for it; and for all above
	texts    table[uint64]
	byText   uint64 // no text of texts
}

// guard is a test that must hold, or must not, or else an expression can't.
type guard struct {
	test *test
	expr uint64
	not  bool
}

// maxExact is where the integers end that floats have all of.
const maxExact = 1 << 53

func (g *group) add(x guard) {
	g.asks |= x.expr
	g.guards = append(g.guards, x)
	if x.test.op == opFieldMatch {
		g.cost++
	}
}

// prepare works out which expressions may hold by each outcome.
func (g *group) prepare() {
	var quick []guard
	for _, x := range g.guards {
		if g.quick(x.test) {
			quick = append(quick, x)
		} else {
			g.each = append(g.each, x)
		}
	}
	is := func(f ...byte) uint64 {
		return left(g.guards, func(t *test) bool {
			return (*Set)(nil).evalField(nil, t, msg.ValueAt(f, 0))
		})
	}
	g.missing = is()
	g.byBool = [2]uint64{is(msg.WireFalse), is(msg.WireTrue)}
	g.orders(quick)
	text := func(s *string) uint64 {
		return left(quick, func(t *test) bool {
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

// quick reports whether t can be decided by numbers and texts, to which it adds.
func (g *group) quick(t *test) bool {
	switch {
	case t.op == opFieldNil:
		return true
	case t.op == opFieldWhole || t.op == opFieldNumber:
		x, ok := t.num.exact()
		if ok {
			g.numbers = append(g.numbers, x)
		}
		return ok
	case t.op == opFieldText && (t.rel == equal || t.rel == notEqual):
		return g.texts.has(t.text) || g.texts.add(t.text, 0)
	}
	return false
}

// exact returns n as a float; false if that is another number.
func (n number) exact() (float64, bool) {
	if n.kind == real {
		return n.f, true
	}
	return float64(n.i), n.kind == whole && n.i > -maxExact && n.i < maxExact
}

// orders fills byNumber.
func (g *group) orders(quick []guard) {
	slices.Sort(g.numbers)
	g.numbers = slices.Compact(g.numbers)
	for i := range 2*len(g.numbers) + 1 {
		g.byNumber = append(g.byNumber, left(quick, func(t *test) bool {
			if t.op != opFieldWhole && t.op != opFieldNumber {
				return t.op == opFieldNil && t.negated
			}
			x, _ := t.num.exact()
			k, _ := slices.BinarySearch(g.numbers, x)
			return t.rel&orderInts(int64(i), int64(2*k+1)) != 0
		}))
	}
}

// left returns the expressions that no guard forbids if the tests hold so.
func left(guards []guard, holds func(*test) bool) uint64 {
	all := uint64(math.MaxUint64)
	for _, x := range guards {
		if holds(x.test) == x.not {
			all &^= x.expr
		}
	}
	return all
}

// size returns about how many steps g takes the memory of.
func (g *group) size() int { return 8 + 3*len(g.guards) + len(g.byNumber) + 5*len(g.texts.entries) }
