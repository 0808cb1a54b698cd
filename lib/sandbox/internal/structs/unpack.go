package structs

import (
	"encoding/binary"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

func unpack(L *lua.LState) int {
	r := newReader(L, "unpack")
	data := host.String(L, 2, r.fn)
	pos := host.OptInt(L, 3, r.fn, 1)
	if pos < 1 {
		host.ArgError(L, 3, r.fn, "offset must be 1 or greater")
	}
	u := unpacker{reader: r, data: data, pos: pos - 1}
	for {
		opt, n, padding, ok := r.next(u.pos)
		if !ok {
			L.Push(lua.LNumber(u.pos + 1))
			return u.results + 1
		}
		u.skip(padding)
		u.need(n)
		if v := u.value(opt, n); v != nil {
			if u.results++; u.results > maxResults {
				L.RaiseError("stack overflow (too many results)")
			}
			L.Push(v)
		}
	}
}

type unpacker struct {
	*reader
	data    string
	pos     int
	results int
}

// need ends the call if less than n bytes are left.
func (u *unpacker) need(n int) {
	if u.pos > len(u.data) || n > len(u.data)-u.pos {
		host.ArgError(u.L, 2, u.fn, "data string too short")
	}
}

func (u *unpacker) skip(n int) {
	u.need(n)
	u.pos += n
}

// value returns the value of an option and moves behind it; nil for x.
func (u *unpacker) value(opt byte, n int) lua.LValue {
	switch opt {
	case 'x':
		u.pos += n
		return nil
	case 's':
		n = strings.IndexByte(u.data[u.pos:], 0)
		if n < 0 {
			u.meter.Step(u.L, (len(u.data)-u.pos)/64)
			u.L.RaiseError("unfinished string in data")
		}
		v := u.text(n)
		u.pos++
		return v
	case 'c':
		if n == 0 {
			n = u.previous()
			u.need(n)
		}
		return u.text(n)
	}
	return u.number(opt, n)
}

// text returns n bytes as a string of its own.
func (u *unpacker) text(n int) lua.LValue {
	u.meter.Step(u.L, n/64)
	u.meter.Alloc(u.L, n)
	s := strings.Clone(u.data[u.pos : u.pos+n])
	u.pos += n
	return lua.LString(s)
}

// previous takes the value before back, which is the size of c0.
func (u *unpacker) previous() int {
	size, ok := 0.0, false
	if u.results > 0 {
		switch v := u.L.Get(-1).(type) {
		case lua.LNumber:
			size, ok = float64(v), true
		case lua.LString:
			host.Of(u.L).Step(u.L, len(v)/16)
			size, ok = host.ParseNumber(string(v))
		}
	}
	if !ok {
		u.L.RaiseError("format 'c0' needs a previous size")
	}
	u.L.Pop(1)
	u.results--
	n := host.ToInt(size)
	if n < 0 {
		n = math.MaxInt
	}
	return n
}

// number reads a number of n bytes.
func (u *unpacker) number(opt byte, n int) lua.LValue {
	var word [maxInteger]byte
	copy(word[:], u.data[u.pos:u.pos+n])
	u.pos += n
	if u.big {
		reverse(word[:n])
	}
	bits := binary.LittleEndian.Uint64(word[:])
	switch opt {
	case 'f':
		return lua.LNumber(math.Float32frombits(uint32(bits)))
	case 'd':
		return lua.LNumber(math.Float64frombits(bits))
	case 'b', 'h', 'l', 'i':
		unused := max(64-8*n, 0)
		return lua.LNumber(int64(bits<<unused) >> unused)
	}
	return lua.LNumber(bits)
}
