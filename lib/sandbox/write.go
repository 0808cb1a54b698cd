package sandbox

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/msg"
	"heka/lib/sandbox/host"
)

// edit is the message as write_message has changed it.
type edit struct {
	live    bool // there is one: it stands in the place of the message
	stale   bool // view is not of message any more
	held    int  // bytes that were written, which Lua knows nothing of
	due     int  // held at which the limit is looked at again
	message msg.Message
	record  []byte
	view    msg.View
}

// current returns the message that the script sees; nil if there is none.
func (s *Sandbox) current() *msg.View {
	e := &s.edited
	if !e.live {
		return s.message
	}
	if e.stale {
		e.record = e.message.Append(e.record[:0])
		s.meter.Step(s.state, len(e.record)/64)
		e.view.Reset(e.record[msg.HeaderSize:])
		e.stale = false
	}
	return &e.view
}

// Message returns the message as the script has left it, valid until the next call
// of Process; m itself if write_message was not called for it.
func (s *Sandbox) Message(m *msg.View) *msg.View {
	s.message = m
	v := s.current()
	s.message = nil
	return v
}

// writeMessage is write_message(var, value [, representation [, field index [, array
// index]]]).
func (s *Sandbox) writeMessage(L *lua.LState) int {
	const fn = "write_message"
	n := L.GetTop()
	if n < 2 || n > 5 {
		L.RaiseError("write_message() incorrect number of arguments")
	}
	v := s.readings.variable(host.String(L, 1, fn))
	rep := host.OptString(L, 3, fn, "")
	fi, ai := host.OptInt(L, 4, fn, 0), host.OptInt(L, 5, fn, 0)
	if fi < 0 {
		host.ArgError(L, 4, fn, "field index must be >= 0")
	}
	if ai < 0 {
		host.ArgError(L, 5, fn, "array index must be >= 0")
	}
	value, ok := plain(L.Get(2))
	if !ok {
		L.RaiseError("write_message() only accepts numeric, string, or boolean field values, or nil to delete")
	}
	if s.message == nil || !s.write(v, value, rep, fi, ai) {
		L.RaiseError("write_message() failed")
	}
	return 0
}

// plain returns a scalar of Lua as the value of a field; nil for nil.
func plain(v lua.LValue) (any, bool) {
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, true
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return float64(v), true
	case lua.LBool:
		return bool(v), true
	}
	return nil, false
}

// write changes the message; false if it can't be done.
func (s *Sandbox) write(v *variable, value any, rep string, fi, ai int) bool {
	e := &s.edited
	if !e.live {
		e.message, e.live = s.message.Message(), true
		e.held, e.due = 0, 1<<14
	}
	e.stale = true
	s.hold(v, value, rep)
	switch v.kind {
	case varHeader:
		return e.writeHeader(s, v.header, value)
	case varField:
		return e.writeField(v.field, value, rep, fi, ai)
	}
	return false
}

// hold charges for what is written.
func (s *Sandbox) hold(v *variable, value any, rep string) {
	e := &s.edited
	text, _ := value.(string)
	e.held += 64 + len(v.field) + len(rep) + len(text)
	if e.held > e.due {
		s.meter.Alloc(s.state, e.held)
		e.due = e.held + e.held/2
	}
	s.meter.Step(s.state, len(text)/16+len(e.message.Fields)/8)
}

func (e *edit) writeHeader(s *Sandbox, h msg.Header, value any) bool {
	m := &e.message
	switch h {
	case msg.Severity:
		return number(value, &m.Severity)
	case msg.Pid:
		return number(value, &m.Pid)
	case msg.Timestamp:
		if !timestamp(value, s.config.Location, &m.Timestamp) {
			return false
		}
		if _, isNumber := value.(float64); isNumber {
			m.Timestamp = s.shifted(m.Timestamp)
		}
		return true
	}
	text, ok := value.(string)
	if !ok {
		return false
	}
	switch h {
	case msg.Uuid:
		u, ok := uuid(text)
		if ok {
			m.Uuid = u
		}
		return ok
	case msg.Type:
		m.Type = text
	case msg.Logger:
		m.Logger = text
	case msg.Payload:
		m.Payload = text
	case msg.EnvVersion:
		m.EnvVersion = text
	case msg.Hostname:
		m.Hostname = text
	}
	return true
}

// shifted returns ns, which a decoder's script has made of a local time as if that were
// UTC, as what it is in the zone of Config.Shift.
func (s *Sandbox) shifted(ns int64) int64 {
	if s.config.Shift == nil || s.config.Use != Decoder {
		return ns
	}
	t := time.Unix(0, ns).UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(),
		s.config.Shift).UnixNano()
}

// uuid reads a uuid of 16 bytes, or its text.
func uuid(s string) (u [16]byte, ok bool) {
	if len(s) == len(u) {
		return [16]byte([]byte(s)), true
	}
	return msg.ParseUuid([]byte(s))
}

// number reads an integer of 32 bits, a number or its text.
func number(value any, to *int64) bool {
	f, ok := value.(float64)
	if text, isText := value.(string); isText {
		f, ok = host.ParseNumber(text)
	}
	if !ok || f != f || math.Abs(f) > math.MaxInt32 {
		return false
	}
	*to = int64(f)
	return true
}

// timestamp reads nanoseconds, as a number or its text, or a date.
func timestamp(value any, loc *time.Location, to *int64) bool {
	switch v := value.(type) {
	case float64:
		if v != v || math.Abs(v) >= math.MaxInt64 {
			return false
		}
		*to = int64(v)
		return true
	case string:
		v = strings.TrimSpace(v)
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			*to = n
			return true
		}
		if loc == nil {
			loc = time.UTC
		}
		return date(v, loc, to)
	}
	return false
}

// dateLayouts are the forms of dates that write_message takes.
var dateLayouts = [...]string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999-0700", "2006-01-02",
	time.RFC1123Z, time.RFC1123, time.RFC850, time.RFC822Z, time.RFC822,
	time.ANSIC, time.UnixDate, time.RubyDate, "02/Jan/2006:15:04:05 -0700",
	"2006/01/02 15:04:05.999999999",
}

func date(s string, loc *time.Location, to *int64) bool {
	if loc == nil {
		loc = time.UTC
	}
	for _, layout := range dateLayouts {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			*to = t.UnixNano()
			return true
		}
	}
	return false
}

// writeField writes or deletes element ai of the fi-th field called name.
func (e *edit) writeField(name string, value any, rep string, fi, ai int) bool {
	m := &e.message
	at, seen := -1, 0
	for i := range m.Fields {
		if m.Fields[i].Name == name {
			if seen == fi {
				at = i
				break
			}
			seen++
		}
	}
	switch {
	case value == nil && seen == 0 && at < 0: // nothing of that name to delete
		return true
	case value == nil:
		return at >= 0 && e.remove(at, ai)
	case at >= 0:
		return set(&m.Fields[at], value, rep, ai)
	case seen == fi && ai == 0:
		m.Fields = append(m.Fields, msg.Field{Name: name, Value: value, Rep: rep})
		return true
	}
	return false
}

// remove deletes element ai of field at, and the field with its last element.
func (e *edit) remove(at, ai int) bool {
	m := &e.message
	all, isArray := m.Fields[at].Value.([]any)
	if !isArray {
		all = []any{m.Fields[at].Value}
	}
	if ai >= len(all) {
		return false
	}
	if len(all) == 1 {
		m.Fields = slices.Delete(m.Fields, at, at+1)
		return true
	}
	m.Fields[at].Value = slices.Delete(all, ai, ai+1)
	return true
}

// set writes element ai of f, or appends it. The type of a field can't change; a whole
// number is taken for an integer where the field has integers.
func set(f *msg.Field, value any, rep string, ai int) bool {
	all, isArray := f.Value.([]any)
	first := f.Value
	if isArray && len(all) > 0 {
		first = all[0]
	}
	value, ok := like(first, value)
	if !ok {
		return false
	}
	if rep != "" {
		f.Rep = rep
	}
	switch {
	case !isArray && ai == 0:
		f.Value = value
	case !isArray && ai == 1:
		f.Value = []any{f.Value, value}
	case isArray && ai < len(all):
		all[ai] = value
	case isArray && ai == len(all):
		f.Value = append(all, value)
	default:
		return false
	}
	return true
}

// like returns value with the type of first; false if it can't have that.
func like(first, value any) (any, bool) {
	switch first.(type) {
	case string:
		v, ok := value.(string)
		return v, ok
	case []byte:
		v, ok := value.(string)
		return []byte(v), ok
	case float64:
		v, ok := value.(float64)
		return v, ok
	case bool:
		v, ok := value.(bool)
		return v, ok
	case int64:
		v, ok := value.(float64)
		if !ok || v != math.Trunc(v) || math.Abs(v) >= math.MaxInt64 {
			return nil, false
		}
		return int64(v), true
	}
	return value, true
}
