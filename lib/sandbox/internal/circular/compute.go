package circular

import (
	"math/bits"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/cbuf"
	"heka/lib/sandbox/host"
)

var functions = [...]cbuf.Function{
	cbuf.OfSum, cbuf.OfAvg, cbuf.OfStdDev, cbuf.OfMin, cbuf.OfMax, cbuf.OfVariance,
}

// compute is cb:compute(function, col [, start [, end]]): the value, and how many rows
// have a number.
func compute(L *lua.LState) int {
	const fn = ":compute"
	o := self(L, fn, 3)
	what := option(L, 2, fn, "", "sum", "avg", "sd", "min", "max", "variance")
	col := column(L, 3, fn, o)
	from, to := span(L, 4, fn, o)
	host.Of(L).Step(L, o.RowsBetween(from, to)/4)
	v, n, ok := o.Compute(functions[what], col, from, to)
	value(L, v, ok)
	L.Push(lua.LNumber(n))
	return 2
}

// mannWhitneyU is cb:mannwhitneyu(col, start_1, end_1, start_2, end_2
// [, use_continuity]): u and p, or nothing.
func mannWhitneyU(L *lua.LState) int {
	const fn = ":mannwhitneyu"
	o := self(L, fn, 6)
	top := L.GetTop()
	if top > 7 {
		host.ArgError(L, 0, fn, "too many arguments")
	}
	col := column(L, 2, fn, o)
	from1, to1 := moment(L, 3, fn), moment(L, 4, fn)
	if to1 < from1 {
		host.ArgError(L, 4, fn, "end_1 must be >= start_1")
	}
	from2, to2 := moment(L, 5, fn), moment(L, 6, fn)
	if to2 < from2 {
		host.ArgError(L, 6, fn, "end_2 must be >= start_2")
	}
	if to1 >= from2 && to2 >= from1 {
		host.ArgError(L, 4, fn, "ranges must not overlap")
	}
	continuity := true
	if top == 7 {
		b, ok := L.Get(7).(lua.LBool)
		if !ok {
			host.ArgError(L, 7, fn, "use_continuity must be a boolean")
		}
		continuity = bool(b)
	}
	n := o.RowsBetween(from1, to1) + o.RowsBetween(from2, to2)
	m := host.Of(L)
	m.Step(L, n*bits.Len(uint(n)))
	m.Alloc(L, n*24)
	u, p, ok := o.MannWhitneyU(col, from1, to1, from2, to2, continuity)
	if !ok {
		return 0
	}
	L.Push(lua.LNumber(u))
	L.Push(lua.LNumber(p))
	return 2
}
