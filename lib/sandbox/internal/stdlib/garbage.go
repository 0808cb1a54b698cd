package stdlib

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// collectgarbage answers as Lua does, and leaves the collecting to the machine.
func collectgarbage(L *lua.LState) int {
	switch what := host.OptString(L, 1, "collectgarbage", "collect"); what {
	case "collect", "stop", "restart":
		return push(L, numbers[0])
	case "step":
		return push(L, yes)
	case "setpause", "setstepmul":
		return push(L, numbers[200])
	case "count":
		return push(L, number(alive(L)/1024))
	default:
		host.ArgError(L, 1, "collectgarbage", "invalid option '"+what+"'")
		return 0
	}
}

func gcinfo(L *lua.LState) int { return push(L, number(math.Floor(alive(L)/1024))) }

// alive counts what is alive, which takes its time.
func alive(L *lua.LState) float64 {
	n := host.Live(L, math.MaxInt)
	host.Of(L).Step(L, n/64)
	return float64(n)
}

// proxy is the value of what newproxy makes.
type proxy struct{}

// newproxy makes an empty userdata with a metatable of its own, that of another proxy,
// or none.
func newproxy(L *lua.LState) int {
	u := L.NewUserData()
	u.Value = proxy{}
	switch v := L.Get(1).(type) {
	case *lua.LNilType:
		return push(L, u)
	case lua.LBool:
		if v {
			host.Of(L).Alloc(L, 128)
			u.Metatable = L.CreateTable(0, 0)
		}
		return push(L, u)
	case *lua.LUserData:
		if _, ok := v.Value.(proxy); ok {
			u.Metatable = v.Metatable
			return push(L, u)
		}
	}
	host.ArgError(L, 1, "newproxy", "boolean or proxy expected")
	return 0
}
