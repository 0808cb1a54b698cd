package stdlib

import (
	"slices"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/machine"
)

// Collect gives back what tables hold of keys that were deleted: the machine itself never
// does. It visits all that can be reached from the globals, and takes as long as there
// is of it. No Lua function may be running, or a traversal could lose its place.
//
// It returns how many objects there are.
func Collect(L *lua.LState) int {
	c := collector{seen: map[any]struct{}{}}
	c.visit(L)
	c.visit(L.G.Registry)
	c.visit(L.G.Global)
	for len(c.todo) > 0 {
		v := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.inside(v)
	}
	return len(c.seen)
}

// collector visits each object once.
type collector struct {
	seen map[any]struct{}
	todo []lua.LValue
}

func (c *collector) visit(v lua.LValue) {
	switch x := v.(type) {
	case *lua.LTable:
		if x == nil {
			return
		}
	case *lua.LFunction, *lua.LUserData, *lua.LState:
	default:
		return
	}
	if _, ok := c.seen[v]; !ok {
		c.seen[v] = struct{}{}
		c.todo = append(c.todo, v)
	}
}

func (c *collector) inside(v lua.LValue) {
	switch v := v.(type) {
	case *lua.LTable:
		compact(machine.Inside(v))
		c.visit(v.Metatable)
		v.ForEach(func(k, x lua.LValue) {
			c.visit(k)
			c.visit(x)
		})
	case *lua.LFunction:
		c.visit(v.Env)
		for _, u := range v.Upvalues {
			if u != nil {
				c.visit(u.Value())
			}
		}
	case *lua.LUserData:
		c.visit(v.Metatable)
		c.visit(v.Env)
	case *lua.LState:
		c.visit(v.Env)
	}
}

// slack is how many places for nothing a table may have at least.
const slack = 64

// compact leaves out the keys that are gone, and the nils at the end of the array,
// where these are most of what there is. The order of the others stays.
func compact(t *machine.Table) {
	used := len(t.Array)
	for used > 0 && t.Array[used-1] == lua.LNil {
		used--
	}
	if cap(t.Array) > 2*used+slack {
		t.Array = slices.Clip(slices.Clone(t.Array[:used]))
	}
	live := len(t.Strdict) + len(t.Dict)
	if len(t.Keys) <= 2*live+slack {
		return
	}
	keys := make([]lua.LValue, 0, live)
	k2i := make(map[lua.LValue]int, live)
	texts, others := map[string]lua.LValue{}, map[lua.LValue]lua.LValue{}
	for _, k := range t.Keys {
		if s, ok := k.(lua.LString); ok {
			if v, ok := t.Strdict[string(s)]; ok {
				texts[string(s)] = v
				k2i[k], keys = len(keys), append(keys, k)
			}
		} else if v, ok := t.Dict[k]; ok {
			others[k] = v
			k2i[k], keys = len(keys), append(keys, k)
		}
	}
	t.Keys, t.K2i, t.Strdict, t.Dict = keys, k2i, texts, others
}
