package sandbox

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/sandbox/host"
	"heka/lib/sandbox/machine"
)

// Of messages that scripts make.
const (
	typePrefix  = "heka.sandbox."
	payloadType = "heka.sandbox-output"
)

var (
	keyPayloadType = msg.NewKey("payload_type")
	keyPayloadName = msg.NewKey("payload_name")
)

// addToPayload is add_to_payload(...).
func (s *Sandbox) addToPayload(L *lua.LState) int {
	const fn = "add_to_payload"
	if L.GetTop() == 0 {
		L.RaiseError("bad argument #0 to 'add_to_payload' (must have at least one argument)")
	}
	s.appendPayload(L, 1, fn)
	return 0
}

// appendPayload appends the arguments from the n-th on to the payload.
func (s *Sandbox) appendPayload(L *lua.LState, n int, fn string) {
	for top := L.GetTop(); n <= top; n++ {
		switch v := L.Get(n).(type) {
		case lua.LString:
			s.meter.Output(L, len(s.payload)+len(v))
			s.meter.Step(L, len(v)/64)
			s.payload = append(s.payload, v...)
		case lua.LNumber:
			s.payload = host.AppendOutput(s.payload, float64(v))
		case lua.LBool:
			s.payload = append(s.payload, v.String()...)
		case *lua.LNilType:
			s.payload = append(s.payload, "nil"...)
		case *lua.LUserData:
			p, ok := v.Value.(host.Payload)
			if !ok {
				host.ArgError(L, n, fn, "unknown userdata type")
			}
			s.appendObject(L, p)
		default:
			host.ArgError(L, n, fn, "unsupported type")
		}
		s.meter.Output(L, len(s.payload))
	}
}

// appendObject appends the text of p, unless that would be too long in any case.
func (s *Sandbox) appendObject(L *lua.LState, p host.Payload) {
	was := len(s.payload)
	s.meter.Output(L, was+p.LeastPayload())
	text := p.AppendPayload(s.payload)
	s.meter.Step(L, (len(text)-was)/16)
	s.meter.Output(L, len(text))
	s.payload = text
}

// injectPayload is inject_payload([type [, name [, ...]]]).
func (s *Sandbox) injectPayload(L *lua.LState) int {
	const fn = "inject_payload"
	typ := "txt"
	if L.GetTop() > 0 {
		typ = host.String(L, 1, fn)
	}
	name := ""
	if L.GetTop() > 1 {
		name = host.String(L, 2, fn)
	}
	s.appendPayload(L, 3, fn)
	if len(s.payload) == 0 {
		return 0
	}
	payload := s.payload
	s.payload = s.payload[:0]
	if s.config.Use == Encoder {
		s.output(L, fn, payload)
		return 0
	}
	b := &s.builder
	b.Reset()
	if m := s.current(); s.config.Use == Decoder && m != nil {
		b.Copy(m)
	} else {
		b.Type, b.Logger = []byte(payloadType), []byte(s.config.Name)
		b.Hostname, b.Timestamp = []byte(s.config.Hostname), s.now
	}
	b.Payload = payload
	b.Key(keyPayloadType)
	b.String(typ)
	b.Rep("file-extension")
	b.Key(keyPayloadName)
	b.String(name)
	s.inject(L, fn)
	return 0
}

// inject hands the message in s.builder on.
func (s *Sandbox) inject(L *lua.LState, fn string) {
	if s.count(L, fn); s.config.Inject == nil {
		L.RaiseError("%s() %s", fn, RefuseLoops)
	}
	s.refused(L, fn, s.config.Inject(&s.builder))
}

// output hands what an encoder makes on.
func (s *Sandbox) output(L *lua.LState, fn string, text []byte) {
	if s.count(L, fn); s.config.Output == nil {
		L.RaiseError("%s() %s", fn, RefuseLoops)
	}
	s.refused(L, fn, s.config.Output(text))
}

func (s *Sandbox) count(L *lua.LState, fn string) {
	if s.injected++; s.most > 0 && s.injected > s.most {
		L.RaiseError("%s() %s", fn, RefuseCount)
	}
}

// refused ends the call with err: why a message was not taken.
func (s *Sandbox) refused(L *lua.LState, fn string, err error) {
	if err == nil {
		return
	}
	if _, ok := err.(Refusal); !ok {
		s.broken = err
	}
	L.RaiseError("%s() %s", fn, err)
}

// injectMessage is inject_message(table or protobuf).
func (s *Sandbox) injectMessage(L *lua.LState) int {
	const fn = "inject_message"
	if L.GetTop() != 1 {
		L.RaiseError("inject_message() takes a single string or table argument")
	}
	b := &s.builder
	b.Reset()
	switch v := L.Get(1).(type) {
	case lua.LString:
		s.fromProtobuf(L, string(v))
	case *lua.LTable:
		if m := s.current(); s.config.Use == Decoder && m != nil {
			b.CopyHeader(m)
			b.Payload = nil
		} else {
			b.Timestamp = s.now
		}
		s.fromTable(L, v)
	default:
		L.RaiseError("inject_message() takes a single string or table argument")
	}
	if s.config.Use == Filter {
		b.Type = append([]byte(typePrefix), b.Type...)
		b.Logger, b.Hostname = []byte(s.config.Name), []byte(s.config.Hostname)
	}
	if s.config.Use == Encoder {
		s.record = b.Append(s.record[:0])
		var v msg.View
		v.Reset(s.record[msg.HeaderSize:])
		s.output(L, fn, frame.AppendProtobuf(nil, &v))
		return 0
	}
	s.inject(L, fn)
	return 0
}

// fromProtobuf makes s.builder the message of pb.
func (s *Sandbox) fromProtobuf(L *lua.LState, pb string) {
	s.meter.Output(L, len(pb))
	var err error
	if s.record, err = frame.AppendFromHeka(s.record[:0], []byte(pb)); err != nil {
		L.RaiseError("inject_message() protobuf unmarshal failed")
	}
	s.made.Reset(s.record[msg.HeaderSize:])
	s.builder.Copy(&s.made)
}

// fromTable sets in s.builder what t says.
func (s *Sandbox) fromTable(L *lua.LState, t *lua.LTable) {
	b := &s.builder
	size := 0
	text := func(name string, to *[]byte) {
		switch v := t.RawGetString(name).(type) {
		case lua.LString:
			*to = []byte(v)
		case lua.LNumber:
			*to = []byte(host.NumberText(float64(v)))
		}
		size += len(*to)
	}
	text("Type", &b.Type)
	text("Logger", &b.Logger)
	text("Payload", &b.Payload)
	text("EnvVersion", &b.EnvVersion)
	text("Hostname", &b.Hostname)
	if u, ok := t.RawGetString("Uuid").(lua.LString); ok {
		if id, ok := uuid(string(u)); ok {
			b.Uuid = id
		}
	}
	if n, ok := t.RawGetString("Timestamp").(lua.LNumber); ok {
		b.Timestamp = s.shifted(int64(host.ToInt(float64(n))))
	} else if text, ok := t.RawGetString("Timestamp").(lua.LString); ok {
		timestamp(string(text), s.config.Location, &b.Timestamp)
	}
	small := func(name string, to *int64) {
		n, ok := t.RawGetString(name).(lua.LNumber)
		if text, isText := t.RawGetString(name).(lua.LString); isText {
			var f float64
			f, ok = host.ParseNumber(string(text))
			n = lua.LNumber(f)
		}
		if ok {
			*to = int64(max(math.MinInt32, min(math.MaxInt32, host.ToInt(float64(n)))))
		}
	}
	small("Severity", &b.Severity)
	small("Pid", &b.Pid)
	s.meter.Output(L, size)
	if f, ok := t.RawGetString("Fields").(*lua.LTable); ok {
		w := fieldWriter{s: s, L: L, size: size}
		w.fields(f)
		s.meter.Output(L, w.size)
	}
}

// fieldWriter turns a table of fields into those of s.builder.
type fieldWriter struct {
	s    *Sandbox
	L    *lua.LState
	size int // bytes so far, about
}

func (w *fieldWriter) fail(what string) {
	w.L.RaiseError("inject_message() could not encode protobuf - %s", what)
}

// grow notes n bytes more.
func (w *fieldWriter) grow(n int) {
	w.size += n + 2
	if most := w.s.config.Limits.Output; most > 0 && w.size > most {
		w.s.meter.Output(w.L, w.size)
	}
	w.s.meter.Step(w.L, 1+n/64)
}

// fields writes the fields of t: {name = value}, or {{name="x", value=v}, ...}.
func (w *fieldWriter) fields(t *lua.LTable) {
	host.Each(t, func(k, v lua.LValue) bool {
		if name, ok := k.(lua.LString); ok {
			w.field(string(name), v)
			return true
		}
		f, ok := v.(*lua.LTable)
		if !ok {
			w.fail("field must be a table")
		}
		name, ok := f.RawGetString("name").(lua.LString)
		if !ok {
			w.fail("field name must be a string")
		}
		w.field(string(name), f)
		return true
	})
}

// field writes one field: a scalar, an array of them, or {value=, value_type=,
// representation=}.
func (w *fieldWriter) field(name string, v lua.LValue) {
	b := &w.s.builder
	typ, rep := -1, ""
	if t, ok := v.(*lua.LTable); ok {
		if inner := t.RawGetString("value"); inner != lua.LNil {
			if n, ok := t.RawGetString("value_type").(lua.LNumber); ok {
				typ = int(n)
			}
			if r, ok := t.RawGetString("representation").(lua.LString); ok {
				rep = string(r)
			}
			v = inner
		}
	}
	w.grow(len(name) + len(rep))
	b.Name([]byte(name))
	if t, ok := v.(*lua.LTable); ok {
		w.array(t, typ)
	} else {
		w.scalar(v, typ)
	}
	if rep != "" {
		b.Rep(rep)
	}
}

func (w *fieldWriter) array(t *lua.LTable, typ int) {
	n := w.s.meter.Len(w.L, t)
	w.s.meter.Step(w.L, n)
	first := machine.At(t, 1)
	if n == 0 || first == lua.LNil {
		w.fail("unsupported type: nil")
	}
	switch first.Type() {
	case lua.LTString, lua.LTNumber, lua.LTBool:
	default:
		w.fail("unsupported array type: " + first.Type().String())
	}
	for i := 2; i <= n; i++ {
		if machine.At(t, i).Type() != first.Type() {
			w.fail("array has mixed types")
		}
	}
	if n == 1 {
		w.scalar(first, typ)
		return
	}
	w.s.builder.Array(n)
	for i := 1; i <= n; i++ {
		w.scalar(machine.At(t, i), typ)
	}
}

// scalar writes one value; typ is the value_type asked for, or -1.
func (w *fieldWriter) scalar(v lua.LValue, typ int) {
	b := &w.s.builder
	switch v := v.(type) {
	case lua.LString:
		w.grow(len(v))
		switch typ {
		case typeBytes:
			b.Bin([]byte(v))
		case -1, typeString:
			b.String(string(v))
		default:
			w.fail(fmt.Sprintf("invalid string value_type: %d", typ))
		}
	case lua.LNumber:
		w.grow(8)
		switch typ {
		case typeInteger:
			b.Int(int64(host.ToInt(float64(v))))
		case -1, typeDouble:
			b.Float(float64(v))
		default:
			w.fail(fmt.Sprintf("invalid numeric value_type: %d", typ))
		}
	case lua.LBool:
		w.grow(1)
		if typ >= 0 && typ != typeBool {
			w.fail(fmt.Sprintf("invalid boolean value_type: %d", typ))
		}
		b.Bool(bool(v))
	case *lua.LUserData:
		p, ok := v.Value.(host.Payload)
		if !ok {
			w.fail("user data object does not implement lsb_output")
		}
		w.grow(p.LeastPayload())
		text := p.AppendPayload(nil)
		w.grow(len(text))
		b.Bin(text)
	default:
		w.fail("unsupported type: " + strings.ToLower(v.Type().String()))
	}
}
