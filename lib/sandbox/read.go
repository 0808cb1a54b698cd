package sandbox

import (
	"bytes"
	"hash/maphash"
	"strings"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/sandbox/host"
)

// variable is what the first argument of read_message names.
type variable struct {
	kind   varKind
	header msg.Header
	field  string
}

type varKind uint8

const (
	varUnknown varKind = iota
	varRaw
	varHeader
	varField
)

// parseVariable reads a name such as Type or Fields[status].
func parseVariable(name string) *variable {
	if name == "raw" {
		return &variable{kind: varRaw}
	}
	if h, ok := msg.HeaderNamed(name); ok {
		return &variable{kind: varHeader, header: h}
	}
	if in, ok := strings.CutPrefix(name, "Fields["); ok && strings.HasSuffix(in, "]") {
		return &variable{kind: varField, field: strings.Clone(in[:len(in)-1])}
	}
	return &variable{}
}

// readings remembers what was read before: the meaning of names, which are constants
// of the script, and values as Lua has them, since most come again.
type readings struct {
	names map[string]*variable
	known [nameSlots]knownName
	texts [][2]lua.LValue // by hash of the text; the one that was used last is in front
	seed  maphash.Seed
	ints  [intSlots]lua.LValue
	fresh []float64 // for the numbers to come
}

// knownName is the meaning of one string of the script, told by where it stands in
// memory: a constant is the same string in each call. It keeps the string alive.
type knownName struct {
	name string
	v    *variable
}

const (
	nameSlots = 256  // a power of two
	maxNames  = 1024 // names of variables that are remembered
	textSlots = 1024 // pairs of texts; a power of two
	intSlots  = 1024 // whole numbers from 0 that need not be made
	longText  = 256  // longer texts are not remembered
	atOnce    = 32   // numbers that are made in one piece
)

func (r *readings) init() {
	r.names = map[string]*variable{}
	r.seed = maphash.MakeSeed()
	for i := range r.ints {
		r.ints[i] = lua.LNumber(i)
	}
	r.texts = make([][2]lua.LValue, textSlots)
	for i := range r.texts {
		r.texts[i] = [2]lua.LValue{lua.LString(""), lua.LString("")}
	}
}

func (r *readings) variable(name string) *variable {
	p := uintptr(unsafe.Pointer(unsafe.StringData(name)))
	k := &r.known[(p>>3^p>>11)%nameSlots]
	if unsafe.StringData(k.name) == unsafe.StringData(name) && len(k.name) == len(name) && name != "" {
		return k.v
	}
	v := r.names[name]
	if v == nil {
		v = parseVariable(name)
		if len(r.names) < maxNames {
			r.names[strings.Clone(name)] = v
		}
	}
	if len(name) <= longText {
		*k = knownName{name, v}
	}
	return v
}

// text returns b as a value of Lua. b may change afterwards.
func (r *readings) text(m *host.Meter, L *lua.LState, b []byte) lua.LValue {
	if len(b) > longText {
		m.Alloc(L, len(b))
		m.Step(L, len(b)/64)
		return lua.LString(b)
	}
	pair := &r.texts[maphash.Bytes(r.seed, b)%textSlots]
	if s := pair[0].(lua.LString); string(s) == string(b) {
		return pair[0]
	}
	pair[0], pair[1] = pair[1], pair[0]
	if s := pair[0].(lua.LString); string(s) != string(b) {
		pair[0] = lua.LString(b)
	}
	return pair[0]
}

func (r *readings) number(f float64) lua.LValue {
	if i := int(f); i >= 0 && i < intSlots && float64(i) == f && (i != 0 || f == 0) {
		return r.ints[i]
	}
	return r.made(f)
}

// made returns f as a value that is made for it.
func (r *readings) made(f float64) lua.LValue {
	if len(r.fresh) == 0 {
		r.fresh = make([]float64, atOnce)
	}
	r.fresh[0] = f
	v := numberAt(&r.fresh[0])
	r.fresh = r.fresh[1:]
	return v
}

// numberAt returns the number at p, which must not change any more, as a value of Lua:
// what lua.LNumber(*p) is, but for the memory that it takes.
func numberAt(p *float64) lua.LValue {
	v := lua.LValue(lua.LNumber(0))
	(*struct{ typ, data unsafe.Pointer })(unsafe.Pointer(&v)).data = unsafe.Pointer(p)
	return v
}

// value returns the element i of v as a value of Lua; nil if there is none.
func (s *Sandbox) value(v msg.Value, i int) lua.LValue {
	if v.Kind() == msg.Array || i > 0 {
		var ok bool
		s.meter.Step(s.state, min(i, v.Len())/8)
		if v, ok = v.Elem(i); !ok {
			return lua.LNil
		}
	}
	switch v.Kind() {
	case msg.String, msg.Bytes:
		return s.readings.text(s.meter, s.state, v.Text())
	case msg.Int, msg.Float:
		return s.readings.number(v.Float())
	case msg.Bool:
		return lua.LBool(v.Bool())
	}
	return lua.LNil
}

// filled is value, except that bytes of which there are none are nil, as in Heka.
func (s *Sandbox) filled(v msg.Value, i int) lua.LValue {
	r := s.value(v, i)
	if t, ok := r.(lua.LString); ok && t == "" && typeOf(v) == typeBytes {
		return lua.LNil
	}
	return r
}

// readMessage is read_message(var [, field index [, array index]]).
func (s *Sandbox) readMessage(L *lua.LState) int {
	const fn = "read_message"
	n := L.GetTop()
	if n < 1 || n > 3 {
		L.RaiseError("read_message() incorrect number of arguments")
	}
	name, ok := L.Get(1).(lua.LString)
	if !ok {
		name = lua.LString(host.String(L, 1, fn))
	}
	fi, ai := 0, 0
	if n > 1 {
		if fi = host.OptInt(L, 2, fn, 0); fi < 0 {
			host.ArgError(L, 2, fn, "field index must be >= 0")
		}
		if ai = host.OptInt(L, 3, fn, 0); ai < 0 {
			host.ArgError(L, 3, fn, "array index must be >= 0")
		}
	}
	v := s.readings.variable(string(name))
	m := s.current()
	if m == nil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(s.read(m, v, fi, ai))
	return 1
}

func (s *Sandbox) read(m *msg.View, v *variable, fi, ai int) lua.LValue {
	switch v.kind {
	case varField:
		if n := m.NumFields(); n > manyFields {
			s.meter.Step(s.state, n/8)
		}
		at := m.Seek(v.field, fi)
		if at == 0 {
			return lua.LNil
		}
		b := m.Body()
		if b[at] < msg.WireFixMap && ai == 0 { // 0 to 127, in the byte itself
			return s.readings.ints[b[at]]
		}
		v := msg.ValueAt(b, at)
		if v.Kind() == msg.String && ai == 0 {
			start, end := msg.TextAt(b, at)
			return s.readings.text(s.meter, s.state, b[start:end])
		}
		return s.filled(v, ai)
	case varHeader:
		return s.readHeader(m, v.header)
	case varRaw:
		raw := frame.AppendProtobuf(nil, m)
		s.meter.Alloc(s.state, len(raw))
		s.meter.Step(s.state, len(raw)/16)
		return lua.LString(raw)
	}
	return lua.LNil
}

func (s *Sandbox) readHeader(m *msg.View, h msg.Header) lua.LValue {
	switch h {
	case msg.Uuid:
		return s.readings.text(s.meter, s.state, m.Uuid())
	case msg.Timestamp:
		return s.readings.number(float64(m.Timestamp()))
	case msg.Severity:
		return s.readings.number(float64(m.Severity()))
	case msg.Pid:
		return s.readings.number(float64(m.Pid()))
	case msg.Payload:
		if p := m.Payload(); s.config.LineFeed && !bytes.HasSuffix(p, lineFeed) {
			s.meter.Alloc(s.state, len(p))
			return lua.LString(p) + "\n"
		}
	}
	return s.readings.text(s.meter, s.state, m.Text(h))
}

var lineFeed = []byte("\n")

// Heka's numbers of the types of values.
const (
	typeString = iota
	typeBytes
	typeInteger
	typeDouble
	typeBool
)

func typeOf(v msg.Value) int {
	k := v.Kind()
	if k == msg.Array {
		if e, ok := v.Elem(0); ok {
			k = e.Kind()
		}
	}
	switch k {
	case msg.Bytes:
		return typeBytes
	case msg.Int:
		return typeInteger
	case msg.Float:
		return typeDouble
	case msg.Bool:
		return typeBool
	}
	return typeString
}

// manyFields is how many fields of a message are looked through for nothing.
const manyFields = 64

// fieldSize is what decode_message makes of a field, at least.
const fieldSize = 300

// reps are the representations of a message that has many fields, where to look for each
// would take long; nil for others.
type reps map[string][]byte

func repsOf(m *msg.View) reps {
	if m.NumFields() <= manyFields || !m.HasReps() {
		return nil
	}
	all := reps{}
	for it := m.Reps(); it.Next(); {
		all[string(it.Name)] = it.Value.Text()
	}
	return all
}

// of returns the representation of the fields of m that are called name.
func (r reps) of(m *msg.View, name []byte) []byte {
	if r == nil && m.NumFields() <= manyFields {
		return m.Rep(name)
	}
	return r[string(name)]
}

// readNextField is read_next_field(): value type, name, first value, representation
// and number of values of the next field; nil behind the last.
func (s *Sandbox) readNextField(L *lua.LState) int {
	if L.GetTop() != 0 {
		L.RaiseError("read_next_field() takes no arguments")
	}
	m := s.current()
	if m == nil {
		L.Push(lua.LNil)
		return 1
	}
	if !s.reading {
		s.iter, s.reading, s.reps = m.Fields(), true, repsOf(m)
	}
	if !s.iter.Next() {
		s.reading = false
		for range 5 {
			L.Push(lua.LNil)
		}
		return 5
	}
	v := s.iter.Value
	L.Push(s.readings.number(float64(typeOf(v))))
	L.Push(s.readings.text(s.meter, L, s.iter.Name))
	L.Push(s.filled(v, 0))
	L.Push(s.readings.text(s.meter, L, s.reps.of(m, s.iter.Name)))
	L.Push(s.readings.number(float64(v.Len())))
	return 5
}

// readConfig is read_config(name).
func (s *Sandbox) readConfig(L *lua.LState) int {
	if L.GetTop() != 1 {
		L.RaiseError("read_config() must have a single argument")
	}
	switch v := s.config.Values[host.String(L, 1, "read_config")].(type) {
	case string:
		L.Push(lua.LString(v))
	case float64:
		L.Push(lua.LNumber(v))
	case bool:
		L.Push(lua.LBool(v))
	default:
		L.Push(lua.LNil)
	}
	return 1
}

// decodeMessage is decode_message(protobuf): the message as a table.
func (s *Sandbox) decodeMessage(L *lua.LState) int {
	if L.GetTop() != 1 {
		L.RaiseError("decode_message() takes a single string argument")
	}
	pb := host.String(L, 1, "decode_message")
	s.meter.Step(L, len(pb)/16)
	s.meter.Alloc(L, 2*len(pb))
	record, err := frame.AppendFromHeka(nil, []byte(pb))
	if err != nil {
		L.RaiseError("decode_message() failed: %s", err)
	}
	var m msg.View
	m.Reset(record[msg.HeaderSize:])
	L.Push(s.table(L, &m))
	return 1
}

// table returns m as decode_message does: what is set, with Fields as an array.
func (s *Sandbox) table(L *lua.LState, m *msg.View) *lua.LTable {
	t := L.CreateTable(0, 10)
	t.RawSetString("Uuid", lua.LString(m.Uuid()))
	t.RawSetString("Timestamp", lua.LNumber(m.Timestamp()))
	for _, h := range []msg.Header{msg.Type, msg.Logger, msg.Payload, msg.EnvVersion, msg.Hostname} {
		if v := m.Text(h); len(v) > 0 {
			t.RawSetString(h.String(), lua.LString(v))
		}
	}
	t.RawSetString("Severity", lua.LNumber(m.Severity()))
	if m.Pid() != 0 {
		t.RawSetString("Pid", lua.LNumber(m.Pid()))
	}
	s.meter.Alloc(L, fieldSize*m.NumFields())
	s.meter.Step(L, 8*m.NumFields())
	fields := L.CreateTable(m.NumFields(), 0)
	reps, count := repsOf(m), 0
	for it := m.Fields(); it.Next(); {
		f := L.CreateTable(0, 4)
		f.RawSetString("name", lua.LString(it.Name))
		f.RawSetString("value_type", lua.LNumber(typeOf(it.Value)))
		if rep := reps.of(m, it.Name); len(rep) > 0 {
			f.RawSetString("representation", lua.LString(rep))
		}
		values := L.CreateTable(it.Value.Len(), 0)
		n := 0
		for e := it.Value.Elems(); e.Next(); {
			n++
			values.RawSetInt(n, s.value(e.Value, 0))
		}
		f.RawSetString("value", values)
		count++
		fields.RawSetInt(count, f)
	}
	if count > 0 {
		t.RawSetString("Fields", fields)
	}
	return t
}
