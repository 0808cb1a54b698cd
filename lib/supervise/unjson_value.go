package supervise

import (
	"math"
	"strconv"

	"heka/lib/msg"
)

// field reads the value of a field.
func (r *jsonReader) field(name []byte, depth int) {
	switch r.peek() {
	case '"':
		if s := r.str(); !r.bad {
			r.b.Name(name)
			r.b.Str(s)
		}
	case 'n':
		r.word("null")
	case '[':
		r.array(name, depth)
	case '{':
		at := r.start()
		if r.skip(depth); !r.bad {
			r.b.Name(name)
			r.b.Str(r.s[at:r.i])
		}
	default:
		at := r.i
		if k := r.skip(depth); k != msg.Invalid {
			r.b.Name(name)
			r.scalar(at, k)
		}
	}
}

// scalar appends the scalar of kind k at s[at:i], which skip has seen.
func (r *jsonReader) scalar(at int, k msg.Kind) {
	end := r.i
	switch k {
	case msg.String:
		r.i = at
		r.b.Str(r.str())
	case msg.Bool:
		r.b.Bool(r.s[at] == 't')
	case msg.Int:
		n, _ := integer(r.s[at:end])
		r.b.Int(n)
	case msg.Float:
		f, _ := strconv.ParseFloat(string(r.s[at:end]), 64)
		r.b.Float(f)
	}
	r.i = end
}

// array reads an array: one field if its elements are scalars of one kind, else text.
func (r *jsonReader) array(name []byte, depth int) {
	at := r.start()
	n, kind := r.elements(depth)
	if r.bad {
		return
	}
	end := r.i
	r.b.Name(name)
	if kind == msg.Invalid {
		r.b.Str(r.s[at:end])
		return
	}
	r.b.Array(n)
	for r.i = at + 1; n > 0; n-- {
		from := r.start()
		k := r.skip(depth)
		if kind == msg.Float {
			k = msg.Float
		}
		r.scalar(from, k)
		r.space()
		r.i++ // comma or bracket
	}
	r.i = end
}

// elements goes over an array, and returns how many elements it has and their kind;
// msg.Invalid if they have none in common.
func (r *jsonReader) elements(depth int) (n int, kind msg.Kind) {
	if r.eat('['); depth >= maxNest {
		r.fail()
	}
	if r.peek() == ']' {
		r.i++
		return 0, msg.String
	}
	for !r.bad {
		k := r.skip(depth + 1)
		switch {
		case n == 0:
			kind = k
		case k == kind:
		case k == msg.Int && kind == msg.Float, k == msg.Float && kind == msg.Int:
			kind = msg.Float
		default:
			kind = msg.Invalid
		}
		n++
		if r.peek() == ',' {
			r.i++
			continue
		}
		r.eat(']')
		break
	}
	return n, kind
}

// skip goes over a value and returns its kind; msg.Invalid if it is no scalar, or the line
// no JSON.
func (r *jsonReader) skip(depth int) msg.Kind {
	switch c := r.peek(); {
	case c == '"':
		at := len(r.text)
		r.str()
		r.text = r.text[:at]
		return r.unless(msg.String)
	case c == '{':
		r.object(depth+1, func(_ []byte, depth int) { r.skip(depth) })
	case c == '[':
		r.elements(depth + 1)
	case c == 't':
		return r.word("true")
	case c == 'f':
		return r.word("false")
	case c == 'n':
		r.word("null")
	default:
		return r.number()
	}
	return msg.Invalid
}

func (r *jsonReader) unless(k msg.Kind) msg.Kind {
	if r.bad {
		return msg.Invalid
	}
	return k
}

func (r *jsonReader) word(w string) msg.Kind {
	if len(r.s)-r.i < len(w) || string(r.s[r.i:r.i+len(w)]) != w {
		r.fail()
		return msg.Invalid
	}
	r.i += len(w)
	return msg.Bool
}

// number goes over a number: msg.Int if an int64 holds it, else msg.Float.
func (r *jsonReader) number() msg.Kind {
	at := r.i
	if r.i < len(r.s) && r.s[r.i] == '-' {
		r.i++
	}
	lead := r.i
	if r.digits() == 0 || r.s[lead] == '0' && r.i > lead+1 {
		r.fail()
		return msg.Invalid
	}
	whole := true
	if r.i < len(r.s) && r.s[r.i] == '.' {
		r.i++
		whole = false
		if r.digits() == 0 {
			r.fail()
		}
	}
	if r.i < len(r.s) && r.s[r.i]|0x20 == 'e' {
		r.i++
		whole = false
		if r.i < len(r.s) && (r.s[r.i] == '+' || r.s[r.i] == '-') {
			r.i++
		}
		if r.digits() == 0 {
			r.fail()
		}
	}
	if r.bad {
		return msg.Invalid
	}
	if whole {
		if _, ok := integer(r.s[at:r.i]); ok {
			return msg.Int
		}
	}
	return msg.Float
}

func (r *jsonReader) digits() (n int) {
	for r.i < len(r.s) && r.s[r.i]-'0' <= 9 {
		r.i++
		n++
	}
	return n
}

// integer returns the number of decimal digits; false if they are none, or beyond int64.
func integer(s []byte) (int64, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 19 {
		return 0, false
	}
	var u uint64
	for _, c := range s {
		if c-'0' > 9 {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	if neg {
		return -int64(u), u <= -math.MinInt64
	}
	return int64(u), u <= math.MaxInt64
}
