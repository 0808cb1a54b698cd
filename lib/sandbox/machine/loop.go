package machine

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// A Loop runs the function whose frame was pushed last, until base has returned or the
// coroutine yields. The machine's own loop with a context asks it for a channel before
// each instruction, and looks whether that is closed: a third of what scripts take.
//
//	running := Running(L)
//	if (*running).Fn.IsG {
//		CallGo(L, false)
//		return
//	}
//	for {
//		f := *running
//		inst := f.Fn.Proto.Code[f.Pc]
//		f.Pc++
//		if Execute(L, inst, base) {
//			return
//		}
//	}
type Loop func(L *lua.LState, base *Frame)

// SetLoop makes loop that of L, until SetContext is called.
func SetLoop(L *lua.LState, loop Loop) {
	*(*Loop)(unsafe.Add(unsafe.Pointer(L), loopOffset)) = loop
}

// CallGo runs a function of Go whose frame was pushed.
//
//go:linkname CallGo github.com/yuin/gopher-lua.callGFunction
func CallGo(L *lua.LState, tail bool) bool

// Execute executes an instruction, and reports whether the loop is over.
func Execute(L *lua.LState, inst uint32, base *Frame) bool {
	return operations[inst>>26](L, inst, base) == 1
}

// operations are the machine's, by opcode. They are never changed.
//
//go:linkname operations github.com/yuin/gopher-lua.jumpTable
var operations [lua.OP_NOP + 1]func(*lua.LState, uint32, *Frame) int
