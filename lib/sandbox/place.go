package sandbox

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/machine"
)

// place is a call that is under way, at the instruction that raised an error. It is
// looked at only to find the names that stand in the texts of errors.
type place struct {
	L     *lua.LState
	dbg   *lua.Debug
	proto *lua.FunctionProto // nil: the function is of Go
	pc    int
	inst  uint32
}

// placeAt returns the frame of a level, 0 being the function that runs.
func placeAt(L *lua.LState, level int) (f place, ok bool) {
	dbg, ok := L.GetStack(level)
	if !ok {
		return f, false
	}
	fn, err := L.GetInfo("f", dbg, lua.LNil)
	if err != nil {
		return f, false
	}
	f = place{L: L, dbg: dbg}
	if fn, ok := fn.(*lua.LFunction); ok && !fn.IsG {
		f.proto, f.pc = fn.Proto, machine.FrameOf(dbg).Pc-1
		if f.pc < 0 || f.pc >= len(f.proto.Code) {
			return f, false
		}
		f.inst = f.proto.Code[f.pc]
	}
	return f, true
}

func (f place) a() int { return machine.A(f.inst) }
func (f place) b() int { return machine.B(f.inst) }

// rb and rc return the registers that the operands are; -1 for constants.
func (f place) rb() int { return register(machine.B(f.inst)) }
func (f place) rc() int { return register(machine.C(f.inst)) }

func register(rk int) int {
	if rk&machine.IsConst != 0 {
		return -1
	}
	return rk
}

// indexed returns the register that the instruction indexes.
func (f place) indexed() int {
	if f.proto == nil {
		return -1
	}
	switch machine.Opcode(f.inst) {
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
		return f.rb()
	case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
		return f.a()
	}
	return -1
}

// value returns what a register or constant holds.
func (f place) value(rk int) lua.LValue {
	if rk&machine.IsConst != 0 {
		if f.proto != nil && rk&^machine.IsConst < len(f.proto.Constants) {
			return f.proto.Constants[rk&^machine.IsConst]
		}
		return lua.LNil
	}
	if name, v := f.L.GetLocal(f.dbg, rk+1); name != "" && v != nil {
		return v
	}
	return lua.LNil
}

func (f place) typeOf(reg int) string { return f.value(reg).Type().String() }

// name returns what a register holds as errors name it, with a blank behind: "global
// 'x'"; nothing if it has no name.
func (f place) name(reg int) string {
	if f.proto == nil || reg < 0 {
		return ""
	}
	return objectName(f.proto, f.pc, reg)
}

func objectName(p *lua.FunctionProto, pc, reg int) string {
	if name := localName(p, pc, reg); name != "" {
		return "local '" + name + "'"
	}
	for i := pc - 1; i >= 0; i-- {
		inst := p.Code[i]
		if !sets(inst, reg) {
			continue
		}
		switch machine.Opcode(inst) {
		case lua.OP_GETGLOBAL:
			return "global '" + constant(p, machine.Bx(inst)) + "'"
		case lua.OP_GETUPVAL:
			if b := machine.B(inst); b < len(p.DbgUpvalues) {
				return "upvalue '" + p.DbgUpvalues[b] + "'"
			}
		case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
			if c := machine.C(inst); c&machine.IsConst != 0 {
				return "field '" + constant(p, c&^machine.IsConst) + "'"
			}
		case lua.OP_SELF:
			if c := machine.C(inst); c&machine.IsConst != 0 {
				return "method '" + constant(p, c&^machine.IsConst) + "'"
			}
		case lua.OP_MOVE, lua.OP_MOVEN:
			if b := machine.B(inst); b < machine.A(inst) {
				return objectName(p, i, b)
			}
		}
		return ""
	}
	return ""
}

// sets reports whether inst puts something into reg that a name could be known of.
func sets(inst uint32, reg int) bool {
	a := machine.A(inst)
	switch machine.Opcode(inst) {
	case lua.OP_SETGLOBAL, lua.OP_SETUPVAL, lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_JMP,
		lua.OP_EQ, lua.OP_LT, lua.OP_LE, lua.OP_TEST, lua.OP_RETURN, lua.OP_SETLIST,
		lua.OP_CLOSE, lua.OP_NOP:
		return false
	case lua.OP_CALL, lua.OP_TFORLOOP, lua.OP_VARARG, lua.OP_TAILCALL:
		return reg >= a
	case lua.OP_LOADNIL:
		return reg >= a && reg <= machine.B(inst)
	case lua.OP_SELF:
		return reg == a || reg == a+1
	}
	return reg == a
}

func constant(p *lua.FunctionProto, i int) string {
	if i < len(p.Constants) {
		if s, ok := p.Constants[i].(lua.LString); ok {
			return string(s)
		}
	}
	return "?"
}

// localName returns the name of the local variable that reg is at pc.
func localName(p *lua.FunctionProto, pc, reg int) string {
	for _, l := range p.DbgLocals {
		if l.StartPc > pc {
			break
		}
		if pc < l.EndPc {
			if reg == 0 {
				return l.Name
			}
			reg--
		}
	}
	return ""
}
