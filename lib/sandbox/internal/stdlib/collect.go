package stdlib

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// Collect gives back what tables hold of keys that were deleted: the machine itself never
// does. It visits all that can be reached from the globals, and takes as long as there
// is of it. No Lua function may be running, or a traversal could lose its place.
func Collect(L *lua.LState) {
	c := collector{seen: map[any]struct{}{}}
	c.visit(L)
	c.visit(L.G.Registry)
	c.visit(L.G.Global)
	for len(c.todo) > 0 {
		v := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.inside(v)
	}
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
		inside(v).compact()
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
func (t *table) compact() {
	used := len(t.array)
	for used > 0 && t.array[used-1] == lua.LNil {
		used--
	}
	if cap(t.array) > 2*used+slack {
		t.array = slices.Clip(slices.Clone(t.array[:used]))
	}
	live := len(t.strdict) + len(t.dict)
	if len(t.keys) <= 2*live+slack {
		return
	}
	keys := make([]lua.LValue, 0, live)
	k2i := make(map[lua.LValue]int, live)
	texts, others := map[string]lua.LValue{}, map[lua.LValue]lua.LValue{}
	for _, k := range t.keys {
		if s, ok := k.(lua.LString); ok {
			if v, ok := t.strdict[string(s)]; ok {
				texts[string(s)] = v
				k2i[k], keys = len(keys), append(keys, k)
			}
		} else if v, ok := t.dict[k]; ok {
			others[k] = v
			k2i[k], keys = len(keys), append(keys, k)
		}
	}
	t.keys, t.k2i, t.strdict, t.dict = keys, k2i, texts, others
}
