package encode

import (
	"encoding/binary"

	"heka/lib/msg"
)

const (
	runSlots = 8
	runMax   = 512 // bytes of a rendered run that are remembered
)

// run is a run of neighbouring headers, encoded and rendered. The values of a
// source's headers hardly change, so that most messages have a run that an
// earlier one had. Equal bytes are equal elements: no msgpack value is the
// beginning of another.
type run struct{ raw, text []byte }

// slot returns which of the remembered runs to compare with b[i:].
func slot(b []byte, i int) int {
	if i+16 > len(b) {
		return 0
	}
	x := binary.LittleEndian.Uint64(b[i:]) + binary.LittleEndian.Uint64(b[i+8:])*31
	return int(x * 0x9e3779b97f4a7c15 >> 61)
}

// is reports whether the run r is at b[i:].
func (r *run) is(b []byte, i int) bool {
	n := len(r.raw)
	return n > 0 && n <= len(b)-i && string(b[i:i+n]) == string(r.raw)
}

// headers writes the members before Fields, each with a comma behind it, and
// returns where the map of fields stands in b.
func (e *JSON) headers(buf []byte, j int, b []byte) ([]byte, int, int) {
	*(*[16]byte)(buf[j:]) = timestampText
	j += len(`"Timestamp":"`)
	j = e.clock.put(buf, j, int64(binary.BigEndian.Uint64(b[msg.TimestampAt:])))
	buf[j], buf[j+1] = '"', ','
	j += 2

	i := msg.TypeAt
	if r := &e.heads[slot(b, i)]; r.is(b, i) {
		j += copy(buf[j:], r.text)
		i += len(r.raw)
	} else {
		buf, j, i = r.render(buf, j, b, i, msg.Type, msg.Severity)
	}
	if b[i] == msg.WireFixStr {
		i++
	} else {
		buf, j, i = putHeader(buf, j, b, i, msg.Payload)
	}
	buf = room(buf, j, slack)
	if r := &e.tails[slot(b, i)]; r.is(b, i) {
		j += copy(buf[j:], r.text)
		i += len(r.raw)
	} else {
		buf, j, i = r.render(buf, j, b, i, msg.EnvVersion, msg.Hostname)
	}
	buf = room(buf, j, slack)
	u := b[msg.UuidAt : msg.UuidAt+16]
	if binary.LittleEndian.Uint64(u)|binary.LittleEndian.Uint64(u[8:]) != 0 {
		*(*[8]byte)(buf[j:]) = uuidText
		j += len(uuidText)
		putUuid(buf[j:j+36], u)
		buf[j+36], buf[j+37] = '"', ','
		j += 38
	}
	return buf, j, i
}

// skip returns where the map of fields stands in b.
func (e *JSON) skip(b []byte) int {
	i := e.heads[slot(b, msg.TypeAt)].skip(b, msg.TypeAt, 3)
	if b[i] == msg.WireFixStr {
		i++
	} else {
		_, i = msg.TextAt(b, i)
	}
	return e.tails[slot(b, i)].skip(b, i, 3)
}

// skip returns the offset behind the n headers at b[i:], and remembers them in r
// if they are not too long.
func (r *run) skip(b []byte, i, n int) int {
	if r.is(b, i) {
		return i + len(r.raw)
	}
	from := i
	for range n {
		i = msg.Skip(b, i)
	}
	if r.raw = r.raw[:0]; i-from <= runMax {
		r.raw = append(r.raw, b[from:i]...)
	}
	return i
}

// render writes the headers first to last, and remembers them in r if they are
// not too long.
func (r *run) render(buf []byte, j int, b []byte, i int, first, last msg.Header) (
	[]byte, int, int) {
	at, from := j, i
	for h := first; h <= last; h++ {
		buf, j, i = putHeader(buf, j, b, i, h)
	}
	r.raw = r.raw[:0]
	if j-at <= runMax && i-from <= runMax {
		r.raw = append(r.raw, b[from:i]...)
		r.text = append(r.text[:0], buf[at:j]...)
	}
	return buf, j, i
}

// Texts in arrays, which are copied without a call.
var (
	timestampText = [16]byte([]byte(`"Timestamp":"...`))
	uuidText      = [8]byte([]byte(`"Uuid":"`))
	fieldsText    = [16]byte([]byte(`"Fields":{......`))
)

// jsonHeaders has the headers' names as they start a member.
var jsonHeaders = [...]string{
	msg.Type:       `"Type":`,
	msg.Logger:     `"Logger":`,
	msg.Severity:   `"Severity":`,
	msg.Payload:    `"Payload":`,
	msg.EnvVersion: `"EnvVersion":`,
	msg.Pid:        `"Pid":`,
	msg.Hostname:   `"Hostname":`,
}

// putHeader writes header h, which is at b[i:], unless it is unset.
func putHeader(buf []byte, j int, b []byte, i int, h msg.Header) ([]byte, int, int) {
	buf = room(buf, j, slack)
	switch h {
	case msg.Severity, msg.Pid:
		u, neg, next := integer(b, i)
		if h == msg.Severity && u == msg.DefaultSeverity && !neg || h == msg.Pid && u == 0 {
			return buf, j, next
		}
		j += copy(buf[j:], jsonHeaders[h])
		if neg {
			buf[j] = '-'
			j++
		}
		j = putUint(buf, j, u)
		i = next
	default:
		start, stop := msg.TextAt(b, i)
		if start == stop {
			return buf, j, stop
		}
		j += copy(buf[j:], jsonHeaders[h])
		if n := stop - start; n <= shortMax {
			j = putString(buf, j, b, start, n)
		} else {
			buf, j = putLong(buf, j, b[start:stop])
		}
		i = stop
	}
	buf = room(buf, j, slack)
	buf[j] = ','
	return buf, j + 1, i
}
