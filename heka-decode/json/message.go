package json

import (
	"bytes"

	"heka/heka-decode/internal/stamp"
	"heka/lib/msg"
)

// header is a set of the keys of Heka's own form.
type header uint16

const (
	timestamp header = 1 << iota
	kind
	payload
	uuid
	inner // Fields
	other
)

// complete reports whether an object with these keys is taken for a message.
func (h header) complete() bool {
	return h&timestamp != 0 && h&(kind|payload|uuid|inner) != 0
}

// headerNamed returns the bit of a key of Heka's own form; 0 for any other name.
func headerNamed(name []byte) header {
	switch string(name) {
	case "Timestamp":
		return timestamp
	case "Type":
		return kind
	case "Payload":
		return payload
	case "Uuid":
		return uuid
	case "Fields":
		return inner
	case "Logger", "Severity", "EnvVersion", "Pid", "Hostname":
		return other
	}
	return 0
}

var ownStart = []byte(`{"Timestamp":`)

// own reports whether the line starts as Heka's encoder of JSON starts one.
func (d *decoder) own() bool { return bytes.HasPrefix(d.s, ownStart) }

// message restores the message that the line is in Heka's own form; false if the
// line is something else. Then b is no use any more. A line without Uuid keeps that
// of the message it came in; what else is missing is unset.
func (d *decoder) message() bool {
	b := d.b
	was := b.Uuid
	b.Reset()
	b.Uuid = was
	d.form = headers
	return d.whole() && d.seen.complete()
}

// header reads the value at s[i:] as that of a key of the envelope. A key that the
// envelope does not have is a field.
func (d *decoder) header(name []byte, i, depth int) int {
	h := headerNamed(name)
	switch h {
	case 0:
		d.form = fields
		i = d.member(name, i, depth)
		d.form = headers
		return i
	case inner:
		if d.s[i] != '{' {
			return d.fail(i, "Fields is no object")
		}
		d.form = fields
		i = d.object(i+1, depth+1)
		d.form = headers
		return i
	case timestamp:
		return d.timestamp(i)
	}
	if c := name[0]; c == 'S' || name[1] == 'i' { // Severity, Pid
		return d.headerInt(c, i)
	}
	if d.s[i] != '"' {
		return d.fail(i, "a header that is no string")
	}
	at := i
	text, i := d.str(i + 1)
	if i < 0 {
		return i
	}
	switch h {
	case kind:
		d.b.Type = text
	case payload:
		d.b.Payload = text
	case uuid:
		u, ok := msg.ParseUuid(text)
		if !ok {
			return d.fail(at, "Uuid is no uuid")
		}
		d.b.Uuid = u
	default:
		d.headerText(name[0], text)
	}
	return i
}

// headerText sets Logger, EnvVersion or Hostname.
func (d *decoder) headerText(c byte, text []byte) {
	switch c {
	case 'L':
		d.b.Logger = text
	case 'E':
		d.b.EnvVersion = text
	case 'H':
		d.b.Hostname = text
	}
}

// headerInt sets Severity or Pid to the integer at s[i:].
func (d *decoder) headerInt(c byte, i int) int {
	next, whole := d.number(i)
	if next < 0 {
		return next
	}
	n, ok := int64(0), false
	if whole {
		n, ok = integer(d.s[i:next])
	}
	if !ok {
		return d.fail(i, "a header that is no integer")
	}
	if c == 'S' {
		d.b.Severity = n
	} else {
		d.b.Pid = n
	}
	return next
}

// timestamp sets the Timestamp to the RFC 3339 text or the nanoseconds at s[i:].
func (d *decoder) timestamp(i int) int {
	at := i
	if d.s[i] != '"' {
		next, whole := d.number(i)
		if next < 0 || !whole {
			return d.fail(at, "Timestamp is no time")
		}
		n, ok := integer(d.s[i:next])
		if !ok {
			return d.fail(at, "Timestamp is no time")
		}
		d.b.Timestamp = n
		return next
	}
	text, i := d.str(i + 1)
	if i < 0 {
		return i
	}
	ns, ok := stamp.ParseRFC3339(text, nil)
	if !ok {
		return d.fail(at, "Timestamp is no time")
	}
	d.b.Timestamp = ns
	return i
}
