package msg

import (
	"encoding/binary"
	"math"
	"slices"
)

// Header names an element of a message's envelope, by its index in the body.
type Header uint8

// The elements of a message, in the order of the body.
const (
	Uuid Header = iota
	Timestamp
	Type
	Logger
	Severity
	Payload
	EnvVersion
	Pid
	Hostname
)

var headerNames = []string{
	"Uuid", "Timestamp", "Type", "Logger", "Severity", "Payload", "EnvVersion", "Pid", "Hostname",
}

// String returns Heka's name of the header.
func (h Header) String() string { return headerNames[h] }

// HeaderNames returns Heka's names of all headers, in the order of the body.
func HeaderNames() []string { return slices.Clone(headerNames) }

// HeaderNamed returns the header of Heka's name.
func HeaderNamed(name string) (h Header, ok bool) {
	for i, n := range headerNames {
		if n == name {
			return Header(i), true
		}
	}
	return 0, false
}

// DefaultSeverity is the severity of a message that was given none: debug.
const DefaultSeverity = 7

// View reads an encoded message in place. The zero View reads nothing: Reset
// comes first. What its methods return aliases the body and lives as long. A
// View is for one goroutine; many Views may read one body.
type View struct {
	body   []byte
	fields int32 // where the map of fields stands, 0 until it was sought
}

// Reset makes v the view of body, which must have passed Check.
func (v *View) Reset(body []byte) { v.body, v.fields = body, 0 }

// Parse checks body and returns its view.
func Parse(body []byte) (View, error) {
	err := Check(body)
	return View{body: body}, err
}

// Body returns the encoded message.
func (v *View) Body() []byte { return v.body }

// Uuid returns the 16 bytes of the uuid.
func (v *View) Uuid() []byte { return v.body[UuidAt : UuidAt+16] }

// Timestamp returns nanoseconds since 1970 UTC.
func (v *View) Timestamp() int64 { return int64(binary.BigEndian.Uint64(v.body[TimestampAt:])) }

// Type returns the type; empty if unset.
func (v *View) Type() []byte { s, _ := text(v.body, TypeAt); return s }

// Logger returns the logger: where the message comes from. Empty if unset.
func (v *View) Logger() []byte { return v.text(Logger) }

// Severity returns the severity as of syslog, 0 (emergency) to 7 (debug).
func (v *View) Severity() int64 { return integer(v.body, v.at(Severity)) }

// Payload returns the payload, str or bin; empty if unset.
func (v *View) Payload() []byte { return v.text(Payload) }

// EnvVersion returns the env_version; empty if unset.
func (v *View) EnvVersion() []byte { return v.text(EnvVersion) }

// Pid returns the process id; 0 if unset.
func (v *View) Pid() int64 { return integer(v.body, v.at(Pid)) }

// Hostname returns the host name; empty if unset.
func (v *View) Hostname() []byte { return v.text(Hostname) }

// Text returns header h, one of Type, Logger, Payload, EnvVersion, Hostname.
func (v *View) Text(h Header) []byte { return v.text(h) }

func (v *View) text(h Header) []byte { s, _ := text(v.body, v.at(h)); return s }

// at returns where header h stands; h is Type or behind it.
func (v *View) at(h Header) int {
	i := TypeAt
	for k := Type; k < h; k++ {
		i = Skip(v.body, i)
	}
	return i
}

// NumFields returns how many fields the message has.
func (v *View) NumFields() int { n, _ := MapAt(v.body, v.fieldsAt()); return n }

func (v *View) fieldsAt() int {
	if v.fields == 0 {
		v.fields = int32(v.at(Hostname + 1))
	}
	return int(v.fields)
}

// Fields returns an iterator that stands before the first field:
//
//	for it := v.Fields(); it.Next(); {
//		use(it.Name, it.Value)
//	}
func (v *View) Fields() FieldIter {
	n, i := MapAt(v.body, v.fieldsAt())
	return FieldIter{body: v.body, i: i, left: n}
}

// FieldIter goes over the fields of a message in their order. Name and Value
// alias the message.
type FieldIter struct {
	Name  []byte
	Value Value
	body  []byte
	i     int
	left  int
}

// Next moves on to the next field; false when there is none.
func (it *FieldIter) Next() bool {
	if it.left == 0 {
		return false
	}
	it.left--
	var at int
	it.Name, at = text(it.body, it.i)
	it.Value.b = it.body[at:]
	it.i = Skip(it.body, at)
	return true
}

// FieldsAt returns how many fields there are, and where in Body the name of the
// first stands; its value follows, and then the next name.
func (v *View) FieldsAt() (n, at int) { return MapAt(v.body, v.fieldsAt()) }

// Field returns the value of the field of this name; index counts from 0 among
// the fields that share it (Heka's first index). False if there is none.
func (v *View) Field(name string, index int) (Value, bool) {
	at := v.Seek(name, index)
	if at == 0 {
		return Value{}, false
	}
	return Value{v.body[at:]}, true
}

// Seek is Field for hot paths: it returns where in Body the value stands, for
// ValueAt; 0 if there is none.
func (v *View) Seek(name string, index int) int {
	b := v.body
	n, at := MapAt(b, v.fieldsAt())
	for range n {
		start, end := TextAt(b, at)
		if string(b[start:end]) == name {
			if index == 0 {
				return end
			}
			index--
		}
		at = Skip(b, end)
	}
	return 0
}

// HasReps reports whether any field has a representation.
func (v *View) HasReps() bool { return v.body[0] >= WireFixArray+withRep && v.numReps() > 0 }

func (v *View) numReps() int { n, _ := MapAt(v.body, v.fieldsEnd()); return n }

func (v *View) fieldsEnd() int {
	n, i := MapAt(v.body, v.fieldsAt())
	for range 2 * n {
		i = Skip(v.body, i)
	}
	return i
}

// Reps returns an iterator over the representations: Name is that of the fields,
// and Value the representation, a String.
func (v *View) Reps() FieldIter {
	if v.body[0] < WireFixArray+withRep {
		return FieldIter{}
	}
	n, i := MapAt(v.body, v.fieldsEnd())
	return FieldIter{body: v.body, i: i, left: n}
}

// Rep returns the representation of the fields of this name ("ms", "B",
// "ipv4", ...); nil if there is none.
func (v *View) Rep(name []byte) []byte {
	if v.body[0] < WireFixArray+withRep {
		return nil
	}
	n, i := MapAt(v.body, v.fieldsEnd())
	for range n {
		var key, rep []byte
		key, i = text(v.body, i)
		rep, i = text(v.body, i)
		if string(key) == string(name) {
			return rep
		}
	}
	return nil
}

// Kind is the type of a field's value.
type Kind uint8

// The kinds of values. Invalid is that of no value.
const (
	Invalid Kind = iota
	String
	Bytes
	Int
	Float
	Bool
	Array
)

var kindNames = [...]string{"invalid", "string", "bytes", "int", "float", "bool", "array"}

// String returns the kind's name in lower case.
func (k Kind) String() string { return kindNames[k] }

// Value is one encoded value, in place. The zero Value is of kind Invalid.
type Value struct{ b []byte }

// Kind returns the kind of the value.
func (v Value) Kind() Kind {
	if len(v.b) == 0 {
		return Invalid
	}
	return kinds[v.b[0]]
}

// Raw returns the encoded bytes of the value.
func (v Value) Raw() []byte { return v.b[:Skip(v.b, 0)] }

// Text returns the content of a String or Bytes value; nil for other kinds.
func (v Value) Text() []byte {
	if k := v.Kind(); k != String && k != Bytes {
		return nil
	}
	s, _ := text(v.b, 0)
	return s
}

// Int returns an Int value; a Float is cut towards zero, a Bool is 0 or 1, other
// kinds are 0.
func (v Value) Int() int64 {
	switch v.Kind() {
	case Int:
		return integer(v.b, 0)
	case Float:
		return int64(v.Float())
	case Bool:
		if v.Bool() {
			return 1
		}
	}
	return 0
}

// Float returns an Int or Float value as a float; 0 for other kinds.
func (v Value) Float() float64 {
	switch v.Kind() {
	case Float:
		if v.b[0] == WireFloat32 {
			return float64(math.Float32frombits(binary.BigEndian.Uint32(v.b[1:])))
		}
		return math.Float64frombits(binary.BigEndian.Uint64(v.b[1:]))
	case Int:
		if v.b[0] == WireUint64 {
			return float64(binary.BigEndian.Uint64(v.b[1:]))
		}
		return float64(integer(v.b, 0))
	}
	return 0
}

// Bool returns a Bool value; false for other kinds.
func (v Value) Bool() bool { return len(v.b) > 0 && v.b[0] == WireTrue }

// Len returns the number of elements of an Array; 1 for other valid kinds.
func (v Value) Len() int {
	switch v.Kind() {
	case Invalid:
		return 0
	case Array:
		n, _ := ArrayAt(v.b, 0)
		return n
	}
	return 1
}

// Elem returns element i (Heka's second index) of an Array; element 0 of any
// other kind is the value itself. False if there is no such element.
func (v Value) Elem(i int) (Value, bool) {
	if i < 0 || i >= v.Len() {
		return Value{}, false
	}
	if v.Kind() != Array {
		return v, true
	}
	_, at := ArrayAt(v.b, 0)
	for range i {
		at = Skip(v.b, at)
	}
	return Value{v.b[at:]}, true
}

// Elems returns an iterator over the elements of an Array, or over the one
// value that any other kind is.
func (v Value) Elems() ElemIter {
	if v.Kind() == Array {
		n, at := ArrayAt(v.b, 0)
		return ElemIter{b: v.b[at:], left: n}
	}
	return ElemIter{b: v.b, left: v.Len()}
}

// ElemIter goes over the elements of a value.
type ElemIter struct {
	Value Value
	b     []byte
	left  int
}

// Next moves on to the next element; false when there is none.
func (it *ElemIter) Next() bool {
	if it.left == 0 {
		return false
	}
	it.left--
	it.Value = Value{it.b}
	it.b = it.b[Skip(it.b, 0):]
	return true
}
