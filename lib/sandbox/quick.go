package sandbox

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/msg"
)

// quickFields is how many fields of a message are looked through without being charged.
const quickFields = 64

// quickRead is read_message with one argument for what is read most: fields and headers
// that are no long text, and no array. Otherwise it returns nil, and read_message is
// called, which charges for what it does and says what is wrong.
func (s *Sandbox) quickRead(arg lua.LValue) lua.LValue {
	name, ok := arg.(lua.LString)
	if !ok {
		return nil
	}
	m := s.message
	if m == nil || s.edited.live || s.config.LineFeed {
		return nil
	}
	switch v := s.readings.variable(string(name)); v.kind {
	case varField:
		return s.quickField(m, v.field)
	case varHeader:
		return s.quickHeader(m, v.header)
	}
	return nil
}

func (s *Sandbox) quickField(m *msg.View, name string) lua.LValue {
	if m.NumFields() > quickFields {
		return nil
	}
	at := m.Seek(name, 0)
	if at == 0 {
		return lua.LNil
	}
	b := m.Body()
	if b[at] < msg.WireFixMap { // 0 to 127, in the byte itself
		return s.readings.ints[b[at]]
	}
	switch v := msg.ValueAt(b, at); v.Kind() {
	case msg.String:
		start, end := msg.TextAt(b, at)
		return s.quickText(b[start:end])
	case msg.Int, msg.Float:
		return s.readings.number(v.Float())
	}
	return nil
}

func (s *Sandbox) quickHeader(m *msg.View, h msg.Header) lua.LValue {
	switch h {
	case msg.Timestamp:
		return s.readings.number(float64(m.Timestamp()))
	case msg.Type, msg.Logger, msg.Payload, msg.EnvVersion, msg.Hostname:
		return s.quickText(m.Text(h))
	}
	return nil
}

func (s *Sandbox) quickText(b []byte) lua.LValue {
	if len(b) > longText {
		return nil
	}
	return s.readings.text(s.meter, s.state, b)
}
