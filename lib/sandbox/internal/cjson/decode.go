package cjson

import (
	"hash/maphash"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// decoder reads one text. What it has read of the arrays and objects that are
// open lies on the stack values; a table is made when it is whole, in its size.
// Its scratch space stays for the next text.
type decoder struct {
	*codec
	L     *lua.LState
	meter *host.Meter

	s     string
	pos   int
	depth int
	bytes int // of memory charged for this text
	due   int // bytes at which the whole is looked at again

	values []lua.LValue
	text   []byte // a string with escapes

	seed  maphash.Seed
	known [256]string     // keys and short strings that were read lately
	boxed [256]lua.LValue // the same as values
}

// Sizes as of Lua 5.1, and what the decoder keeps from one text to the next.
const (
	tableBytes  = 64
	slotBytes   = 16
	pairBytes   = 40
	stringBytes = 24

	keepValues = 1 << 12
	keepText   = 1 << 14
	knownBytes = 32
)

// decode is decode(text).
func (c *codec) decode(L *lua.LState) int {
	const fn = "decode"
	if L.GetTop() != 1 {
		host.ArgError(L, 1, fn, "expected 1 argument")
	}
	s := host.String(L, 1, fn)
	if len(s) >= 2 && (s[0] == 0 || s[1] == 0) {
		L.RaiseError("JSON parser does not support UTF-16 or UTF-32")
	}
	d := &c.decoder
	d.start(L, s)
	v := d.value(d.next())
	if k := d.next(); k != tokenEnd {
		d.unexpected("the end", k)
	}
	d.reset()
	L.Push(v)
	return 1
}

func (d *decoder) start(L *lua.LState, s string) {
	d.reset() // the call before may have ended in an error
	d.L, d.meter, d.s = L, host.Of(L), s
	d.meter.Step(L, 1+len(s)/64)
	if limit := d.meter.Limits().Memory; limit > 0 && len(s) > limit/2 {
		L.RaiseError("%s", host.NoMemory)
	}
	d.bytes, d.due = 0, 1<<16
}

// reset lets go of what belongs to one text.
func (d *decoder) reset() {
	clear(d.values[:cap(d.values)])
	d.values, d.text = d.values[:0], d.text[:0]
	if cap(d.values) > keepValues {
		d.values = nil
	}
	if cap(d.text) > keepText {
		d.text = nil
	}
	d.L, d.meter, d.s, d.pos, d.depth = nil, nil, "", 0, 0
}

// charge notes n bytes of values. The meter can't see what lies on the stack, so
// it is told all of it now and then.
func (d *decoder) charge(n int) {
	d.bytes += n
	if d.bytes < d.due {
		return
	}
	d.meter.Alloc(d.L, d.bytes)
	d.due = d.bytes + d.bytes/2
}

// value returns the value that starts with the token k.
func (d *decoder) value(k token) lua.LValue {
	d.meter.Step(d.L, 1)
	switch k {
	case tokenString:
		return d.short(d.stringValue("value"))
	case tokenNumber:
		return lua.LNumber(d.number("value"))
	case tokenObject:
		return d.object()
	case tokenArray:
		return d.array()
	case tokenTrue:
		return lua.LTrue
	case tokenFalse:
		return lua.LFalse
	case tokenNull:
		if d.decodeNull {
			return d.null
		}
		return lua.LNil
	}
	d.unexpected("value", k)
	return nil
}

// deeper counts an array or object that was opened.
func (d *decoder) deeper() {
	d.depth++
	if d.depth > d.decodeDepth || d.depth >= maxDepth {
		d.L.RaiseError("Found too many nested data structures (%d) at character %d",
			d.depth, d.pos)
	}
}

func (d *decoder) array() lua.LValue {
	d.deeper()
	base := len(d.values)
	k := d.next()
	for k != tokenArrayEnd {
		d.values = append(d.values, d.value(k))
		if k = d.next(); k == tokenComma {
			if k = d.next(); k == tokenArrayEnd {
				d.unexpected("value", k)
			}
		} else if k != tokenArrayEnd {
			d.unexpected("comma or array end", k)
		}
	}
	d.depth--
	d.charge(tableBytes + slotBytes*(len(d.values)-base))
	t := newArray(d.values[base:])
	d.values = d.values[:base]
	return t
}

func (d *decoder) object() lua.LValue {
	d.deeper()
	base := len(d.values)
	k := d.next()
	for k != tokenObjectEnd {
		if k != tokenString {
			d.unexpected("object key string", k)
		}
		key := d.short(d.stringValue("object key string"))
		if k = d.next(); k != tokenColon {
			d.unexpected("colon", k)
		}
		d.values = append(d.values, key, d.value(d.next()))
		if k = d.next(); k == tokenComma {
			if k = d.next(); k == tokenObjectEnd {
				d.unexpected("object key string", k)
			}
		} else if k != tokenObjectEnd {
			d.unexpected("comma or object end", k)
		}
	}
	d.depth--
	d.charge(tableBytes + pairBytes*(len(d.values)-base)/2)
	t := newObject(d.L, d.values[base:])
	d.values = d.values[:base]
	return t
}

// short returns s, a part of the text or of scratch space, as a value of its own.
// Short strings are kept and shared: the keys of logs are always the same, and many
// of their values.
func (d *decoder) short(s string) lua.LValue {
	d.charge(stringBytes + len(s))
	if len(s) > knownBytes {
		d.meter.Step(d.L, len(s)/64)
		return lua.LString(strings.Clone(s))
	}
	i := maphash.String(d.seed, s) % uint64(len(d.known))
	if d.boxed[i] != nil && d.known[i] == s {
		return d.boxed[i]
	}
	s = strings.Clone(s)
	d.known[i], d.boxed[i] = s, lua.LString(s)
	return d.boxed[i]
}
