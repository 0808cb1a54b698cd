package supervise

import "heka/lib/msg"

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
