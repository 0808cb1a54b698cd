package match

import (
	"math"
	"slices"

	"heka/lib/msg"
)

// eval evaluates one comparison. Hot: it allocates nothing.
func (s *Set) eval(v *msg.View, t *test) bool {
	switch t.op {
	case opTextEqual, opText, opTextMatch, opTextIn:
		return t.holdsText(s.text(v, t.header))
	case opInteger:
		if t.num.kind == whole {
			return t.rel&orderInts(s.integer(v, t.header), t.num.i) != 0
		}
		return t.rel&order(number{i: s.integer(v, t.header)}, t.num) != 0
	case opIntegerIn:
		return s.integerIn(v, t)
	case opNow:
		return s.hasNow && t.rel&orderInts(v.Timestamp(), addTime(s.now, t.whole)) != 0
	default:
		return s.evalField(v, t, s.field(v, t))
	}
}

// evalField evaluates the test of a field, which is f.
func (s *Set) evalField(v *msg.View, t *test, f msg.Value) bool {
	switch t.op {
	case opFieldWhole:
		if n := f.Int(); f.Kind() == msg.Int && n != math.MaxInt64 {
			return t.rel&orderInts(n, t.whole) != 0
		}
		return t.fieldNumber(f)
	case opFieldNumber:
		return t.fieldNumber(f)
	case opFieldText:
		return t.fieldText(f)
	case opFieldNil:
		return (f.Kind() == msg.Invalid) != t.negated
	case opFieldQuantity:
		return t.fieldQuantity(v, f)
	case opFieldBool:
		return t.fieldBool(f)
	case opFieldMatch:
		return isText(f) && t.pattern.match(f.Text()) != t.negated
	default: // opFieldIn
		return t.fieldIn(v, f)
	}
}

// holdsText evaluates the test of a header that is text.
func (t *test) holdsText(text []byte) bool {
	switch t.op {
	case opTextEqual:
		return (string(text) == t.text) != t.negated
	case opText:
		return t.rel.holdsText(text, t.text)
	case opTextMatch:
		return t.pattern.match(text) != t.negated
	default: // opTextIn
		return t.values.hasText(text)
	}
}

func isText(f msg.Value) bool { return f.Kind() == msg.String || f.Kind() == msg.Bytes }

// holdsText compares in the order of bytes.
func (r rel) holdsText(a []byte, b string) bool {
	switch {
	case string(a) == b:
		return r&equal != 0
	case string(a) < b:
		return r&less != 0
	}
	return r&greater != 0
}

// fieldNumber compares f with a number. As in Heka, a bool that is compared with
// anything but TRUE is compared with FALSE, whatever the operator.
func (t *test) fieldNumber(f msg.Value) bool {
	switch f.Kind() {
	case msg.Int, msg.Float:
		return t.rel&order(valueNumber(f), t.num) != 0
	case msg.Bool:
		return !f.Bool()
	}
	return false
}

// fieldText compares f with a text; see fieldNumber for bools.
func (t *test) fieldText(f msg.Value) bool {
	switch f.Kind() {
	case msg.String, msg.Bytes:
		return t.rel.holdsText(f.Text(), t.text)
	case msg.Bool:
		return !f.Bool()
	}
	return false
}

// fieldBool compares f with TRUE or FALSE; a text, as in Heka, with that word.
func (t *test) fieldBool(f msg.Value) bool {
	switch f.Kind() {
	case msg.Bool:
		return f.Bool() == t.truth
	case msg.String, msg.Bytes:
		return string(f.Text()) == t.text
	}
	return false
}

// fieldQuantity compares f, in the unit of its representation, with a quantity.
func (t *test) fieldQuantity(v *msg.View, f msg.Value) bool {
	if k := f.Kind(); k != msg.Int && k != msg.Float {
		return false
	}
	n, ok := t.quant.as(v.Rep(t.name))
	return ok && t.rel&order(valueNumber(f), n) != 0
}

// fieldIn reports whether f is one of the values of its own kind.
func (t *test) fieldIn(v *msg.View, f msg.Value) bool {
	switch f.Kind() {
	case msg.String, msg.Bytes:
		return t.values.hasText(f.Text())
	case msg.Int, msg.Float:
		n := valueNumber(f)
		return t.values.hasNumber(n) || len(t.values.quants) > 0 &&
			t.values.hasQuantity(n, v.Rep(t.name))
	}
	return false
}

// integerIn reports whether a numeric header is one of the values.
func (s *Set) integerIn(v *msg.View, t *test) bool {
	n := s.integer(v, t.header)
	if t.values.hasNumber(number{i: n}) {
		return true
	}
	for _, off := range t.values.now {
		if s.hasNow && n == addTime(s.now, off) {
			return true
		}
	}
	return false
}

func (l *values) hasText(b []byte) bool {
	if l.set != nil {
		_, ok := l.set[string(b)]
		return ok
	}
	for _, s := range l.texts {
		if string(b) == s {
			return true
		}
	}
	return false
}

func (l *values) hasNumber(n number) bool {
	if n.kind == real {
		n = floatNumber(n.f)
	}
	if n.kind == whole {
		if _, ok := slices.BinarySearch(l.whole, n.i); ok {
			return true
		}
	} else if n.kind == real && l.hasWhole(n) {
		return true
	}
	for _, o := range l.others {
		if order(n, o) == equal {
			return true
		}
	}
	return false
}

// hasWhole reports whether n, a float of 2^53 or more or no integer, is one of
// the integers.
func (l *values) hasWhole(n number) bool {
	for _, i := range l.whole {
		if order(n, number{i: i}) == equal {
			return true
		}
	}
	return false
}

func (l *values) hasQuantity(n number, rep []byte) bool {
	for _, q := range l.quants {
		if lit, ok := q.as(rep); ok && order(n, lit) == equal {
			return true
		}
	}
	return false
}
