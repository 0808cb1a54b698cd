package host

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/machine"
)

// quick is a function that the loop calls by itself.
type quick struct {
	fn *lua.LFunction
	of func(arg lua.LValue) lua.LValue
}

// Quick has of called in place of fn, a function of Go, wherever a script calls that with
// one argument and wants one result: without the frame that a call has, which takes as
// long as many a function. of returns nil, not lua.LNil, where fn is to be called after
// all: for an argument of a wrong type, say. It raises no errors, since there is no frame
// that could say where, and calls nothing in Lua. There is one such function.
func (m *Meter) Quick(fn *lua.LFunction, of func(arg lua.LValue) lua.LValue) {
	m.quick = quick{fn, of}
}

// A call with one argument and one result, and where its instruction says so.
const (
	callMask uint32 = 0x3f<<26 | 0x3ffff
	callOne         = uint32(lua.OP_CALL)<<26 | 2<<9 | 2
)

// answer makes the call that inst is, if that can be done quickly.
func (m *Meter) answer(L *lua.LState, f *machine.Frame, inst uint32) bool {
	registers := machine.Registers(L)
	at := f.LocalBase + machine.A(inst)
	if fn, ok := registers[at].(*lua.LFunction); !ok || fn != m.quick.fn || fn == nil {
		return false
	}
	v := m.quick.of(registers[at+1])
	if v == nil {
		return false
	}
	registers[at] = v
	return true
}
