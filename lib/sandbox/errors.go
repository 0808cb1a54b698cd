package sandbox

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// failure makes the error of a call that prefix names, such as "process_message() ".
// err is nil where the script caught the error of a limit, and did nothing more.
func (s *Sandbox) failure(prefix string, err error) error {
	if s.broken != nil {
		return s.broken
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	var api *lua.ApiError
	if errors.As(err, &api) {
		if t, ok := api.Object.(lua.LString); ok {
			text = string(t)
		} else if api.Object != nil && api.Object != lua.LNil {
			text = "(error object is a " + api.Object.Type().String() + " value)"
		}
	}
	over := s.meter.Over()
	if over == "" {
		text = strings.Replace(text, "registry overflow", "stack overflow", 1) // no room to explain it
		return &Error{Text: prefix + text, Limit: strings.HasSuffix(text, host.NoOutput)}
	}
	where := ""
	if place, ok := strings.CutSuffix(text, ": "+over); ok {
		where = place
	}
	return &Error{Text: prefix + over, Where: where, Limit: true}
}

// explainError is the handler of errors: it is called where the error was raised,
// with the virtual machine's text, and returns Lua's.
func (s *Sandbox) explainError(L *lua.LState) int {
	text, ok := L.Get(1).(lua.LString)
	if !ok {
		return 1
	}
	place, what := cutPlace(string(text))
	if mended := mend(L, what); mended != "" {
		L.Push(lua.LString(place + mended))
		return 1
	}
	return 1
}

// cutPlace cuts "file.lua:22: " from the front of a text.
func cutPlace(text string) (place, what string) {
	for at := 0; ; {
		i := strings.Index(text[at:], ": ")
		if i < 0 {
			return "", text
		}
		at += i
		digits := at
		for digits > 0 && text[digits-1] >= '0' && text[digits-1] <= '9' {
			digits--
		}
		if digits < at && digits > 0 && text[digits-1] == ':' {
			return text[:at+2], text[at+2:]
		}
		at += 2
	}
}

// mend returns Lua's text for what the virtual machine says, which does not name the
// variable; empty if it stands as it is.
func mend(L *lua.LState, what string) string {
	at, ok := placeAt(L, 1)
	if !ok {
		return ""
	}
	switch {
	case strings.HasPrefix(what, "cannot perform "):
		return at.arithmetic(what)
	case strings.HasPrefix(what, "attempt to index a non-table object("):
		rest := strings.TrimPrefix(what, "attempt to index a non-table object(")
		typ, _, _ := strings.Cut(rest, ")")
		return "attempt to index " + at.thing(at.indexed(), typ)
	case what == "attempt to call a non-function object":
		return "attempt to call " + at.thing(at.a(), at.typeOf(at.a()))
	case what == "__unm undefined":
		return "attempt to perform arithmetic on " + at.thing(at.b(), at.typeOf(at.b()))
	case what == "__len undefined":
		return "attempt to get length of " + at.thing(at.b(), at.typeOf(at.b()))
	case strings.HasPrefix(what, "attempt to compare "):
		x, y, _ := strings.Cut(strings.TrimPrefix(what, "attempt to compare "), " with ")
		if x == y {
			return "attempt to compare two " + x + " values"
		}
	case strings.HasPrefix(what, "attempt to concatenate "):
		return at.concatenation(L)
	case strings.HasPrefix(what, "for statement "):
		return strings.NewReplacer("for statement init", "'for' initial value",
			"for statement", "'for'").Replace(what)
	case what == "registry overflow":
		return "stack overflow"
	}
	return ""
}

// thing names what an error is about: "global 'x' (a nil value)", or "a nil value".
func (f place) thing(reg int, typ string) string {
	if name := f.name(reg); name != "" {
		return name + " (a " + typ + " value)"
	}
	return "a " + typ + " value"
}

// arithmetic mends "cannot perform add operation between nil and number".
func (f place) arithmetic(what string) string {
	var op, x, y string
	if _, err := fmt.Sscanf(what, "cannot perform %s operation between %s and %s", &op, &x, &y); err != nil {
		return ""
	}
	reg, typ := f.rb(), x
	if f.isNumber(f.b(), x) {
		reg, typ = f.rc(), y
	}
	return "attempt to perform arithmetic on " + f.thing(reg, typ)
}

// isNumber reports whether operand rk, of type typ, can be reckoned with.
func (f place) isNumber(rk int, typ string) bool {
	if typ == "number" {
		return true
	}
	if typ != "string" {
		return false
	}
	v := f.value(rk)
	text, ok := v.(lua.LString)
	if !ok {
		return false
	}
	_, ok = host.ParseNumber(string(text))
	return ok
}

// concatenation mends "attempt to concatenate a nil value", which the function that
// concatenates has raised: f is that function's frame, and its caller has the names.
func (f place) concatenation(L *lua.LState) string {
	caller, ok := placeAt(L, 2)
	if !ok || caller.proto == nil {
		return ""
	}
	n := 0
	for {
		if name, _ := L.GetLocal(f.dbg, n+1); name == "" {
			break
		}
		n++
	}
	text := func(i int) bool {
		_, v := L.GetLocal(f.dbg, i)
		return v.Type() == lua.LTString || v.Type() == lua.LTNumber
	}
	for i := n - 1; i >= 1; i-- {
		bad := i
		switch {
		case !text(i + 1):
			bad = i + 1
			if !text(i) {
				bad = i
			}
		case text(i):
			continue
		}
		_, v := L.GetLocal(f.dbg, bad)
		return "attempt to concatenate " + caller.thing(caller.a()+bad, v.Type().String())
	}
	return ""
}
