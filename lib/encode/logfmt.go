package encode

import (
	"encoding/binary"
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
	keys  keyTable
	tmp   []byte
}

// NewLogfmt returns an encoder of logfmt; a flat one renders the fields alone.
func NewLogfmt(flat bool) *Logfmt {
	e := &Logfmt{flat: flat}
	e.keys.init(func(dst, name []byte) []byte { return append(appendKey(dst, name), '=') })
	return e
}

// Append appends the line of v to dst.
func (e *Logfmt) Append(dst []byte, v *msg.View) []byte {
	b := v.Body()
	at := len(dst)
	var o offsets
	o.walk(b)
	if !e.flat {
		dst = e.headers(dst, b, &o)
	}
	e.keys.begin()
	k := &e.keys.first
	n, i := msg.MapAt(b, o[msg.Hostname+1])
	for range n {
		if len(dst) > at {
			dst = append(dst, ' ')
		}
		dst, k, i = e.key(dst, k, b, i)
		switch c := b[i]; {
		case isText(c):
			start, stop := msg.TextAt(b, i)
			dst = appendQuoted(dst, b[start:stop])
			i = stop
			continue
		case isArray(c), isBin(c):
			e.tmp = appendValue(e.tmp[:0], b, i)
			dst = appendQuoted(dst, e.tmp)
		default:
			dst = appendNumber(dst, b, i)
		}
		i = msg.Skip(b, i)
	}
	if cap(e.tmp) > 1<<16 {
		e.tmp = nil
	}
	return append(dst, '\n')
}

// key appends the name at b[i:], which follows prev, and '='.
func (e *Logfmt) key(dst []byte, prev *key, b []byte, i int) ([]byte, *key, int) {
	k := prev.next
	if !k.short(b, i) {
		k = e.keys.find(prev, b, i)
	}
	if k == nil {
		start, stop := msg.TextAt(b, i)
		return append(appendKey(dst, b[start:stop]), '='), prev, stop
	}
	return append(dst, k.text()...), k, i + k.rawLen
}

func (e *Logfmt) headers(dst, b []byte, o *offsets) []byte {
	dst = append(dst, "timestamp="...)
	dst = e.clock.append(dst, int64(binary.BigEndian.Uint64(b[msg.TimestampAt:])))
	dst = appendPair(dst, " type=", b, o[msg.Type])
	dst = appendPair(dst, " logger=", b, o[msg.Logger])
	if u, neg, _ := integer(b, o[msg.Severity]); u != msg.DefaultSeverity || neg {
		dst = appendNumber(append(dst, " severity="...), b, o[msg.Severity])
	}
	dst = appendPair(dst, " hostname=", b, o[msg.Hostname])
	if u, _, _ := integer(b, o[msg.Pid]); u != 0 {
		dst = appendNumber(append(dst, " pid="...), b, o[msg.Pid])
	}
	dst = appendPair(dst, " env_version=", b, o[msg.EnvVersion])
	return appendPair(dst, " payload=", b, o[msg.Payload])
}

func appendPair(dst []byte, key string, b []byte, i int) []byte {
	start, stop := msg.TextAt(b, i)
	if start == stop {
		return dst
	}
	return appendQuoted(append(dst, key...), b[start:stop])
}

// bare has what may stand in logfmt outside of quotes, of ASCII.
var bare = func() (t [256]bool) {
	for c := '!'; c <= 0x7f; c++ {
		t[c] = c != '=' && c != '"' && c != 0x7f
	}
	return t
}()

// quotable is not 0 if one of the bytes of x may need quotes: up to ' ', '"', '=',
// 0x7f, or not ASCII.
func quotable(x uint64) uint64 {
	return (x | (x - 0x21*ones) | ((x ^ '"'*ones) - ones) | ((x ^ '='*ones) - ones) |
		((x ^ 0x7f*ones) - ones)) & highs
}

// bareLen returns the length of the longest beginning of s that needs no quotes.
func bareLen(s []byte) int {
	i, last := 0, len(s)-8
	for ; i < last && quotable(binary.LittleEndian.Uint64(s[i:])) == 0; i += 8 {
	}
	if i >= last && last >= 0 && quotable(binary.LittleEndian.Uint64(s[last:])) == 0 {
		return len(s)
	}
	for i < len(s) {
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
	return AppendJSONString(dst, s)
}
