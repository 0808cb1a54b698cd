package supervise

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"heka/lib/msg"
)

// What a line turns out to be.
const (
	noJSON    = iota // not JSON
	noMessage        // JSON, but not the shape of a message
	isMessage
)

// maxNest is how deep arrays and objects may nest.
const maxNest = 100

// jsonReader reads messages as encode.JSON writes them: an object whose names are those of
// the envelope, and Fields, an object. What is missing is unset, but for uuid and
// timestamp, which stay as they are. A value that a field can't hold, an object or an
// array of several kinds, becomes the text of its JSON; null leaves the field out. It is
// for one goroutine, and allocates nothing in the steady state.
type jsonReader struct {
	s    []byte
	i    int
	b    *msg.Builder
	text []byte // texts whose escapes were resolved
	bad  bool   // no JSON
	odd  bool   // no message
}

// read reads line into b, which is of no use unless it returns isMessage. Until then b
// may alias line.
func (r *jsonReader) read(line []byte, b *msg.Builder) int {
	r.s, r.i, r.b, r.text, r.bad, r.odd = line, 0, b, r.text[:0], false, false
	r.object(1, r.header)
	if r.space(); r.i < len(r.s) {
		r.bad = true
	}
	switch {
	case r.bad:
		return noJSON
	case r.odd:
		return noMessage
	}
	return isMessage
}

// fail makes the line no JSON, and ends it.
func (r *jsonReader) fail() { r.bad, r.i = true, len(r.s) }

func (r *jsonReader) space() {
	for r.i < len(r.s) {
		switch r.s[r.i] {
		case ' ', '\t', '\r', '\n':
			r.i++
		default:
			return
		}
	}
}

// peek returns the next byte that is no space; 0 at the end.
func (r *jsonReader) peek() byte {
	if r.space(); r.i < len(r.s) {
		return r.s[r.i]
	}
	return 0
}

// eat takes the next byte that is no space, which must be c.
func (r *jsonReader) eat(c byte) {
	if r.peek() != c || r.i == len(r.s) {
		r.fail()
		return
	}
	r.i++
}

// object reads an object, and calls member with each name, at its value.
func (r *jsonReader) object(depth int, member func(name []byte, depth int)) {
	if r.eat('{'); depth > maxNest {
		r.fail()
	}
	if r.peek() == '}' {
		r.i++
		return
	}
	for !r.bad {
		name := r.str()
		r.eat(':')
		if r.bad {
			return
		}
		member(name, depth)
		if r.peek() == ',' {
			r.i++
			continue
		}
		r.eat('}')
		return
	}
}

// header reads the value of a name of the envelope.
func (r *jsonReader) header(name []byte, depth int) {
	switch string(name) {
	case "Type":
		r.b.Type = r.headerText()
	case "Logger":
		r.b.Logger = r.headerText()
	case "Payload":
		r.b.Payload = r.headerText()
	case "EnvVersion":
		r.b.EnvVersion = r.headerText()
	case "Hostname":
		r.b.Hostname = r.headerText()
	case "Severity":
		r.b.Severity = r.headerInt()
	case "Pid":
		r.b.Pid = r.headerInt()
	case "Uuid":
		u, ok := msg.ParseUuid(r.headerText())
		if r.b.Uuid = u; !ok {
			r.odd = true
		}
	case "Timestamp":
		r.timestamp()
	case "Fields":
		if r.peek() != '{' {
			r.odd = true
			r.skip(depth)
			return
		}
		r.object(depth+1, r.field)
	default:
		r.odd = true
		r.skip(depth)
	}
}

// headerText reads a text of the envelope.
func (r *jsonReader) headerText() []byte {
	if r.peek() != '"' {
		r.odd = true
		r.skip(1)
		return nil
	}
	return r.str()
}

func (r *jsonReader) headerInt() int64 {
	at := r.start()
	r.skip(1)
	n, ok := integer(r.s[at:r.i])
	if !ok {
		r.odd = true
	}
	return n
}

func (r *jsonReader) timestamp() {
	if r.peek() != '"' {
		r.b.Timestamp = r.headerInt()
		return
	}
	ns, ok := parseTime(r.str())
	if r.b.Timestamp = ns; !ok {
		r.odd = true
	}
}

// start returns where the next value stands.
func (r *jsonReader) start() int {
	r.space()
	return r.i
}

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

// str reads a string and returns its text, which aliases the line or text. Bytes that are
// not UTF-8, and halves of surrogate pairs, become U+FFFD.
func (r *jsonReader) str() []byte {
	if r.eat('"'); r.bad {
		return nil
	}
	from := r.i
	for r.i < len(r.s) {
		switch c := r.s[r.i]; {
		case c == '"':
			r.i++
			return r.s[from : r.i-1]
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return r.escaped(from)
		}
		r.i++
	}
	r.fail()
	return nil
}

// escaped is str from the first byte on that does not stand for itself.
func (r *jsonReader) escaped(from int) []byte {
	at := len(r.text)
	r.text = append(r.text, r.s[from:r.i]...)
	for r.i < len(r.s) {
		c := r.s[r.i]
		switch {
		case c == '"':
			r.i++
			return r.text[at:len(r.text):len(r.text)]
		case c == '\\':
			r.escape()
		case c < ' ':
			r.fail()
		case c >= utf8.RuneSelf:
			u, size := utf8.DecodeRune(r.s[r.i:])
			r.text = utf8.AppendRune(r.text, u)
			r.i += size
		default:
			r.text = append(r.text, c)
			r.i++
		}
	}
	r.fail()
	return nil
}

// escape reads one escape, or the two of a surrogate pair.
func (r *jsonReader) escape() {
	if r.i++; r.i == len(r.s) {
		return
	}
	c := r.s[r.i]
	r.i++
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		u := r.hex4()
		if utf16.IsSurrogate(u) {
			u = r.pair(u)
		}
		r.text = utf8.AppendRune(r.text, u)
		return
	default:
		r.fail()
	}
	r.text = append(r.text, c)
}

// pair returns what u and the escape behind it stand for.
func (r *jsonReader) pair(u rune) rune {
	if at := r.i; len(r.s)-at >= 6 && r.s[at] == '\\' && r.s[at+1] == 'u' {
		r.i += 2
		if p := utf16.DecodeRune(u, r.hex4()); p != utf8.RuneError {
			return p
		}
		if !r.bad {
			r.i = at
		}
	}
	return utf8.RuneError
}

func (r *jsonReader) hex4() rune {
	if len(r.s)-r.i < 4 {
		r.fail()
		return 0
	}
	n, err := strconv.ParseUint(string(r.s[r.i:r.i+4]), 16, 16)
	if err != nil {
		r.fail()
		return 0
	}
	r.i += 4
	return rune(n)
}
