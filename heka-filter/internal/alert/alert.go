// Package alert sends alerts: messages of Type heka.alert whose payload is a line for a
// person to read. Like those of Heka's sandboxes they have the fields payload_type, which
// is "alert", and payload_name.
package alert

import (
	"heka/heka-filter/internal/window"
	"heka/lib/msg"
	"heka/lib/stage"
)

// Severities of alerts, as of syslog.
const (
	Error   = 3 // something is wrong
	Warning = 4 // something may be wrong
	Notice  = 5 // something is well again
)

// Sender sends alerts. New makes one; it is for one goroutine.
type Sender struct {
	c    *stage.Collector
	b    msg.Builder
	host []byte
}

// New returns the Sender of alerts that go to out.
func New(env *stage.Env, out stage.Writer) *Sender {
	return &Sender{c: stage.NewCollector(env, out), host: []byte(env.Hostname)}
}

var (
	alertType = []byte("heka.alert")
	logger    = []byte(window.Logger)

	keyType = msg.NewKey("payload_type")
	keyName = msg.NewKey("payload_name")
)

// Begin starts an alert of time t, a severity and a name. Further fields may be added to
// what it returns; then Send.
func (s *Sender) Begin(t, severity int64, name string) *msg.Builder {
	b := &s.b
	b.Reset()
	b.Timestamp, b.Severity = t, severity
	b.Type, b.Logger, b.Hostname = alertType, logger, s.host
	b.Key(keyType)
	b.String("alert")
	b.Key(keyName)
	b.String(name)
	return b
}

// Send sends the alert begun last, with its text.
func (s *Sender) Send(text []byte) error {
	s.b.Payload = text
	s.c.NewUuid(&s.b)
	return s.c.Add(&s.b)
}

// Flush hands on what was sent.
func (s *Sender) Flush() error { return s.c.Flush() }
