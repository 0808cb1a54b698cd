package capture

import (
	"errors"

	"heka/heka-decode/internal/level"
	"heka/heka-decode/internal/number"
	"heka/heka-decode/internal/stamp"
	"heka/lib/msg"
)

// Why a line that matched is no message.
var (
	errTime     = errors.New("what Timestamp matched is no time in this format")
	errSeverity = errors.New("what Severity matched is no severity: a word, or 0 to 7")
	errPid      = errors.New("what Pid matched is no process id")
)

// decoder decodes one line after another. It is for one goroutine.
type decoder struct {
	expr    *Expr
	matcher *matcher
	groups  []group
	times   *stamp.Reader
	typ     []byte
	payload bool
}

// decode is a stage.Func, and the hot path. Most of its cost is that of the match.
func (d *decoder) decode(_ *msg.View, b *msg.Builder) error {
	line := b.Payload
	if !d.expr.quick(line) {
		return ErrNoMatch
	}
	bounds := d.matcher.find(line)
	if bounds == nil {
		return ErrNoMatch
	}
	b.Type = d.typ
	if !d.payload {
		b.Payload = nil
	}
	for i := range d.groups {
		g := &d.groups[i]
		from, to := bounds[g.at], bounds[g.at+1]
		if from < 0 {
			continue
		}
		if err := d.group(b, g, line[from:to]); err != nil {
			return err
		}
	}
	return nil
}

// group makes what g is for of what it matched.
func (d *decoder) group(b *msg.Builder, g *group, text []byte) error {
	switch g.role {
	case field:
	case theTime, someTime:
		if ns, ok := d.times.Text(text, b.Timestamp); ok {
			b.Timestamp = ns
			return nil
		}
		if g.role == theTime {
			return errTime
		}
	case someLevel:
		if s, ok := level.Severity(text); ok {
			b.Severity = s
		}
	default:
		return d.header(b, g.role, text)
	}
	return value(b, g, text)
}

// header sets an element of the envelope.
func (d *decoder) header(b *msg.Builder, r role, text []byte) error {
	switch r {
	case theSeverity:
		n, ok := level.Severity(text)
		if !ok && len(text) == 1 && text[0]-'0' <= 7 {
			n, ok = int64(text[0]-'0'), true
		}
		if !ok {
			return errSeverity
		}
		b.Severity = n
	case hostname:
		b.Hostname = text
	case typ:
		b.Type = text
	case logger:
		b.Logger = text
	case envVersion:
		b.EnvVersion = text
	case payload:
		b.Payload = text
	case pid:
		n, _, kind := number.Parse(text)
		if kind != msg.Int {
			return errPid
		}
		b.Pid = n
	}
	return nil
}

// value makes a field of text.
func value(b *msg.Builder, g *group, text []byte) error {
	if g.kind == msg.String || g.kind == msg.Invalid {
		b.Key(g.key)
		if g.kind == msg.String {
			b.Str(text)
		} else {
			number.Append(b, text)
		}
		return nil
	}
	if len(text) == 0 || len(text) == 1 && text[0] == '-' {
		return nil // how logs write that there is no number
	}
	if g.kind == msg.Bool {
		if s := string(text); s != "true" && s != "false" {
			return g.err
		}
		b.Key(g.key)
		b.Bool(text[0] == 't')
		return nil
	}
	if text[0] == '+' {
		text = text[1:]
	}
	n, f, kind := number.Parse(text)
	switch {
	case kind == msg.Int && g.kind == msg.Int:
		b.Key(g.key)
		b.Int(n)
	case kind == msg.Int:
		b.Key(g.key)
		b.Float(float64(n))
	case kind == msg.Float && g.kind == msg.Float:
		b.Key(g.key)
		b.Float(f)
	default:
		return padded(b, g, text)
	}
	return nil
}

// padded is value for numbers that number.Parse takes for names: those with zeros in
// front.
func padded(b *msg.Builder, g *group, text []byte) error {
	for len(text) > 1 && text[0] == '0' && text[1] != '.' {
		text = text[1:]
	}
	n, f, kind := number.Parse(text)
	switch {
	case kind == msg.Int && g.kind == msg.Int:
		b.Key(g.key)
		b.Int(n)
	case kind != msg.String && g.kind == msg.Float:
		b.Key(g.key)
		b.Float(f + float64(n))
	default:
		return g.err
	}
	return nil
}
