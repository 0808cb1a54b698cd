// Package sketch is what the probabilistic sets of sandboxes share: keys, objects
// with methods, and binary state as text of Lua.
package sketch

import (
	"encoding/binary"
	"math"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// Key returns argument n, a string or a number, as the bytes that are hashed: those
// of the string, or the 8 bytes of the number as a little-endian double, for which
// scratch is used. They are not to be changed, or kept.
func Key(L *lua.LState, n int, fn string, scratch *[8]byte) []byte {
	switch v := L.Get(n).(type) {
	case lua.LString:
		return unsafe.Slice(unsafe.StringData(string(v)), len(v))
	case lua.LNumber:
		binary.LittleEndian.PutUint64(scratch[:], math.Float64bits(float64(v)))
		return scratch[:]
	}
	host.ArgError(L, n, fn, "must be a string or number")
	return nil
}

// A Class makes objects that have the same methods.
type Class struct{ meta *lua.LTable }

// NewClass returns the class of the methods, which L's userdata will have.
func NewClass(L *lua.LState, methods map[string]lua.LGFunction) Class {
	meta := L.NewTable()
	meta.RawSetString("__index", meta)
	L.SetFuncs(meta, methods)
	return Class{meta}
}

// Push pushes an object of the class.
func (c Class) Push(L *lua.LState, value any) {
	u := L.NewUserData()
	u.Value, u.Metatable = value, c.meta
	L.Push(u)
}

// Version returns the function version() of a module.
func Version(text string) lua.LGFunction {
	return func(L *lua.LState) int {
		L.Push(lua.LString(text))
		return 1
	}
}

// Restore copies text, the argument of a method fromstring, to dst, which has its
// length.
func Restore(L *lua.LState, dst []byte, text string) {
	if len(text) != len(dst) {
		L.RaiseError("fromstring() bytes found: %d, expected %d", len(text), len(dst))
	}
	host.Of(L).Step(L, len(dst)/64)
	copy(dst, text)
}

// AppendText appends b as a string of Lua, in one line.
func AppendText(dst, b []byte) []byte {
	dst = append(dst, '"')
	for _, c := range b {
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case 0:
			dst = append(dst, `\000`...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// AppendNew appends the statement that makes an object where name has none, as
// call does.
func AppendNew(dst []byte, name, call string) []byte {
	return append(dst, "if "+name+" == nil then "+name+" = "+call+" end\n"...)
}
