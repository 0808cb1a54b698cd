// Package machine is what this project knows of its Lua virtual machine, gopher-lua,
// beyond its interface: where things stand in memory. It is what it takes to hold the
// limits that the machine does not know of, to mend faults that scripts would suffer
// from, and to make tables in one go.
//
// The version of the machine is fixed in go.mod. A test compares each layout here with
// the machine's own, so that a new version that differs is seen before it runs.
package machine

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// Table is lua.LTable with its fields in reach.
type Table struct {
	Metatable lua.LValue

	Array   []lua.LValue
	Dict    map[lua.LValue]lua.LValue
	Strdict map[string]lua.LValue
	Keys    []lua.LValue // of both maps, in the order in which they came, with those deleted
	K2i     map[lua.LValue]int
}

// Inside returns the inside of t.
func Inside(t *lua.LTable) *Table { return (*Table)(unsafe.Pointer(t)) }

// Outside is the way back.
func Outside(t *Table) *lua.LTable { return (*lua.LTable)(unsafe.Pointer(t)) }

// Frame is a call that is under way.
type Frame struct {
	Idx        int
	Fn         *lua.LFunction
	Parent     *Frame
	Pc         int // of the next instruction
	Base       int
	LocalBase  int // the register that the function counts from
	ReturnBase int
	NArgs      int
	NRet       int
	TailCall   int
}

// FrameOf returns the frame that dbg is about.
func FrameOf(dbg *lua.Debug) *Frame { return *(**Frame)(unsafe.Pointer(dbg)) }

// Running returns where L has the frame of the function that runs.
func Running(L *lua.LState) **Frame { return (**Frame)(unsafe.Add(unsafe.Pointer(L), frameOffset)) }

// registry is the layout of what holds the registers.
type registry struct {
	array []lua.LValue
	top   int
}

// Registers returns the registers of L. They move when the stack grows.
func Registers(L *lua.LState) []lua.LValue {
	return (*(**registry)(unsafe.Add(unsafe.Pointer(L), registryOffset))).array
}

// Where fields of lua.LState are.
var (
	frameOffset    = offset("currentFrame")
	registryOffset = offset("reg")
	loopOffset     = offset("mainLoop")
	errFuncOffset  = offset("hasErrorFunc")
	uvcacheOffset  = offset("uvcache")
)

func offset(field string) uintptr {
	f, ok := reflect.TypeFor[lua.LState]().FieldByName(field)
	if !ok {
		panic("machine: another version of gopher-lua")
	}
	return f.Offset
}

// Where an error is raised, the machine closes the upvalues of all functions that run,
// also of those that go on after a pcall: their locals and the closures that share them
// part company. It does not where an error handler is set, but then it closes none.

// KeepUpvalues says whether errors leave upvalues open, and returns what was before.
func KeepUpvalues(L *lua.LState, keep bool) bool {
	p := (*bool)(unsafe.Add(unsafe.Pointer(L), errFuncOffset))
	old := *p
	*p = keep
	return old
}

// upvalue is the layout of lua.Upvalue. Open ones are in a list by register.
type upvalue struct {
	next   *upvalue
	reg    unsafe.Pointer
	index  int
	value  lua.LValue
	closed bool
}

// CloseUpvalues closes those whose register is idx or higher. One that has no value any
// more, because the stack was too full for the handler that closes it, is nil.
func CloseUpvalues(L *lua.LState, idx int) {
	at := (**upvalue)(unsafe.Add(unsafe.Pointer(L), uvcacheOffset))
	for *at != nil && (*at).index < idx {
		at = &(*at).next
	}
	for u := *at; u != nil; u = u.next {
		open := (*lua.Upvalue)(unsafe.Pointer(u))
		open.Close()
		if open.Value() == nil {
			open.SetValue(lua.LNil)
		}
	}
	*at = nil
}

// Register returns the register of a stack index.
//
//go:linkname Register github.com/yuin/gopher-lua.(*LState).indexToReg
func Register(L *lua.LState, idx int) int
