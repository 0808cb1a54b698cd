package machine

import lua "github.com/yuin/gopher-lua"

// MaxArray is the first whole number that a table has among its other keys instead of
// in its array. The machine keeps all below it in the array, up to the largest that was
// ever a key: t[id] = true with large ids takes no gigabyte, and what it takes for small
// ones is bounded.
const MaxArray = 1 << 16

// The machine has this bound in a variable, for all states of the process.
var _ = setMaxArray()

func setMaxArray() struct{} {
	lua.MaxArrayIndex = MaxArray
	return struct{}{}
}

// Len returns the length of t, whose array ends in no nil: an n such that t[n] is not nil
// and t[n+1] is. It finds one as Lua 5.1 does where the array goes on among the keys.
func (t *Table) Len() int {
	n := len(t.Array)
	if n < MaxArray-1 || !t.has(n+1) {
		return n
	}
	i, j := n+1, 2*n
	for t.has(j) {
		i, j = j, 2*j
	}
	for j-i > 1 {
		if mid := i + (j-i)/2; t.has(mid) {
			i = mid
		} else {
			j = mid
		}
	}
	return i
}

func (t *Table) has(key int) bool {
	v, ok := t.Dict[lua.LNumber(key)]
	return ok && v != lua.LNil
}

// Beyond reports whether t goes on behind its array.
func (t *Table) Beyond() bool { return len(t.Array) >= MaxArray-1 && len(t.Dict) > 0 }

// At returns t[i] without metamethods, wherever t has it.
func At(t *lua.LTable, i int) lua.LValue {
	if i >= 1 && i < MaxArray {
		return t.RawGetInt(i)
	}
	return t.RawGet(lua.LNumber(i))
}
