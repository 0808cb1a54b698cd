// Package hyperloglog is the module hyperloglog of sandboxes: how many different
// keys there are, within 1 % or so, in 12 KiB.
//
//	h = hyperloglog.new()
//	h:add(key)                    whether that changed anything
//	h:count()                     how many different keys were added, about
//	h:merge(other, ...)           adds what others have; returns h
//	h:clear()
//	hyperloglog.count(h, ...)     how many different keys several have together
//
// Keys are strings and numbers. Hash, registers and estimate are those of Redis,
// as in Mozilla's hyperloglog, so that a state of it can be taken over. The state,
// which is also what tostring(h) returns, has 12304 bytes:
//
//	+--------+-----------+----------------+-----------------------------+
//	| "HYLL" | 4 zeros   | count          | 16384 registers of 6 bits   |
//	| 4      | 4         | 8, not read    | 12288                       |
//	+--------+-----------+----------------+-----------------------------+
package hyperloglog

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/sketch"
)

// Module is `require "hyperloglog"`.
var Module = host.Module{Name: "hyperloglog", Open: open}

const (
	typeName   = "mozsvc.hyperloglog"
	wrongCount = "incorrect number of arguments"

	// walkSteps is what looking at all registers costs.
	walkSteps = registers / 16
)

// counter is a userdata's value.
type counter struct{ registerSet }

func open(L *lua.LState) lua.LValue {
	class := sketch.NewClass(L, map[string]lua.LGFunction{
		"add": add, "count": count, "merge": merge, "clear": clearAll, "fromstring": fromString,
		"__tostring": toString,
	})
	t := L.NewTable()
	L.SetFuncs(t, map[string]lua.LGFunction{
		"new": func(L *lua.LState) int {
			arguments(L, 0, "new")
			host.Of(L).Alloc(L, stateBytes)
			class.Push(L, &counter{})
			return 1
		},
		"count":   countAll,
		"version": sketch.Version("1.0.1"),
	})
	return t
}

// arguments ends the call unless it has n arguments.
func arguments(L *lua.LState, n int, fn string) {
	if top := L.GetTop(); top != n {
		host.ArgError(L, top, fn, wrongCount)
	}
}

// self returns argument n, a sketch.
func self(L *lua.LState, n int, fn string) *counter {
	return host.Self[*counter](L, n, fn, typeName)
}

func add(L *lua.LState) int {
	const fn = ":add"
	arguments(L, 2, fn)
	s := self(L, 1, fn)
	var scratch [8]byte
	key := sketch.Key(L, 2, fn, &scratch)
	host.Of(L).Step(L, len(key)/64)
	L.Push(lua.LBool(s.add(murmur(key))))
	return 1
}

func count(L *lua.LState) int {
	const fn = ":count"
	arguments(L, 1, fn)
	s := self(L, 1, fn)
	if !s.counted {
		host.Of(L).Step(L, walkSteps)
	}
	L.Push(lua.LNumber(s.estimate()))
	return 1
}

// countAll is count(h, ...) of the module.
func countAll(L *lua.LState) int {
	const fn = "count"
	top := L.GetTop()
	if top == 0 {
		host.ArgError(L, 0, fn, wrongCount)
	}
	var all counter
	for i := 1; i <= top; i++ {
		s := self(L, i, fn)
		host.Of(L).Step(L, walkSteps)
		all.merge(&s.registerSet)
	}
	L.Push(lua.LNumber(all.estimate()))
	return 1
}

func merge(L *lua.LState) int {
	const fn = ":merge"
	top := L.GetTop()
	if top < 2 {
		host.ArgError(L, top, fn, wrongCount)
	}
	s := self(L, 1, fn)
	for i := 2; i <= top; i++ {
		self(L, i, fn)
	}
	for i := 2; i <= top; i++ {
		host.Of(L).Step(L, walkSteps)
		s.registerSet.merge(&self(L, i, fn).registerSet)
	}
	L.Push(L.Get(1))
	return 1
}

func clearAll(L *lua.LState) int {
	arguments(L, 1, ":clear")
	s := self(L, 1, ":clear")
	host.Of(L).Step(L, dataBytes/64)
	s.registerSet = registerSet{}
	return 0
}

func fromString(L *lua.LState) int {
	const fn = ":fromstring"
	arguments(L, 2, fn)
	s := self(L, 1, fn)
	var state [stateBytes]byte
	sketch.Restore(L, state[:], host.String(L, 2, fn))
	copy(s.data[:], state[headBytes:])
	s.counted = false
	return 0
}

func toString(L *lua.LState) int {
	s := self(L, 1, ":tostring")
	host.Of(L).Alloc(L, stateBytes)
	L.Push(lua.LString(s.state()))
	return 1
}

// state returns the bytes that fromstring takes. The count in them is said to be
// stale, so that another reader counts, too.
func (s *counter) state() []byte {
	b := make([]byte, headBytes, stateBytes)
	copy(b, "HYLL")
	b[headBytes-1] = 1 << 7
	return append(b, s.data[:]...)
}

// AppendPayload implements host.Payload: the bytes are the state.
func (s *counter) AppendPayload(dst []byte) []byte { return append(dst, s.state()...) }

// LeastPayload is the length of AppendPayload's bytes.
func (s *counter) LeastPayload() int { return stateBytes }

// AppendState implements host.Keeper.
func (s *counter) AppendState(dst []byte, name string) []byte {
	dst = sketch.AppendNew(dst, name, "hyperloglog.new()")
	dst = append(dst, name+":fromstring("...)
	return append(sketch.AppendText(dst, s.state()), ")\n"...)
}

// Size implements host.Sized.
func (s *counter) Size() int { return stateBytes }
