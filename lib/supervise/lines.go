package supervise

import (
	"heka/lib/msg"
	"heka/lib/stage"
)

// envelope is that of the messages which the lines of a command become.
func (c *command) envelope() msg.Builder {
	var b msg.Builder
	b.Reset()
	b.Logger = []byte(c.spec.Name)
	b.Hostname = []byte(c.env.Hostname)
	return b
}

// lines makes messages of lines that are messages as JSON.
type lines struct {
	env *stage.Env
	in  jsonReader
	v   msg.View
	b   msg.Builder
}

func newLines(env *stage.Env) *lines { return &lines{env: env} }

// convert returns a batch in which each message whose payload is a message as JSON has
// become that one. It takes b over. A line that starts as an object and is no message
// stays what it is, and is counted as bad if it is no JSON either.
func (l *lines) convert(b *stage.Batch) *stage.Batch {
	any := false
	for i := range b.Off {
		b.View(i, &l.v)
		if p := l.v.Payload(); len(p) > 0 && p[0] == '{' {
			any = true
			break
		}
	}
	if !any {
		return b
	}
	c := l.env.Pool.Get()
	for i := range b.Off {
		b.View(i, &l.v)
		c.Off = append(c.Off, uint32(len(c.Buf)))
		p := l.v.Payload()
		if len(p) == 0 || p[0] != '{' {
			c.Buf = append(c.Buf, b.Record(i)...)
			continue
		}
		l.b.Reset()
		copy(l.b.Uuid[:], l.v.Uuid())
		l.b.Timestamp = l.v.Timestamp()
		switch l.in.read(p, &l.b) {
		case isMessage:
			c.Buf = l.b.Append(c.Buf)
			continue
		case noJSON:
			l.env.Stats.Bad.Add(1)
		}
		c.Buf = append(c.Buf, b.Record(i)...)
	}
	b.Release()
	return c
}
