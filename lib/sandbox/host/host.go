// Package host is what the libraries of a sandbox know of the sandbox: its
// meter, the arguments of a call, the text of numbers, and objects that can be
// put into payloads and kept over a restart.
//
// A library in Go is a function that the Lua machine sees as one instruction.
// So it tells the meter what it does: Step for work that grows with its input,
// Alloc before it makes something large. Both end the call with the sandbox's
// error when the budget is used up, and nothing in Lua can catch that for long:
// a meter that has run out stays so until the next call from outside.
package host

import lua "github.com/yuin/gopher-lua"

// A Module is a library that `require` finds by name, written in Go.
type Module struct {
	Name string // as in require "cjson"

	// Open returns what require returns; it is called once for each state that
	// asks for the module.
	Open func(L *lua.LState) lua.LValue
}

// Payload is implemented by values of userdata that add_to_payload and
// inject_payload take: what they append is their text.
type Payload interface {
	AppendPayload(dst []byte) []byte

	// LeastPayload returns a length that the text has at least: it is not made if that
	// is too much already.
	LeastPayload() int
}

// Keeper is implemented by values of userdata that are kept over a restart.
type Keeper interface {
	// AppendState appends Lua statements that make the value again in the variable
	// that name is an expression of, such as `_G["cb"]`. Heka's form is
	//
	//	if _G["cb"] == nil then _G["cb"] = circular_buffer.new(3, 3, 1) end
	//	_G["cb"]:fromstring("...")
	AppendState(dst []byte, name string) []byte
}

// Sized is implemented by values of userdata that hold memory of their own.
type Sized interface {
	// Size returns the bytes the value holds.
	Size() int
}
