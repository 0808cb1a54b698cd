package cjson

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// encoder writes one text. Its buffer stays for the next one.
type encoder struct {
	*codec
	L      *lua.LState
	meter  *host.Meter
	buf    []byte
	most   int // length that buf may have
	due    int // length of buf from which on its growth is charged
	number [32]byte
}

// keepBuffer is the size of buffer that is kept for the next text.
const keepBuffer = 1 << 16

// encode is encode(value).
func (c *codec) encode(L *lua.LState) int {
	const fn = "encode"
	if L.GetTop() != 1 {
		host.ArgError(L, 1, fn, "expected 1 argument")
	}
	e := &c.encoder
	e.L, e.meter = L, host.Of(L)
	if cap(e.buf) > keepBuffer {
		e.buf = nil
	}
	e.buf = e.buf[:0]
	e.due = keepBuffer
	e.most = math.MaxInt
	if limits := e.meter.Limits(); limits.Output > 0 {
		e.most = limits.Output
	}
	e.value(L.Get(1), 0)
	e.grow(0)
	e.meter.Alloc(L, stringBytes+len(e.buf))
	L.Push(lua.LString(e.buf))
	e.L, e.meter = nil, nil
	return 1
}

// grow sees to it that n more bytes may be written.
func (e *encoder) grow(n int) {
	n += len(e.buf)
	if n > e.most {
		e.L.RaiseError("strbuf %s", host.NoOutput)
	}
	if n > e.due {
		e.due = 2 * n
		e.meter.Alloc(e.L, e.due)
	}
}

// value appends v, which is depth tables deep.
func (e *encoder) value(v lua.LValue, depth int) {
	e.meter.Step(e.L, 1)
	switch v := v.(type) {
	case lua.LString:
		e.string(string(v))
	case lua.LNumber:
		e.float(float64(v))
	case lua.LBool:
		if v {
			e.buf = append(e.buf, "true"...)
		} else {
			e.buf = append(e.buf, "false"...)
		}
	case *lua.LTable:
		e.table(v, depth+1)
	case *lua.LNilType, nil:
		e.buf = append(e.buf, "null"...)
	default:
		if v != lua.LValue(e.null) {
			e.fail(v, "type not supported")
		}
		e.buf = append(e.buf, "null"...)
	}
	e.grow(0)
}

func (e *encoder) fail(v lua.LValue, why string) {
	e.L.RaiseError("Cannot serialise %s: %s", v.Type().String(), why)
}

func (e *encoder) table(t *lua.LTable, depth int) {
	if depth > e.encodeDepth || depth >= maxDepth {
		e.L.RaiseError("Cannot serialise, excessive nesting (%d)", depth)
	}
	if n := e.length(t); n > 0 {
		e.array(t, n, depth)
		return
	}
	e.buf = append(e.buf, '{')
	start := len(e.buf)
	e.each(t, func(k, v lua.LValue) bool {
		if len(e.buf) > start {
			e.buf = append(e.buf, ',')
		}
		e.key(k)
		e.buf = append(e.buf, ':')
		e.value(v, depth)
		return true
	})
	e.buf = append(e.buf, '}')
}

func (e *encoder) array(t *lua.LTable, n, depth int) {
	e.buf = append(e.buf, '[')
	for i := 1; i <= n; i++ {
		if i > 1 {
			e.buf = append(e.buf, ',')
		}
		v := t.RawGetInt(i)
		if i >= lua.MaxArrayIndex { // there a number is a key as any other
			v = t.RawGetH(lua.LNumber(i))
		}
		e.value(v, depth)
	}
	e.buf = append(e.buf, ']')
}

// key appends a key of an object.
func (e *encoder) key(k lua.LValue) {
	switch k := k.(type) {
	case lua.LString:
		e.string(string(k))
	case lua.LNumber:
		e.buf = append(e.buf, '"')
		e.float(float64(k))
		e.buf = append(e.buf, '"')
	default:
		e.fail(k, "table key must be a number or string")
	}
}

// float appends a number.
func (e *encoder) float(f float64) {
	switch {
	case f == f && !math.IsInf(f, 0):
		e.buf = append(e.buf, appendNumber(e.number[:0], f, e.precision)...)
	case e.encodeInvalid == invalidError:
		e.fail(lua.LNumber(f), "must not be NaN or Inf")
	case e.encodeInvalid == invalidNull:
		e.buf = append(e.buf, "null"...)
	case f != f:
		e.buf = append(e.buf, "nan"...)
	default:
		e.buf = host.AppendG(e.buf, f, e.precision)
	}
}

// string appends s in quotes.
func (e *encoder) string(s string) {
	e.grow(len(s) + 2)
	e.meter.Step(e.L, len(s)/64)
	e.buf = append(e.buf, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		if !escaped[s[i]] {
			continue
		}
		e.buf = append(e.buf, s[start:i]...)
		e.buf = appendEscape(e.buf, s[i])
		e.grow(len(s) - i)
		start = i + 1
	}
	e.buf = append(e.buf, s[start:]...)
	e.buf = append(e.buf, '"')
}

// escaped are the characters that lua-cjson escapes.
var escaped = func() (is [256]bool) {
	for c := range is {
		is[c] = c < ' ' || c == '"' || c == '\\' || c == '/' || c == 0x7f
	}
	return is
}()

func appendEscape(dst []byte, c byte) []byte {
	const short, hex = "\b\t\n\f\r", "0123456789abcdef"
	switch c {
	case '"', '\\', '/':
		return append(dst, '\\', c)
	}
	for i := range len(short) {
		if short[i] == c {
			return append(dst, '\\', "btnfr"[i])
		}
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
