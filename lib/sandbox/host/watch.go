package host

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/machine"
)

// Most instructions take as long as any other. Those that do not are looked at before
// they are executed, and charged for what they are about to do: those of watchedAlways,
// and once there are long strings, those of watchedLong.
//
// The machine keeps whole numbers up to the largest that was ever a key of a table in its
// array, up to machine.MaxArray; finds the length of an array from its end, past all that
// was removed; and copies ... and what is returned each time.
const (
	watchedAlways = 1<<lua.OP_SETTABLE | 1<<lua.OP_SETTABLEKS | 1<<lua.OP_LEN |
		1<<lua.OP_VARARG | 1<<lua.OP_RETURN

	watchedLong = 1<<lua.OP_EQ | 1<<lua.OP_LT | 1<<lua.OP_LE | 1<<lua.OP_UNM |
		1<<lua.OP_ADD | 1<<lua.OP_SUB | 1<<lua.OP_MUL | 1<<lua.OP_DIV | 1<<lua.OP_MOD | 1<<lua.OP_POW |
		1<<lua.OP_GETTABLE | 1<<lua.OP_GETTABLEKS | 1<<lua.OP_SELF |
		1<<lua.OP_GETGLOBAL | 1<<lua.OP_SETGLOBAL
)

// long is the length from which on a string is charged for wherever it is looked at. As
// one has been made, so many bytes have been asked of Alloc at once.
const long = 1024

// Long tells m that there may be long strings that Alloc has not heard of.
func (m *Meter) Long() { m.watched |= watchedLong }

// Constants tells m of the constants of a function that is about to run.
func (m *Meter) Constants(p *lua.FunctionProto) {
	for _, v := range p.Constants {
		if len(textOf(v)) >= long {
			m.Long()
			return
		}
	}
	for _, inner := range p.FunctionPrototypes {
		m.Constants(inner)
	}
}

// weigh charges for an instruction that is watched, at which f of L is. It reports
// whether that can be had; if it has executed the instruction itself, m.done is true.
func (m *Meter) weigh(L *lua.LState, f *machine.Frame, inst uint32) bool {
	switch machine.Opcode(inst) {
	case lua.OP_SETTABLE:
		return m.store(L, f, inst)
	case lua.OP_LEN:
		return m.length(L, f, inst)
	case lua.OP_VARARG:
		n := machine.B(inst) - 1
		if n < 0 {
			n = f.NArgs - int(f.Fn.Proto.NumParameters)
		}
		return n < 32 || m.pay(n/4)
	case lua.OP_RETURN:
		if machine.B(inst) != 0 {
			return true
		}
		n := machine.Top(L) - f.LocalBase - machine.A(inst)
		return n < 32 || m.pay(n/4)
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
		return m.look64(operand(L, f, machine.C(inst)))
	case lua.OP_SETTABLEKS:
		key := operand(L, f, machine.B(inst))
		if t, ok := machine.Registers(L)[f.LocalBase+machine.A(inst)].(*lua.LTable); ok {
			machine.Inside(t).Small(key)
		}
		return m.look64(key)
	case lua.OP_GETGLOBAL, lua.OP_SETGLOBAL:
		return m.look64(f.Fn.Proto.Constants[machine.Bx(inst)])
	case lua.OP_EQ, lua.OP_LT, lua.OP_LE:
		a, b := textOf(operand(L, f, machine.B(inst))), textOf(operand(L, f, machine.C(inst)))
		n := min(len(a), len(b))
		return n < long || m.pay(n/64)
	case lua.OP_UNM:
		n := len(textOf(operand(L, f, machine.B(inst))))
		return n < long || m.pay(n/8)
	}
	n := len(textOf(operand(L, f, machine.B(inst)))) + len(textOf(operand(L, f, machine.C(inst))))
	return n < long || m.pay(n/8)
}

// operand returns what a register or constant of f holds.
func operand(L *lua.LState, f *machine.Frame, rk int) lua.LValue {
	if rk&machine.IsConst != 0 {
		return f.Fn.Proto.Constants[rk&^machine.IsConst]
	}
	return machine.Registers(L)[f.LocalBase+rk]
}

func textOf(v lua.LValue) string {
	s, _ := v.(lua.LString)
	return string(s)
}

// look64 charges for a key.
func (m *Meter) look64(key lua.LValue) bool {
	n := len(textOf(key))
	return n < long || m.pay(n/16)
}

// store looks at t[k] = v. What the array of t would grow by, beyond a few, is charged.
func (m *Meter) store(L *lua.LState, f *machine.Frame, inst uint32) bool {
	key := operand(L, f, machine.B(inst))
	t, ok := machine.Registers(L)[f.LocalBase+machine.A(inst)].(*lua.LTable)
	if ok {
		machine.Inside(t).Small(key)
	}
	k, isNumber := key.(lua.LNumber)
	if !isNumber {
		return m.look64(key)
	}
	if !ok {
		return true
	}
	const gap = 16 // places that need no charge of their own
	size := len(machine.Inside(t).Array)
	if !(k >= 1) || k >= machine.MaxArray {
		return true
	}
	n := int(k) - size
	if n <= gap {
		return true
	}
	if !m.fits(n * arraySlot) {
		return false
	}
	m.charge += n * arraySlot
	return m.pay(n / 8)
}

// length looks at #t, and takes off the end of t what was removed, so that it is passed
// over once.
func (m *Meter) length(L *lua.LState, f *machine.Frame, inst uint32) bool {
	t, ok := operand(L, f, machine.B(inst)).(*lua.LTable)
	if !ok {
		return true
	}
	in := machine.Inside(t)
	n := in.Trim()
	if in.Beyond() { // the machine looks at the array alone
		machine.Registers(L)[f.LocalBase+machine.A(inst)] = lua.LNumber(in.Len())
		m.done = true
	}
	return n < 32 || m.pay(n/16)
}

// Len returns the length of t, and charges for what it takes to find it.
func (m *Meter) Len(L *lua.LState, t *lua.LTable) int {
	if n := machine.Inside(t).Trim(); n >= 32 {
		m.Step(L, n/16)
	}
	return machine.Inside(t).Len()
}

// pay charges n instructions, and reports whether there are as many left.
func (m *Meter) pay(n int) bool {
	if n <= m.left {
		m.left -= n
		return true
	}
	if m.over != "" {
		return false
	}
	if n -= m.left; n <= m.rest {
		m.left, m.rest = 0, m.rest-n
		return true
	}
	m.rest = 0
	m.stop(NoInstructions)
	return false
}
