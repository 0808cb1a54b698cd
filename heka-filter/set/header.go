package set

import (
	"time"

	"heka/lib/match"
	"heka/lib/msg"
)

// header sets the header of assignment i. A field that m does not have, or that
// is of no fitting kind, leaves the header as it is.
func (s *setter) header(i int, m *msg.View, b *msg.Builder) {
	a := &s.all[i]
	v := a.value
	if v.Kind() == msg.Invalid {
		if h, ok := a.from.Header(); ok {
			s.copyHeader(i, h, m, b)
			return
		}
		if v, ok := a.from.Value(m); ok {
			s.scratch[i] = match.AppendValue(s.scratch[i][:0], v)
			setHeader(b, a.header, v, s.scratch[i])
		}
		return
	}
	if v.Kind() != msg.String {
		setHeader(b, a.header, v, nil)
		return
	}
	setHeader(b, a.header, v, v.Text())
}

// copyHeader sets the header of assignment i to header h of m.
func (s *setter) copyHeader(i int, h msg.Header, m *msg.View, b *msg.Builder) {
	to := s.all[i].header
	if isNumber(to) {
		switch h {
		case msg.Timestamp:
			setNumber(b, to, m.Timestamp())
		case msg.Severity:
			setNumber(b, to, m.Severity())
		case msg.Pid:
			setNumber(b, to, m.Pid())
		}
		return
	}
	s.scratch[i] = s.all[i].from.AppendText(s.scratch[i][:0], m)
	setText(b, to, s.scratch[i])
}

func isNumber(h msg.Header) bool {
	return h == msg.Timestamp || h == msg.Severity || h == msg.Pid
}

// setHeader sets h to v, whose text is text. False if v does not fit.
func setHeader(b *msg.Builder, h msg.Header, v msg.Value, text []byte) bool {
	switch {
	case h == msg.Timestamp && v.Kind() == msg.String:
		t, err := time.Parse(time.RFC3339Nano, string(text))
		if err == nil {
			b.Timestamp = t.UnixNano()
		}
		return err == nil
	case h == msg.Uuid:
		u, ok := msg.ParseUuid(text)
		if ok {
			b.Uuid = u
		}
		return ok
	case isNumber(h):
		return v.Kind() == msg.Int && setNumber(b, h, v.Int())
	}
	setText(b, h, text)
	return true
}

func setNumber(b *msg.Builder, h msg.Header, n int64) bool {
	switch {
	case h == msg.Timestamp:
		b.Timestamp = n
	case h == msg.Severity && n >= 0 && n <= 7:
		b.Severity = n
	case h == msg.Pid:
		b.Pid = n
	default:
		return false
	}
	return true
}

// setText sets h to text, which must not change before the message is written.
func setText(b *msg.Builder, h msg.Header, text []byte) {
	switch h {
	case msg.Uuid:
		if u, ok := msg.ParseUuid(text); ok {
			b.Uuid = u
		}
	case msg.Type:
		b.Type = text
	case msg.Logger:
		b.Logger = text
	case msg.Payload:
		b.Payload = text
	case msg.EnvVersion:
		b.EnvVersion = text
	case msg.Hostname:
		b.Hostname = text
	}
}
