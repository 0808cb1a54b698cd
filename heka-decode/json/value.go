package json

import (
	"math"

	"heka/heka-decode/internal/number"
	"heka/lib/msg"
)

// word reads true, false or null at s[i:].
func (d *decoder) word(i int) int {
	for _, w := range [...]string{"true", "false", "null"} {
		if d.s[i] == w[0] && len(d.s)-i >= len(w) && string(d.s[i:i+len(w)]) == w {
			return i + len(w)
		}
	}
	return d.fail(i, "expected a value")
}

// number reads the number at s[i:]; whole says that it has neither fraction nor
// exponent.
func (d *decoder) number(i int) (next int, whole bool) {
	s, start := d.s, i
	if s[i] == '-' {
		i++
	}
	digits := i
	if i = skipDigits(s, i); i == digits {
		if digits == start {
			return d.fail(start, "expected a value"), false
		}
		return d.fail(i, "expected a digit"), false
	}
	if s[digits] == '0' && i > digits+1 {
		return d.fail(digits, "a number that starts with 0"), false
	}
	if i == len(s) || s[i] != '.' && s[i]|0x20 != 'e' {
		return i, true
	}
	if s[i] == '.' {
		digits = i + 1
		if i = skipDigits(s, digits); i == digits {
			return d.fail(i, "expected a digit"), false
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		digits = i
		if i = skipDigits(s, digits); i == digits {
			return d.fail(i, "expected a digit"), false
		}
	}
	return i, false
}

func skipDigits(s []byte, i int) int {
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	return i
}

// integer returns the number that the digits of text are; false if it does not fit
// 64 bits.
func integer(text []byte) (n int64, ok bool) {
	digits, neg := text, false
	if text[0] == '-' {
		digits, neg = text[1:], true
	}
	if len(digits) > 19 {
		return 0, false
	}
	var u uint64
	for _, c := range digits {
		u = u*10 + uint64(c-'0')
	}
	if neg {
		return -int64(u), u <= -math.MinInt64
	}
	return int64(u), u <= math.MaxInt64
}

// figure makes a field of a number: an int if it is whole and fits, else a float; a
// string if even that can't hold it. Or it takes the message's time from it.
func (d *decoder) figure(name, text []byte, whole bool) {
	isTime := d.form == plain && !d.timed && d.times.Is(name)
	if whole {
		if n, ok := integer(text); ok {
			if isTime {
				if ns, ok := d.times.Int(n); d.time(ns, ok) {
					return
				}
			}
			d.b.Name(name)
			d.b.Int(n)
			return
		}
	}
	if isTime {
		if ns, ok := d.times.Text(text, d.b.Timestamp); d.time(ns, ok) {
			return
		}
	}
	d.b.Name(name)
	if f, ok := number.Float(text); ok {
		d.b.Float(f)
	} else {
		d.b.Str(text)
	}
}

// skip checks the value at s[i:] and goes over it. depth is that of what it
// stands in.
func (d *decoder) skip(i, depth int) int {
	if i >= len(d.s) {
		return d.fail(i, "ends before a value")
	}
	switch d.s[i] {
	case '"':
		end, _ := d.span(i + 1)
		if end < 0 {
			return end
		}
		return end + 1
	case '{':
		return d.skipObject(i, depth+1)
	case '[':
		next, _, _ := d.elements(i, depth+1)
		return next
	case 't', 'f', 'n':
		return d.word(i)
	}
	i, _ = d.number(i)
	return i
}

func (d *decoder) skipObject(i, depth int) int {
	if depth > maxDepth {
		return d.fail(i, "nested too deep")
	}
	if i = d.space(i + 1); i < len(d.s) && d.s[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(d.s) || d.s[i] != '"' {
			return d.fail(i, "expected a name in quotes")
		}
		if i, _ = d.span(i + 1); i < 0 {
			return i
		}
		if i = d.colon(i + 1); i < 0 {
			return i
		}
		if i = d.skip(i, depth); i < 0 {
			return i
		}
		if i = d.space(i); i == len(d.s) {
			return d.fail(i, "ends within an object")
		}
		if d.s[i] == '}' {
			return i + 1
		}
		if d.s[i] != ',' {
			return d.fail(i, "expected a comma or a closing brace")
		}
		i = d.space(i + 1)
	}
}

// elements checks the array at s[i:] and goes over it. It returns the number of its
// elements, and their kind if they are scalars of one kind: msg.Invalid otherwise,
// and msg.Float for numbers not all of which are ints.
func (d *decoder) elements(i, depth int) (next, n int, kind msg.Kind) {
	if depth > maxDepth {
		return d.fail(i, "nested too deep"), 0, msg.Invalid
	}
	if i = d.space(i + 1); i < len(d.s) && d.s[i] == ']' {
		return i + 1, 0, msg.String
	}
	for {
		at := i
		if i = d.skip(i, depth); i < 0 {
			return i, 0, msg.Invalid
		}
		k := kindOf(d.s[at:i])
		switch n++; {
		case n == 1 || k == kind:
			kind = k
		case k == msg.Float && kind == msg.Int, k == msg.Int && kind == msg.Float:
			kind = msg.Float
		default:
			kind = msg.Invalid
		}
		if i = d.space(i); i == len(d.s) {
			return d.fail(i, "ends within an array"), 0, msg.Invalid
		}
		if d.s[i] == ']' {
			return i + 1, n, kind
		}
		if d.s[i] != ',' {
			return d.fail(i, "expected a comma or a closing bracket"), 0, msg.Invalid
		}
		i = d.space(i + 1)
	}
}

// kindOf returns the kind of the scalar that text is, which is known to be JSON;
// msg.Invalid for null, what nests, and numbers too large for a float.
func kindOf(text []byte) msg.Kind {
	switch text[0] {
	case '"':
		return msg.String
	case 't', 'f':
		return msg.Bool
	case 'n', '{', '[':
		return msg.Invalid
	}
	for _, c := range text {
		if c == '.' || c|0x20 == 'e' {
			if _, ok := number.Float(text); !ok {
				return msg.Invalid
			}
			return msg.Float
		}
	}
	if _, ok := integer(text); ok {
		return msg.Int
	}
	if _, ok := number.Float(text); !ok {
		return msg.Invalid
	}
	return msg.Float
}

// array makes an array of the one at s[i:], or a string if its elements are not
// scalars of one kind.
func (d *decoder) array(name []byte, i, depth int) int {
	d.dirty = false
	end, n, kind := d.elements(i, depth+1)
	if end < 0 {
		return end
	}
	d.b.Name(name)
	if kind == msg.Invalid {
		text := d.s[i:end]
		if d.dirty {
			text = d.valid(text)
		}
		d.b.Str(text)
		return end
	}
	d.b.Array(n)
	for i = d.space(i + 1); d.s[i] != ']'; i = d.space(i) {
		if i = d.element(i, kind); d.s[d.space(i)] == ',' {
			i = d.space(d.space(i) + 1)
		}
	}
	return end
}

// element appends the scalar at s[i:], which was checked.
func (d *decoder) element(i int, kind msg.Kind) int {
	switch kind {
	case msg.String:
		text, next := d.str(i + 1)
		d.b.Str(text)
		return next
	case msg.Bool:
		d.b.Bool(d.s[i] == 't')
		return d.word(i)
	}
	next, _ := d.number(i)
	if kind == msg.Int {
		n, _ := integer(d.s[i:next])
		d.b.Int(n)
	} else {
		f, _ := number.Float(d.s[i:next])
		d.b.Float(f)
	}
	return next
}
