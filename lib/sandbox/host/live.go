package host

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/machine"
)

// Sizes as of Lua 5.1 on 64 bits, so that a limit means what it meant there.
const (
	tableSize   = 64
	arraySlot   = 16
	hashSlot    = 40
	stringSize  = 24
	closureSize = 40
	valueSize   = 16
	threadSize  = 1024
)

// Live returns how many bytes are alive in the states that hang on L, as Lua 5.1
// would count them. It stops counting at enough, and returns what it has by then.
func Live(L *lua.LState, enough int) int {
	w := walker{enough: enough, seen: map[unsafe.Pointer]struct{}{}}
	w.state(L)
	w.value(L.G.Registry)
	w.value(L.G.Global)
	for len(w.todo) > 0 && w.n <= w.enough {
		v := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.contents(v)
	}
	return w.n
}

// walker counts values, each object once.
type walker struct {
	n, enough int
	seen      map[unsafe.Pointer]struct{}
	todo      []lua.LValue
}

// first reports whether p was not seen before.
func (w *walker) first(p unsafe.Pointer) bool {
	if _, ok := w.seen[p]; ok || p == nil {
		return false
	}
	w.seen[p] = struct{}{}
	return true
}

// value notes v, and what it holds for later.
func (w *walker) value(v lua.LValue) {
	switch v := v.(type) {
	case lua.LString:
		w.text(string(v))
	case *lua.LTable:
		if v != nil && w.first(unsafe.Pointer(v)) {
			w.todo = append(w.todo, v)
		}
	case *lua.LFunction:
		if v != nil && w.first(unsafe.Pointer(v)) {
			w.todo = append(w.todo, v)
		}
	case *lua.LUserData:
		if v != nil && w.first(unsafe.Pointer(v)) {
			w.todo = append(w.todo, v)
		}
	case *lua.LState:
		if v != nil && w.first(unsafe.Pointer(v)) {
			w.todo = append(w.todo, v)
		}
	}
}

// longText is the length from which on texts that share bytes are counted once.
const longText = 128

func (w *walker) text(s string) {
	if len(s) < longText || w.first(unsafe.Pointer(unsafe.StringData(s))) {
		w.n += stringSize + len(s)
	}
}

// contents counts v and notes what it holds.
func (w *walker) contents(v lua.LValue) {
	switch v := v.(type) {
	case *lua.LTable:
		w.table(machine.Inside(v))
	case *lua.LFunction:
		w.n += closureSize
		w.value(v.Env)
		for _, u := range v.Upvalues {
			w.n += valueSize
			if u != nil {
				w.value(u.Value())
			}
		}
	case *lua.LUserData:
		w.n += closureSize
		w.value(v.Metatable)
		w.value(v.Env)
		if s, ok := v.Value.(Sized); ok {
			w.n += s.Size()
		}
	case *lua.LState:
		w.n += threadSize
		w.state(v)
	}
}

// table counts a table, the empty places of its array included.
func (w *walker) table(t *machine.Table) {
	w.n += tableSize + arraySlot*len(t.Array) + hashSlot*(len(t.Strdict)+len(t.Dict))
	w.value(t.Metatable)
	for _, v := range t.Array {
		if w.n > w.enough {
			return
		}
		w.value(v)
	}
	for k, v := range t.Strdict {
		if w.n > w.enough {
			return
		}
		w.text(k)
		w.value(v)
	}
	for k, v := range t.Dict {
		if w.n > w.enough {
			return
		}
		w.value(k)
		w.value(v)
	}
}

// state notes what is on the stack of L.
func (w *walker) state(L *lua.LState) {
	w.value(L.Env)
	for level := 0; w.n <= w.enough; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			return
		}
		if fn, err := L.GetInfo("f", dbg, lua.LNil); err == nil {
			w.value(fn)
		}
		for i := 1; ; i++ {
			name, v := L.GetLocal(dbg, i)
			if name == "" {
				break
			}
			w.n += valueSize
			if v != nil {
				w.value(v)
			}
		}
	}
}
