package lpeg

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// Re is `require "re"`.
var Re = host.Module{Name: "re", Open: func(L *lua.LState) lua.LValue { return L.NewTable() }}
