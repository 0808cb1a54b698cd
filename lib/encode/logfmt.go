package encode

import (
	"unicode/utf8"

	"heka/lib/msg"
)

// Logfmt renders a message as a line of logfmt:
//
//	timestamp=2026-10-01T00:00:00Z type=nginx.access hostname=web01 status=200 ua="Mozilla/5.0 (X11)"
//
// First the headers that are set, under their names in lower case: timestamp,
// type, logger, severity, hostname, pid, env_version, payload; the uuid is left
// out. Then the fields in their order, one that repeats as often as it stands
// there. What a name can't hold in logfmt (spaces, control characters, '=', '"',
// what is not UTF-8) becomes '_', as does an empty name. A value is quoted if it
// holds one of those, or is the text null; U+FFFD is what is not UTF-8. Arrays are
// their elements with commas between, bytes are base64.
//
// A Logfmt is for one goroutine.
type Logfmt struct {
	flat  bool
	clock clock
	tmp   []byte
}

// NewLogfmt returns an encoder of logfmt; a flat one renders the fields alone.
func NewLogfmt(flat bool) *Logfmt { return &Logfmt{flat: flat} }

// Append appends the line of v to dst.
func (e *Logfmt) Append(dst []byte, v *msg.View) []byte {
	at := len(dst)
	if !e.flat {
		dst = e.headers(dst, v)
	}
	for it := v.Fields(); it.Next(); {
		if len(dst) > at {
			dst = append(dst, ' ')
		}
		dst = append(appendKey(dst, it.Name), '=')
		switch it.Value.Kind() {
		case msg.String:
			dst = appendQuoted(dst, it.Value.Text())
		case msg.Array, msg.Bytes:
			e.tmp = appendValue(e.tmp[:0], it.Value)
			dst = appendQuoted(dst, e.tmp)
		default:
			dst = appendNumber(dst, it.Value)
		}
	}
	if cap(e.tmp) > 1<<16 {
		e.tmp = nil
	}
	return append(dst, '\n')
}

func (e *Logfmt) headers(dst []byte, v *msg.View) []byte {
	dst = append(dst, "timestamp="...)
	dst = e.clock.append(dst, v.Timestamp())
	dst = appendPair(dst, " type=", v.Type())
	dst = appendPair(dst, " logger=", v.Logger())
	if s := v.Severity(); s != msg.DefaultSeverity {
		dst = AppendInt(append(dst, " severity="...), s)
	}
	dst = appendPair(dst, " hostname=", v.Hostname())
	if p := v.Pid(); p != 0 {
		dst = AppendInt(append(dst, " pid="...), p)
	}
	dst = appendPair(dst, " env_version=", v.EnvVersion())
	return appendPair(dst, " payload=", v.Payload())
}

func appendPair(dst []byte, key string, s []byte) []byte {
	if len(s) == 0 {
		return dst
	}
	return appendQuoted(append(dst, key...), s)
}

// bare has what may stand in logfmt outside of quotes, of ASCII.
var bare = func() (t [256]bool) {
	for c := '!'; c <= 0x7f; c++ {
		t[c] = c != '=' && c != '"' && c != 0x7f
	}
	return t
}()

// bareLen returns the length of the longest beginning of s that needs no quotes.
func bareLen(s []byte) int {
	for i := 0; i < len(s); {
		c := s[i]
		if bare[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			return i
		}
		r, size := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError {
			return i
		}
		i += size
	}
	return len(s)
}

func appendKey(dst, s []byte) []byte {
	if len(s) == 0 {
		return append(dst, '_')
	}
	for {
		n := bareLen(s)
		dst = append(dst, s[:n]...)
		if s = s[n:]; len(s) == 0 {
			return dst
		}
		_, size := utf8.DecodeRune(s)
		dst = append(dst, '_')
		s = s[size:]
	}
}

// appendQuoted appends a value, in quotes if it needs them.
func appendQuoted(dst, s []byte) []byte {
	if bareLen(s) == len(s) && string(s) != "null" {
		return append(dst, s...)
	}
	dst = AppendJSONString(dst, s)
	return dst
}
