// Package stdlib is Lua 5.1's base, string, table, math and os libraries as
// sandboxes have them.
//
// What they do, and the texts of their errors, are those of Lua 5.1. What is added
// is that each tells the meter of the state (package host) what it does: a pattern
// that backtracks for ever, a string of a terabyte, a table that is sorted with a
// comparison that answers at random all end with the error of the limit.
//
// Base puts the base functions into the globals of a state. String, Table, Math and
// Os are modules that the host's require opens: as in Heka they are no globals, and
// strings have no methods, before that. Concat is the function that `..` is to be
// compiled to. Collect is to be called from time to time between calls of a script.
//
// What is not there: load, loadstring, loadfile, dofile, module, require, package,
// and of os execute, exit, remove, rename, setlocale and tmpname.
package stdlib

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// Options say which base functions there are. The zero value is what filters,
// decoders and encoders have.
type Options struct {
	// Coroutine adds the table coroutine. Its threads count on the meter of the state.
	Coroutine bool

	// GC adds collectgarbage, gcinfo and newproxy. Nothing is collected by them: they
	// tell what is alive.
	GC bool

	// Print, if not nil, adds print and gets the lines it makes, without the newline.
	Print func(line string)

	// Explain, if not nil, is called where an error was raised that pcall or xpcall is
	// about to catch, with the error as its one argument. It pushes what is caught in its
	// place. It is called as the handler of a protected call is: level 1 is the function
	// that raised the error.
	Explain lua.LGFunction
}

// Base puts the base functions into the globals of L.
func Base(L *lua.LState, o Options) {
	g, ok := L.Get(lua.GlobalsIndex).(*lua.LTable)
	if !ok {
		return
	}
	g.RawSetString("_G", g)
	g.RawSetString("_VERSION", lua.LString("Lua 5.1"))
	install(L, g, functions{
		"assert": assert, "error": raiseError, "getfenv": getfenv, "setfenv": setfenv,
		"getmetatable": getmetatable, "setmetatable": setmetatable, "next": next,
		"rawequal": rawequal, "rawget": rawget, "rawset": rawset, "select": selectArgs,
		"tonumber": tonumber, "tostring": tostring, "type": typeOf, "unpack": unpack,
	})
	step, _ := g.RawGetString("next").(*lua.LFunction)
	g.RawSetString("pairs", L.NewFunction(func(L *lua.LState) int { return pairs(L, step) }))
	index := L.NewFunction(nextIndex)
	g.RawSetString("ipairs", L.NewFunction(func(L *lua.LState) int { return ipairs(L, index) }))
	c := newCatcher(L, o.Explain)
	install(L, g, functions{"pcall": c.pcall, "xpcall": c.xpcall})
	if o.Coroutine {
		g.RawSetString("coroutine", openCoroutine(L))
	}
	if o.GC {
		install(L, g, functions{"collectgarbage": collectgarbage, "gcinfo": gcinfo, "newproxy": newproxy})

	}
	if o.Print != nil {
		g.RawSetString("print", L.NewFunction(func(L *lua.LState) int { return printArgs(L, o.Print) }))
	}
}

// The modules. Opening String gives strings their methods.
var (
	String = host.Module{Name: "string", Open: openString}
	Table  = host.Module{Name: "table", Open: openTable}
	Math   = host.Module{Name: "math", Open: openMath}
	Os     = host.Module{Name: "os", Open: func(L *lua.LState) lua.LValue { return openOs(L, false) }}

	// OsEnv is Os with getenv, for inputs and outputs.
	OsEnv = host.Module{Name: "os", Open: func(L *lua.LState) lua.LValue { return openOs(L, true) }}
)

type functions map[string]lua.LGFunction

// install puts functions into a table.
func install(L *lua.LState, t *lua.LTable, all functions) {
	for name, f := range all {
		t.RawSetString(name, L.NewFunction(f))
	}
}
