package encode

import (
	"encoding/binary"

	"heka/lib/msg"
)

// JSON renders a message as one line of JSON, an object:
//
//	{"Timestamp":"2026-10-01T00:00:00.123Z","Type":"nginx.access","Logger":"...",
//	 "Severity":6,"Payload":"...","EnvVersion":"...","Pid":1,"Hostname":"...",
//	 "Uuid":"...","Fields":{"status":200}}
//
// Headers that are unset (an empty string, pid 0, severity 7, the zero uuid) are
// left out, and so is Fields if there are none; Timestamp always stands there.
// An array is an array, bytes are text of base64, NaN and the infinities are
// null. Fields that share a name become one array of their values, where the
// first of them stood. What is not UTF-8 becomes U+FFFD, so that the line is valid
// JSON and valid UTF-8 whatever the message holds.
//
// A JSON is for one goroutine. This is the hottest code of the project: in the
// steady state it allocates nothing and looks at each byte once.
type JSON struct {
	flat  bool
	clock clock
	heads [runSlots]run // type, logger, severity
	tails [runSlots]run // env_version, pid, hostname
	keys  keyTable
	merge merger
}

// NewJSON returns an encoder of JSON; a flat one renders the fields alone, as
// {"status":200,...}.
func NewJSON(flat bool) *JSON {
	e := &JSON{flat: flat}
	e.keys.init(func(dst, name []byte) []byte { return append(AppendJSONString(dst, name), ':') })
	e.merge.seed = e.keys.seed
	return e
}

// Append appends the line of v to dst.
func (e *JSON) Append(dst []byte, v *msg.View) []byte {
	b := v.Body()
	j := len(dst)
	buf := room(dst[:cap(dst)], j, slack)
	buf[j] = '{'
	j++
	var i int
	if e.flat {
		i = e.skip(b)
	} else {
		buf, j, i = e.headers(buf, j, b)
	}
	n, i := msg.MapAt(b, i)
	if n == 0 {
		return e.close(buf, j)
	}
	if !e.flat {
		buf = room(buf, j, slack)
		*(*[16]byte)(buf[j:]) = fieldsText
		j += len(`"Fields":{`)
	}
	at := j
	buf, j, ok := e.fields(buf, j, b, i, n)
	if !ok {
		buf, j = e.merge.fields(buf, at, b, i, n)
	}
	if e.flat {
		return e.close(buf, j)
	}
	buf[j-1] = '}'
	buf = room(buf, j, 2)
	buf[j], buf[j+1] = '}', '\n'
	return buf[:j+2]
}

// close ends the object, in place of the comma behind its last member.
func (e *JSON) close(buf []byte, j int) []byte {
	if buf[j-1] == ',' {
		j--
	}
	buf = room(buf, j, 2)
	buf[j], buf[j+1] = '}', '\n'
	return buf[:j+2]
}

// fields writes n fields, each with a comma behind it. It gives up with false
// where a name stands twice or can't be remembered.
func (e *JSON) fields(buf []byte, j int, b []byte, i, n int) ([]byte, int, bool) {
	t := &e.keys
	t.begin()
	gen, k := t.gen, &t.first
	for ; n > 0; n-- {
		buf = room(buf, j, slack)
		if next := k.next; next.short(b, i) {
			k = next
			*(*[shortReady]byte)(buf[j:]) = k.ready
			j += k.readyLen
		} else {
			if k = t.find(k, b, i); k == nil {
				return buf, j, false
			}
			j += copy(buf[j:], k.text())
			buf = room(buf, j, slack)
		}
		if k.gen == gen {
			return buf, j, false
		}
		k.gen = gen
		i += k.rawLen
		var size int
		switch c := b[i]; {
		case c&0xe0 == msg.WireFixStr:
			i, size = i+1, int(c&0x1f)
		case c == msg.WireStr8:
			i, size = i+2, int(b[i+1])
		default:
			buf, j, i = putValue(buf, j, b, i)
			buf[j] = ','
			j++
			continue
		}
		buf[j] = '"'
		j++
		done := plain(buf[j:], b[i:], size)
		j += done
		if done < size {
			j = escape(buf, j, b[i+done:i+size])
		}
		i += size
		buf[j], buf[j+1] = '"', ','
		j += 2
	}
	return buf, j, true
}

// putValue writes the value at b[i:]; slack is free at buf[j:], and at least one
// byte is when it returns.
func putValue(buf []byte, j int, b []byte, i int) ([]byte, int, int) {
	switch c := b[i]; c {
	case msg.WireFalse:
		return buf, j + copy(buf[j:], "false"), i + 1
	case msg.WireTrue:
		return buf, j + copy(buf[j:], "true"), i + 1
	case msg.WireUint32:
		return buf, putUint(buf, j, uint64(binary.BigEndian.Uint32(b[i+1:]))), i + 5
	case msg.WireFloat32:
		return buf, putFloat(buf, j, floatAt(b, i)), i + 5
	case msg.WireFloat64:
		return buf, putFloat(buf, j, floatAt(b, i)), i + 9
	case msg.WireUint8:
		return buf, putUint(buf, j, uint64(b[i+1])), i + 2
	case msg.WireUint16:
		return buf, putUint(buf, j, uint64(binary.BigEndian.Uint16(b[i+1:]))), i + 3
	case msg.WireUint64, msg.WireInt8, msg.WireInt16, msg.WireInt32, msg.WireInt64:
		return putInteger(buf, j, b, i)
	case msg.WireStr16, msg.WireStr32:
		start, stop := msg.TextAt(b, i)
		buf, j = putLong(buf, j, b[start:stop])
		return buf, j, stop
	case msg.WireBin8, msg.WireBin16, msg.WireBin32:
		start, stop := msg.TextAt(b, i)
		buf, j = putBase64(buf, j, b[start:stop])
		return buf, j, stop
	case msg.WireStr8:
		n := int(b[i+1])
		return buf, putString(buf, j, b, i+2, n), i + 2 + n
	default:
		switch {
		case c < msg.WireFixMap:
			return buf, putUint(buf, j, uint64(c)), i + 1
		case c&0xe0 == msg.WireFixStr:
			n := int(c & 0x1f)
			return buf, putString(buf, j, b, i+1, n), i + 1 + n
		case isArray(c):
			return putArray(buf, j, b, i)
		}
		return putInteger(buf, j, b, i)
	}
}

// putInteger writes the integer at b[i:].
func putInteger(buf []byte, j int, b []byte, i int) ([]byte, int, int) {
	u, neg, next := integer(b, i)
	if neg {
		buf[j] = '-'
		j++
	}
	return buf, putUint(buf, j, u), next
}

func putArray(buf []byte, j int, b []byte, i int) ([]byte, int, int) {
	n, i := msg.ArrayAt(b, i)
	buf[j] = '['
	j++
	for k := range n {
		if k > 0 {
			buf[j] = ','
			j++
		}
		buf = room(buf, j, slack)
		buf, j, i = putValue(buf, j, b, i)
	}
	buf = room(buf, j, slack)
	buf[j] = ']'
	return buf, j + 1, i
}
