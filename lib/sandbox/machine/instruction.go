package machine

// The parts of an instruction.

// Opcode returns the operation, one of lua.OP_MOVE and so on.
func Opcode(inst uint32) int { return int(inst >> 26) }

// A returns operand A, a register.
func A(inst uint32) int { return int(inst>>18) & 0xff }

// B returns operand B.
func B(inst uint32) int { return int(inst) & 0x1ff }

// C returns operand C.
func C(inst uint32) int { return int(inst>>9) & 0x1ff }

// Bx returns operand Bx, which has the place of B and C.
func Bx(inst uint32) int { return int(inst) & 0x3ffff }

// IsConst is set in operands B and C that are constants, not registers.
const IsConst = 0x100
