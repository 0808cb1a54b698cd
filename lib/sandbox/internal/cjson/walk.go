package cjson

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/machine"
)

// length returns the length of t if it is an array, else 0: one with a key that
// is no whole number from 1 to 2^31-1, an empty one, and one that is sparse while those are
// turned into objects.
func (e *encoder) length(t *lua.LTable) int {
	most, items := 0.0, 0
	array := machine.Inside(t).Array
	e.meter.Step(e.L, len(array)/64)
	for i, v := range array {
		if v != lua.LNil && v != nil {
			items++
			most = float64(i + 1)
		}
	}
	whole := true
	note := func(k, _ lua.LValue) bool {
		n, ok := k.(lua.LNumber)
		whole = ok && n > 0 && n <= math.MaxInt32 && float64(n) == math.Floor(float64(n))
		if whole {
			most = max(most, float64(n))
			items++
		}
		return whole
	}
	e.eachKey(t, note)
	if !whole {
		return 0
	}
	if e.sparseRatio > 0 && most > float64(items)*float64(e.sparseRatio) &&
		most > float64(e.sparseSafe) {
		if !e.sparseConvert {
			e.fail(t, "excessively sparse array")
		}
		return 0
	}
	return int(most)
}

// each calls f for each pair of t, in the order in which the keys came, until f
// returns false. Looking at a key is charged.
func (e *encoder) each(t *lua.LTable, f func(k, v lua.LValue) bool) {
	for i, v := range machine.Inside(t).Array {
		if v != lua.LNil && v != nil && !f(lua.LNumber(i+1), v) {
			return
		}
	}
	e.eachKey(t, f)
}

// eachKey is each for the pairs that are not in the array of t.
func (e *encoder) eachKey(t *lua.LTable, f func(k, v lua.LValue) bool) {
	fs := machine.Inside(t)
	e.meter.Step(e.L, len(fs.Keys)/8)
	for _, k := range fs.Keys {
		var v lua.LValue
		var ok bool
		if name, isText := k.(lua.LString); isText {
			v, ok = fs.Strdict[string(name)]
		} else {
			v, ok = fs.Dict[k]
		}
		if ok && v != lua.LNil && !f(k, v) {
			return
		}
	}
}
