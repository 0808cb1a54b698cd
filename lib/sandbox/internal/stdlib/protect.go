package stdlib

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/machine"
)

// catcher is pcall and xpcall of one state.
type catcher struct {
	explain lua.LGFunction
	onError *lua.LFunction

	// guards are the protected calls that run, innermost last. A thread can't be
	// suspended inside one, so they end in that order whatever threads they are of.
	guards []guard
}

type guard struct {
	base    int        // the register of the function that is protected
	handler lua.LValue // of xpcall; nil: pcall
}

func newCatcher(L *lua.LState, explain lua.LGFunction) *catcher {
	c := &catcher{explain: explain}
	c.onError = L.NewFunction(c.caught)
	return c
}

func (c *catcher) pcall(L *lua.LState) int {
	needAny(L, 1, "pcall")
	return c.protect(L, nil)
}

func (c *catcher) xpcall(L *lua.LState) int {
	handler := needAny(L, 2, "xpcall")
	L.SetTop(1)
	return c.protect(L, handler)
}

// errorCost is how many instructions' worth it takes to catch an error.
const errorCost = 32

// protect calls what is on the stack of L and pushes whether that went well and the
// results, or the error.
func (c *catcher) protect(L *lua.LState, handler lua.LValue) int {
	if v := L.Get(1); !callable(L, v) {
		L.Replace(1, L.NewFunction(func(L *lua.LState) int {
			L.Error(lua.LString("attempt to call a "+v.Type().String()+" value"), 0)
			return 0
		}))
	}
	depth := len(c.guards)
	base := machine.Register(L, 1)
	c.guards = append(c.guards, guard{base, handler})
	keep := machine.KeepUpvalues(L, true)
	err := L.PCall(L.GetTop()-1, lua.MultRet, c.onError)
	machine.KeepUpvalues(L, keep)
	c.guards = c.guards[:depth]
	if err == nil {
		L.Insert(yes, 1)
		return L.GetTop()
	}
	machine.CloseUpvalues(L, base)
	if m := host.Of(L); m.Over() == "" {
		m.Step(L, cost(L, err))
	}
	L.SetTop(0)
	L.Push(no)
	L.Push(object(err))
	return 2
}

// cost returns how many instructions' worth it took to catch err. Where the stack was too
// full for the handler, the machine has noted all that is on it, and for each call goes
// through those above it.
func cost(L *lua.LState, err error) int {
	var api *lua.ApiError
	if errors.As(err, &api) && api.StackTrace != "" {
		n := L.Options.CallStackSize
		return errorCost + n*n/16
	}
	return errorCost
}

func callable(L *lua.LState, v lua.LValue) bool {
	if _, ok := v.(*lua.LFunction); ok {
		return true
	}
	_, ok := L.GetMetaField(v, "__call").(*lua.LFunction)
	return ok
}

func object(err error) lua.LValue {
	var api *lua.ApiError
	if errors.As(err, &api) && api.Object != nil {
		return api.Object
	}
	return lua.LString(err.Error())
}

// caught is called where an error was raised, by the function above it on the stack, all of
// which is there still. It returns what is caught.
func (c *catcher) caught(L *lua.LState) int {
	machine.KeepUpvalues(L, true)
	g := c.guards[len(c.guards)-1]
	if c.explain != nil {
		if n := c.explain(L); n > 0 {
			v := L.Get(-1)
			L.SetTop(0)
			L.Push(v)
		}
	}
	if g.handler != nil {
		c.handle(L, g.handler)
	}
	machine.CloseUpvalues(L, g.base)
	return 1
}

// handle replaces the error on the stack by what handler makes of it. What a limit has ended
// stays as it is: the handler could not run.
func (c *catcher) handle(L *lua.LState, handler lua.LValue) {
	v := L.Get(-1)
	L.SetTop(0)
	if host.Of(L).Over() == "" {
		L.Push(handler)
		L.Push(v)
		c.guards = append(c.guards, guard{machine.Register(L, 1), nil})
		err := L.PCall(1, 1, c.onError)
		c.guards = c.guards[:len(c.guards)-1]
		machine.KeepUpvalues(L, true)
		switch {
		case err == nil:
			return
		case host.Of(L).Over() == "":
			v = lua.LString("error in error handling")
		default:
			v = object(err)
		}
	}
	L.SetTop(0)
	L.Push(v)
}
