package sandbox

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// call calls the function that is on the stack below its nargs arguments, as LState.PCall
// does. It is the outermost call: what the machine throws past its own net, where even
// the handler of errors finds no room on the stack, is caught here.
func (s *Sandbox) call(nargs, nret int) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *lua.ApiError:
			err = r
		default:
			err = fmt.Errorf("%v", r)
		}
	}()
	return s.state.PCall(nargs, nret, s.explain.(*lua.LFunction))
}
