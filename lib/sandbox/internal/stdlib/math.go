package stdlib

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

func openMath(L *lua.LState) lua.LValue {
	t := L.CreateTable(0, 32)
	t.RawSetString("pi", lua.LNumber(math.Pi))
	t.RawSetString("huge", lua.LNumber(math.Inf(1)))
	for name, f := range map[string]func(float64) float64{
		"abs": math.Abs, "acos": math.Acos, "asin": math.Asin, "atan": math.Atan,
		"ceil": math.Ceil, "cos": math.Cos, "cosh": math.Cosh, "exp": math.Exp,
		"floor": math.Floor, "log": math.Log, "log10": math.Log10, "sin": math.Sin,
		"sinh": math.Sinh, "sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh,
		"deg": func(x float64) float64 { return x / (math.Pi / 180) },
		"rad": func(x float64) float64 { return x * (math.Pi / 180) },
	} {
		t.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			return push(L, number(f(numberArg(L, 1, name))))
		}))
	}
	for name, f := range map[string]func(x, y float64) float64{
		"atan2": math.Atan2, "fmod": math.Mod, "mod": math.Mod, "pow": math.Pow,
	} {
		t.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			x := numberArg(L, 1, name)
			return push(L, number(f(x, numberArg(L, 2, name))))
		}))
	}
	r := &dice{}
	r.seed(1)
	install(L, t, functions{
		"frexp": frexp, "ldexp": ldexp, "max": maximum, "min": minimum, "modf": modf,
		"random": r.random, "randomseed": r.randomseed,
	})
	return t
}

func frexp(L *lua.LState) int {
	m, e := math.Frexp(numberArg(L, 1, "frexp"))
	L.Push(number(m))
	L.Push(number(float64(e)))
	return 2
}

func ldexp(L *lua.LState) int {
	m := numberArg(L, 1, "ldexp")
	return push(L, number(math.Ldexp(m, cInt(L, 2, "ldexp"))))
}

func modf(L *lua.LState) int {
	f := numberArg(L, 1, "modf")
	whole, part := math.Trunc(f), 0.0
	if !math.IsInf(f, 0) {
		part = f - whole
	}
	L.Push(number(whole))
	L.Push(number(math.Copysign(part, f)))
	return 2
}

func maximum(L *lua.LState) int {
	r := numberArg(L, 1, "max")
	for i := 2; i <= L.GetTop(); i++ {
		if f := numberArg(L, i, "max"); f > r {
			r = f
		}
	}
	return push(L, number(r))
}

func minimum(L *lua.LState) int {
	r := numberArg(L, 1, "min")
	for i := 2; i <= L.GetTop(); i++ {
		if f := numberArg(L, i, "min"); f < r {
			r = f
		}
	}
	return push(L, number(r))
}

// dice are the random numbers of one state. Without a seed they are always the same.
type dice struct{ source *rand.Rand }

func (d *dice) seed(n int) { d.source = rand.New(rand.NewPCG(uint64(n), 0)) }

func (d *dice) randomseed(L *lua.LState) int {
	d.seed(cInt(L, 1, "randomseed"))
	return 0
}

func (d *dice) random(L *lua.LState) int {
	r := d.source.Float64()
	switch L.GetTop() {
	case 0:
		return push(L, number(r))
	case 1:
		high := cInt(L, 1, "random")
		if high < 1 {
			host.ArgError(L, 1, "random", "interval is empty")
		}
		return push(L, number(math.Floor(r*float64(high))+1))
	case 2:
		low, high := cInt(L, 1, "random"), cInt(L, 2, "random")
		if low > high {
			host.ArgError(L, 2, "random", "interval is empty")
		}
		return push(L, number(math.Floor(r*float64(high-low+1))+float64(low)))
	}
	L.RaiseError("wrong number of arguments")
	return 0
}
