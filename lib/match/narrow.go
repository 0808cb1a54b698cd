package match

import (
	"encoding/binary"
	"math"
	"slices"

	"heka/lib/msg"
)

// narrow returns the expressions of those that are open that the guards of g allow.
func (s *Set) narrow(v *msg.View, b []byte, g *group, open uint64) uint64 {
	at := int(s.values[g.place])
	if s.walked == s.gen {
		at = int(s.slotAt(g.slot))
	}
	if at == 0 {
		return open & g.missing
	}
	c := b[at]
	if c&0xe0 == msg.WireFixStr {
		if open &= g.byTexts(b, at+1, at+1+int(c&0x1f)); len(g.each) > 0 {
			return s.narrowEach(v, g.each, msg.ValueAt(b, at), open)
		}
		return open
	}
	if x, ok := numberAt(b, at); ok {
		if open &= g.byNumber[g.order(x)]; len(g.each) > 0 {
			return s.narrowEach(v, g.each, msg.ValueAt(b, at), open)
		}
		return open
	}
	f := msg.ValueAt(b, at)
	switch f.Kind() {
	case msg.Bool:
		return open & g.byBool[c&1]
	case msg.String, msg.Bytes:
		from, to := msg.TextAt(b, at)
		return s.narrowEach(v, g.each, f, open&g.byTexts(b, from, to))
	case msg.Array:
		f, _ = f.Elem(0)
	}
	return s.narrowEach(v, g.guards, f, open)
}

// byTexts returns the expressions that may hold where the field is b[from:to].
func (g *group) byTexts(b []byte, from, to int) uint64 {
	if g.texts.n > 0 {
		if left, ok := g.texts.find(b, from, to); ok {
			return left
		}
	}
	return g.byText
}

// numberAt returns the number that stands at b[at:]; false if none does, or one that a
// float is not exactly, or NaN.
func numberAt(b []byte, at int) (float64, bool) {
	c := b[at]
	switch {
	case c < msg.WireFixMap:
		return float64(c), true
	case c >= msg.WireUint8 && c <= msg.WireUint32 && at+9 <= len(b):
		n := binary.BigEndian.Uint64(b[at+1:]) >> (64 - 8<<(c-msg.WireUint8))
		return float64(int64(n)), true
	case c == msg.WireFloat64:
		x := math.Float64frombits(binary.BigEndian.Uint64(b[at+1:]))
		return x, x == x
	}
	f := msg.ValueAt(b, at)
	n := f.Int()
	return float64(n), f.Kind() == msg.Int && n > -maxExact && n < maxExact
}

// order returns which of byNumber is that of x.
func (g *group) order(x float64) int {
	if len(g.numbers) > 8 {
		k, ok := slices.BinarySearch(g.numbers, x)
		return 2*k + one(ok)
	}
	k := 0
	for _, n := range g.numbers {
		k += one(x > n) + one(x >= n)
	}
	return k
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// narrowEach is narrow by guards one by one; f is the field.
func (s *Set) narrowEach(v *msg.View, guards []guard, f msg.Value, open uint64) uint64 {
	for i := range guards {
		x := &guards[i]
		if open&x.expr != 0 && s.holdsField(v, x.test, f) == x.not {
			open &^= x.expr
		}
	}
	return open
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
