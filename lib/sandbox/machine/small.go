package machine

import lua "github.com/yuin/gopher-lua"

// Small gives t an array or a map of strings that begins small, if the key is the first of
// its sort: the machine makes room for 32 at once, which for tables of one field each is
// ten times what they count.
func (t *Table) Small(key lua.LValue) {
	switch key.(type) {
	case lua.LString:
		if t.Strdict == nil {
			t.Strdict = map[string]lua.LValue{}
		}
	case lua.LNumber:
		if t.Array == nil {
			t.Array = make([]lua.LValue, 0, 4)
		}
	}
}
