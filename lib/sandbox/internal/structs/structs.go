// Package structs is the module struct of sandboxes: Lua values to the bytes of
// C structures and back, as the struct library 0.2 for Lua 5.1 does on a 64-bit
// little-endian machine.
//
//	struct.pack(format, values...)         -> string
//	struct.unpack(format, string [, at])   -> values..., position behind them
//	struct.size(format)                    -> number
//
// A format is made of these:
//
//	>  <     big-endian, little-endian (which it is at first)
//	![n]     align to n bytes at most, a power of 2; 8 if n is absent; at first 1
//	x        a zero byte           b B    1 byte, signed and unsigned
//	h H      2 bytes               l L T  8 bytes
//	i[n] I[n]  n bytes, 4 if n is absent, at most 32
//	f d      float, double
//	s        a string that ends with a zero
//	c[n]     n bytes of a string, 1 if n is absent; c0 packs the whole string, and
//	         unpacks as many bytes as the value before it says
//	blank    nothing
package structs

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// Module is `require "struct"`.
var Module = host.Module{Name: "struct", Open: open}

const (
	maxInteger   = 32   // bytes of i and I
	defaultAlign = 8    // of !
	maxResults   = 7990 // of unpack, what the stack of Lua 5.1 holds
)

func open(L *lua.LState) lua.LValue {
	t := L.NewTable()
	L.SetFuncs(t, map[string]lua.LGFunction{"pack": pack, "unpack": unpack, "size": size})
	return t
}

// reader reads a format.
type reader struct {
	L      *lua.LState
	meter  *host.Meter
	fn     string
	format string
	at     int

	big   bool
	align int
}

func newReader(L *lua.LState, fn string) *reader {
	return &reader{L: L, meter: host.Of(L), fn: fn, format: host.String(L, 1, fn), align: 1}
}

// next returns the next option that stands for something, its size, and the bytes
// in front of it at pos; ok is false at the end of the format.
func (r *reader) next(pos int) (opt byte, size, padding int, ok bool) {
	for r.at < len(r.format) && r.format[r.at] != 0 {
		r.meter.Step(r.L, 1)
		opt = r.format[r.at]
		r.at++
		switch opt {
		case ' ':
		case '>':
			r.big = true
		case '<':
			r.big = false
		case '!':
			n := r.number(defaultAlign)
			if n == 0 || n&(n-1) != 0 {
				r.L.RaiseError("alignment %d is not a power of 2", n)
			}
			r.align = n
		default:
			size = r.size(opt)
			return opt, size, r.padding(opt, size, pos), true
		}
	}
	return 0, 0, 0, false
}

// number returns the number that stands next in the format, or def.
func (r *reader) number(def int) int {
	n, digits := 0, 0
	for r.at < len(r.format) && r.format[r.at]-'0' <= 9 {
		if n = n*10 + int(r.format[r.at]-'0'); n > 1<<31-1 {
			r.L.RaiseError("integral size overflow")
		}
		r.at++
		digits++
	}
	if digits == 0 {
		return def
	}
	return n
}

// size returns the bytes of an option, 0 for s and c0.
func (r *reader) size(opt byte) int {
	switch opt {
	case 'b', 'B', 'x':
		return 1
	case 'h', 'H':
		return 2
	case 'f':
		return 4
	case 'l', 'L', 'T', 'd':
		return 8
	case 's':
		return 0
	case 'c':
		return r.number(1)
	case 'i', 'I':
		n := r.number(4)
		if n > maxInteger {
			r.L.RaiseError("integral size %d is larger than limit of %d", n, maxInteger)
		}
		return n
	}
	host.ArgError(r.L, 1, r.fn, "invalid format option '"+string(rune(opt))+"'")
	return 0
}

// padding returns the bytes that bring pos to where an option of that size starts.
func (r *reader) padding(opt byte, size, pos int) int {
	if size == 0 || opt == 'c' {
		return 0
	}
	size = min(size, r.align)
	return (size - pos&(size-1)) & (size - 1)
}

func size(L *lua.LState) int {
	r := newReader(L, "size")
	total := 0
	for {
		opt, n, padding, ok := r.next(total)
		switch {
		case !ok:
			L.Push(lua.LNumber(total))
			return 1
		case opt == 's':
			host.ArgError(L, 1, r.fn, "option 's' has no fixed size")
		case opt == 'c' && n == 0:
			host.ArgError(L, 1, r.fn, "option 'c0' has no fixed size")
		}
		total += padding + n
	}
}
