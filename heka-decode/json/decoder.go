package json

import (
	"strconv"

	"heka/heka-decode/internal/level"
	"heka/heka-decode/internal/stamp"
	"heka/lib/msg"
)

// maxDepth is how deep objects and arrays may nest.
const maxDepth = 1000

// SyntaxError says where a line is not the JSON that it should be. It is the
// decoder's own, and stands until the next line.
type SyntaxError struct {
	At   int // bytes of the line before it
	What string
}

func (e *SyntaxError) Error() string { return "byte " + strconv.Itoa(e.At) + ": " + e.What }

// form is what the members of the object at hand are.
type form uint8

const (
	plain   form = iota // fields, and among them perhaps a time and a level
	headers             // of Heka's own form
	fields              // the object Fields in there
)

// decoder decodes one line after another: each byte is looked at once, strings
// eight at a time. Its methods take an offset in the line and return the one
// behind what they read, or a negative number after fail. It is for one goroutine.
type decoder struct {
	options
	typ   []byte
	sep   []byte
	times *stamp.Reader

	s       []byte // the line
	b       *msg.Builder
	form    form
	seen    header // what of Heka's own form stands in the line
	timed   bool   // the time was found
	badTime bool   // the field named by the user holds no time
	dirty   bool   // what span went over is not UTF-8
	scratch []byte // texts whose escapes were resolved; they stay until the line's end
	name    []byte // of the flattened object at hand
	err     SyntaxError
}

// decode is a stage.Func, and the hot path.
func (d *decoder) decode(m *msg.View, b *msg.Builder) error {
	d.s, d.b = b.Payload, b
	own := d.own()
	if own {
		if d.message() {
			return nil
		}
		b.Copy(m)
	}
	if !d.line() {
		return &d.err
	}
	if !own && d.seen.complete() { // with the Timestamp behind other keys
		if d.message() {
			return nil
		}
		b.Copy(m)
		d.line()
	}
	if d.badTime {
		return stamp.ErrTime
	}
	b.Type = d.typ
	if !d.options.payload {
		b.Payload = nil
	}
	return nil
}

// line decodes the line as an object of fields.
func (d *decoder) line() bool {
	d.form, d.timed, d.badTime = plain, false, false
	return d.whole()
}

// whole reads the line, which must be one object.
func (d *decoder) whole() bool {
	d.seen, d.scratch, d.name = 0, d.scratch[:0], d.name[:0]
	i := d.space(0)
	if i == len(d.s) || d.s[i] != '{' {
		d.fail(i, "no JSON object")
		return false
	}
	if i = d.object(i+1, 1); i < 0 {
		return false
	}
	if i = d.space(i); i != len(d.s) {
		d.fail(i, "more behind the object")
		return false
	}
	return true
}

// fail notes what is wrong and where, and returns a negative offset.
func (d *decoder) fail(i int, what string) int {
	d.err = SyntaxError{i, what}
	return -1
}

// space returns the offset of the first byte from i on that is no white space.
func (d *decoder) space(i int) int {
	for ; i < len(d.s); i++ {
		if c := d.s[i]; c > ' ' || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
	}
	return i
}

// object reads the members of an object; i is behind its brace.
func (d *decoder) object(i, depth int) int {
	i = d.space(i)
	if i < len(d.s) && d.s[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(d.s) || d.s[i] != '"' {
			return d.fail(i, "expected a name in quotes")
		}
		var name []byte
		if name, i = d.str(i + 1); i < 0 {
			return i
		}
		if i = d.colon(i); i < 0 {
			return i
		}
		if depth == 1 && len(name) > 0 && name[0]-'A' < 26 {
			d.seen |= headerNamed(name)
		}
		switch {
		case d.form == headers:
			i = d.header(name, i, depth)
		case d.flatten && d.form == plain:
			i = d.nested(name, i, depth)
		default:
			i = d.member(name, i, depth)
		}
		if i < 0 {
			return i
		}
		if i >= len(d.s) || d.s[i] != ',' {
			if i = d.space(i); i == len(d.s) {
				return d.fail(i, "ends within an object")
			}
			if d.s[i] == '}' {
				return i + 1
			}
			if d.s[i] != ',' {
				return d.fail(i, "expected a comma or a closing brace")
			}
		}
		if i++; i < len(d.s) && d.s[i] != '"' {
			i = d.space(i)
		}
	}
}

// colon reads the colon behind a name and returns the offset of a value.
func (d *decoder) colon(i int) int {
	if i < len(d.s) && d.s[i] != ':' {
		i = d.space(i)
	}
	if i == len(d.s) || d.s[i] != ':' {
		return d.fail(i, "expected a colon")
	}
	if i++; i < len(d.s) && d.s[i] > ' ' {
		return i
	}
	if i = d.space(i); i == len(d.s) {
		return d.fail(i, "ends before a value")
	}
	return i
}

// nested is member for flattened objects, whose names it puts before name.
func (d *decoder) nested(name []byte, i, depth int) int {
	before := len(d.name)
	if depth > 1 {
		d.name = append(d.name, d.sep...)
	}
	d.name = append(d.name, name...)
	if next := d.space(i + 1); d.s[i] == '{' && (next == len(d.s) || d.s[next] != '}') {
		if depth == maxDepth {
			return d.fail(i, "nested too deep")
		}
		i = d.object(i+1, depth+1)
	} else {
		i = d.member(d.name, i, depth)
	}
	d.name = d.name[:before]
	return i
}

// member reads the value at s[i:] and makes the field name of it.
func (d *decoder) member(name []byte, i, depth int) int {
	switch c := d.s[i]; c {
	case '"':
		text, i := d.str(i + 1)
		if i >= 0 {
			d.text(name, text)
		}
		return i
	case '{':
		return d.raw(name, i, depth)
	case '[':
		return d.array(name, i, depth)
	case 't', 'f', 'n':
		next := d.word(i)
		if next >= 0 && c != 'n' {
			d.b.Name(name)
			d.b.Bool(c == 't')
		}
		return next
	}
	next, whole := d.number(i)
	if next < 0 {
		return next
	}
	d.figure(name, d.s[i:next], whole)
	return next
}

// text makes a field of a string, or takes the message's time or severity from it.
func (d *decoder) text(name, text []byte) {
	if d.form == plain {
		if !d.timed && d.times.Is(name) {
			ns, ok := d.times.Text(text, d.b.Timestamp)
			if d.time(ns, ok) {
				return
			}
		}
		if level.IsField(name) {
			if s, ok := level.Severity(text); ok {
				d.b.Severity = s
			}
		}
	}
	d.b.Name(name)
	d.b.Str(text)
}

// time takes ns as the message's time if ok, and reports whether it is no field
// besides.
func (d *decoder) time(ns int64, ok bool) bool {
	if !ok {
		d.badTime = d.badTime || d.times.Named()
		return false
	}
	d.b.Timestamp, d.timed = ns, true
	return !d.times.Keep
}

// raw makes a field of the object or array at s[i:], as it is written.
func (d *decoder) raw(name []byte, i, depth int) int {
	d.dirty = false
	next := d.skip(i, depth)
	if next < 0 {
		return next
	}
	text := d.s[i:next]
	if d.dirty {
		text = d.valid(text)
	}
	d.b.Name(name)
	d.b.Str(text)
	return next
}
