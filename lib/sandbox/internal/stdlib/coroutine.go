package stdlib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// coroutines is the table coroutine of one state: the machine's threads with the meter of
// the state, and errors that are Lua's.
type coroutines struct {
	create, resume lua.LGFunction // the machine's
}

// yields makes coroutine.yield of the machine's, which neither can be the last call of a
// function nor give a certain number of results.
const yields = `local yield = ...
local function pass(...) return ... end
return function(...) return pass(yield(...)) end`

// maxThreads is how many threads may have resumed each other: each takes a piece of the
// stack of the one goroutine that all run on.
const maxThreads = 100

// threadSize is what a thread takes at least.
const threadSize = 4096

func openCoroutine(L *lua.LState) lua.LValue {
	// The machine's functions are only to be had by opening its library.
	scratch := lua.NewState(lua.Options{
		SkipOpenLibs: true, RegistrySize: 64, CallStackSize: 8, MinimizeStackMemory: true,
	})
	defer scratch.Close()
	lua.OpenCoroutine(scratch)
	theirs, _ := scratch.GetGlobal(lua.CoroutineLibName).(*lua.LTable)
	machine := func(name string) lua.LGFunction {
		return theirs.RawGetString(name).(*lua.LFunction).GFunction
	}
	c := &coroutines{create: machine("create"), resume: machine("resume")}
	t := L.CreateTable(0, 8)
	install(L, t, functions{
		"create": c.coCreate, "resume": c.coResume, "wrap": c.coWrap,
		"running": coRunning, "status": coStatus,
	})
	f, err := L.Load(strings.NewReader(yields), "=yield")
	if err != nil {
		panic(err) // it is the same each time
	}
	L.Push(f)
	L.Push(L.NewFunction(coYield))
	L.Call(1, 1)
	t.RawSetString("yield", L.Get(-1))
	L.Pop(1)
	return t
}

// thread makes a thread of argument 1 that has the meter of its maker, and stacks that begin small.
func (c *coroutines) thread(L *lua.LState, fn string) *lua.LState {
	f, ok := L.Get(1).(*lua.LFunction)
	if !ok || f.IsG {
		host.ArgError(L, 1, fn, "Lua function expected")
	}
	host.Of(L).Alloc(L, threadSize)
	opts := L.Options
	small := opts
	small.MinimizeStackMemory = true
	small.RegistrySize = min(128, opts.RegistrySize)
	small.RegistryMaxSize = max(opts.RegistryMaxSize, opts.RegistrySize)
	small.RegistryGrowStep = 128
	L.Options = small
	ctx := L.Context()
	if ctx != nil {
		L.RemoveContext() // or the thread gets a context around it, which asks it once only
	}
	L.SetTop(1)
	c.create(L)
	L.Options = opts
	th, _ := L.Get(-1).(*lua.LState)
	th.Options = opts
	if m, ok := ctx.(*host.Meter); ok {
		m.Attach(L)
		m.Attach(th)
	}
	return th
}

func (c *coroutines) coCreate(L *lua.LState) int {
	return push(L, c.thread(L, "create"))
}

// argument returns the thread that argument 1 is.
func argument(L *lua.LState, fn string) *lua.LState {
	th, ok := L.Get(1).(*lua.LState)
	if !ok {
		host.ArgError(L, 1, fn, "coroutine expected")
	}
	return th
}

func (c *coroutines) coResume(L *lua.LState) int {
	th := argument(L, "resume")
	if n, ok := c.run(L, th); ok {
		return n
	}
	v := L.Get(-1)
	L.SetTop(0)
	L.Push(no)
	L.Push(v)
	return 2
}

// run resumes th, which is argument 1, with the other arguments. It reports whether that
// went well; if not the error is on top of the stack.
func (c *coroutines) run(L, th *lua.LState) (int, bool) {
	if s := status(L, th); s != "suspended" {
		L.Push(lua.LString("cannot resume " + s + " coroutine"))
		return 1, false
	}
	depth := 0
	for p := L; p != nil; p = p.Parent {
		depth++
	}
	if depth >= maxThreads {
		L.Push(lua.LString("C stack overflow"))
		return 1, false
	}
	n := c.resume(L)
	return n, n > 0 && L.Get(-n) == yes
}

func (c *coroutines) coWrap(L *lua.LState) int {
	th := c.thread(L, "wrap")
	return push(L, L.NewFunction(func(L *lua.LState) int {
		L.Insert(th, 1)
		if n, ok := c.run(L, th); ok {
			return n - 1
		}
		v := L.Get(-1)
		if s, ok := v.(lua.LString); ok && host.Of(L).Over() == "" {
			v = lua.LString(where(L, 1) + string(s))
		}
		L.Error(v, 0)
		return 0
	}))
}

// coYield suspends the thread that runs. A function of the machine's or of ours that
// waits for what is above it can't be left standing.
func coYield(L *lua.LState) int {
	possible := L.Parent != nil
	for level := 1; possible; level++ {
		at, ok := L.GetStack(level)
		if !ok {
			break
		}
		if f, err := L.GetInfo("f", at, lua.LNil); err != nil {
			break
		} else if f, ok := f.(*lua.LFunction); ok && f.IsG {
			possible = false
		}
	}
	if !possible {
		L.Error(lua.LString("attempt to yield across metamethod/C-call boundary"), 0)
	}
	return -1
}

func coRunning(L *lua.LState) int {
	if L.Parent == nil {
		return push(L, lua.LNil)
	}
	return push(L, L)
}

func coStatus(L *lua.LState) int {
	return push(L, lua.LString(status(L, argument(L, "status"))))
}

func status(L, th *lua.LState) string {
	if th.Dead {
		return "dead"
	}
	if th == L {
		return "running"
	}
	for p := L.Parent; p != nil; p = p.Parent {
		if p == th {
			return "normal"
		}
	}
	return "suspended"
}
