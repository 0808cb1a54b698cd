package machine

import (
	"slices"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// slack is how many places for nothing an array may have at least.
const slack = 64

// Trim takes what is nil off the end of the array of t, and returns how much that was.
// What is left is the length of t.
func (t *Table) Trim() int {
	n := len(t.Array)
	for n > 0 && t.Array[n-1] == lua.LNil {
		n--
	}
	gone := len(t.Array) - n
	if gone == 0 {
		return 0
	}
	t.Array = t.Array[:n]
	if cap(t.Array) > 2*n+slack {
		t.Array = slices.Clip(slices.Clone(t.Array))
	}
	return gone
}

// Top returns the first register of L that is not in use.
func Top(L *lua.LState) int {
	return (*(**registry)(unsafe.Add(unsafe.Pointer(L), registryOffset))).top
}
