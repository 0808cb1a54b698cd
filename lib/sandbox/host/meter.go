package host

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/machine"
)

// Texts of the limits, Heka's.
const (
	NoInstructions = "instruction_limit exceeded"
	NoMemory       = "not enough memory"
	NoOutput       = "output_limit exceeded"
)

// Limits of a sandbox. Zero is none.
type Limits struct {
	Instructions int // of one call from outside, by the virtual machine's count
	Memory       int // bytes that are alive, as Lua 5.1 would count them
	Output       int // bytes of one payload
}

// Meter counts what the calls of one sandbox use, and ends the call that uses
// more than it may. It has a loop of its own for the virtual machine, in which each
// instruction is counted, and it is the context.Context of the sandbox's Lua states,
// which the machine's own loop asks before each instruction.
//
// Memory is reckoned in two steps. What is allocated is charged as it comes, too
// much rather than too little; when the charge could have reached the limit,
// what is alive is counted by walking it, and that is the new charge.
type Meter struct {
	// left counts down to the next look at the limits. It is the only word that the
	// hot path touches.
	left int

	watched uint64 // the instructions that are weighed before they are executed, by opcode

	limits  Limits
	granted int    // what left was when it was last set
	rest    int    // instructions of this call beyond left
	charge  int    // bytes that may be alive, without what granted-left adds
	over    string // the limit that was passed; empty: none
	root    *lua.LState
	quick   quick
	done    bool // weigh has executed the instruction

	peak Used

	every  int    // instructions between two calls of sample; 0: it is not called
	until  int    // the next call of it
	sample func() // looks where the machine is
}

// Sample has f called after each n instructions, and steps that count as such.
func (m *Meter) Sample(n int, f func()) { m.every, m.until, m.sample = n, n, f }

// Used is what a sandbox has used, at most, of each limit.
type Used struct {
	Instructions int // of the most expensive call
	Memory       int // bytes alive when last counted, at most
	Output       int // bytes of the largest payload
}

const (
	// stepBytes is charged for each instruction: what one may allocate on average,
	// but for concatenation, which is charged by its length.
	stepBytes = 40

	// most is how many instructions pass between two looks at most.
	most = 1 << 16

	unlimited = math.MaxInt / 4
)

// NewMeter returns the meter of the states that hang on root, and makes it the
// context of root.
func NewMeter(root *lua.LState, limits Limits) *Meter {
	m := &Meter{limits: limits, root: root, watched: watchedAlways}
	m.Attach(root)
	m.Begin()
	return m
}

// Attach has m count what L executes. Other states than the root are its coroutines.
func (m *Meter) Attach(L *lua.LState) {
	L.SetContext(m)
	machine.SetLoop(L, m.run)
}

// Of returns the meter of L, one without limits if it has none.
func Of(L *lua.LState) *Meter {
	if m, ok := L.Context().(*Meter); ok {
		return m
	}
	m := &Meter{root: L}
	m.Begin()
	return m
}

// Limits returns the limits of m.
func (m *Meter) Limits() Limits { return m.limits }

// Begin starts a call: the budget of instructions is whole again.
func (m *Meter) Begin() {
	m.charge += (m.granted - max(m.left, 0)) * stepBytes
	m.over = ""
	m.rest = m.limits.Instructions
	if m.rest == 0 {
		m.rest = unlimited
	}
	m.granted, m.left = 0, 0
	m.grant()
}

// grant moves instructions from rest to left.
func (m *Meter) grant() {
	n := min(m.rest, most)
	if m.every > 0 {
		n = min(n, m.until)
	}
	m.rest -= n
	m.granted, m.left = n, n
}

// End ends a call, and returns how many instructions it took.
func (m *Meter) End() int {
	total := m.limits.Instructions
	if total == 0 {
		total = unlimited
	}
	n := total - m.rest - max(m.left, 0)
	if m.every > 0 {
		m.until = max(m.until-(m.granted-max(m.left, 0)), 1)
		m.charge += (m.granted - max(m.left, 0)) * stepBytes
		m.granted, m.left = 0, 0
	}
	m.peak.Instructions = max(m.peak.Instructions, n)
	return n
}

// Peak returns the most that was used of each limit; memory is counted now.
func (m *Meter) Peak() Used {
	m.peak.Memory = max(m.peak.Memory, Live(m.root, math.MaxInt))
	return m.peak
}

// Wrote notes a payload of n bytes.
func (m *Meter) Wrote(n int) { m.peak.Output = max(m.peak.Output, n) }

// Over returns the text of the limit that ended the call, or nothing.
func (m *Meter) Over() string { return m.over }

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// run is the loop of the machine. It is the hot path.
func (m *Meter) run(L *lua.LState, base *machine.Frame) {
	running := machine.Running(L)
	if (*running).Fn.IsG {
		machine.CallGo(L, false)
		return
	}
	for {
		f := *running
		inst := f.Fn.Proto.Code[f.Pc]
		f.Pc++
		if m.left--; m.left < 0 && m.look() != nil {
			L.RaiseError("%s", m.over)
		}
		if m.watched>>machine.Opcode(inst)&1 != 0 {
			if !m.weigh(L, f, inst) {
				L.RaiseError("%s", m.over)
			}
			if m.done {
				m.done = false
				continue
			}
		}
		if inst&callMask == callOne && m.answer(L, f, inst) {
			continue
		}
		if machine.Execute(L, inst, base) {
			return
		}
	}
}

// Done implements context.Context. The machine calls it before each instruction
// and stops if what it returns is closed.
func (m *Meter) Done() <-chan struct{} {
	m.left--
	if m.left < 0 {
		return m.look()
	}
	return nil
}

// look is called when left is used up: it sees to the memory and grants more.
func (m *Meter) look() <-chan struct{} {
	m.left = 0
	if m.over != "" {
		return closed
	}
	if m.rest <= 0 {
		m.over = NoInstructions
		return closed
	}
	if m.sample != nil {
		if m.until -= m.granted; m.until <= 0 {
			m.until = m.every
			m.sample()
		}
	}
	m.charge += m.granted * stepBytes
	m.grant()
	m.left-- // the instruction that asked
	if !m.fits(0) {
		return closed
	}
	return nil
}

// fits reports whether n bytes more can be had.
func (m *Meter) fits(n int) bool {
	if m.limits.Memory == 0 {
		return true
	}
	if n > m.limits.Memory {
		m.stop(NoMemory)
		return false
	}
	if m.charge+n <= m.limits.Memory {
		return true
	}
	live := Live(m.root, m.limits.Memory)
	m.peak.Memory = max(m.peak.Memory, live)
	if live+n > m.limits.Memory {
		m.stop(NoMemory)
		return false
	}
	// Not to walk over and over where little is left: an eighth may be overdrawn.
	m.charge = min(live, m.limits.Memory*7/8)
	return true
}

// stop uses up the budget: no instruction is run any more before Begin.
func (m *Meter) stop(text string) {
	m.over = text
	m.rest += max(m.left, 0)
	m.left, m.granted = 0, 0
}

// Err implements context.Context.
func (m *Meter) Err() error {
	if m.over == "" {
		return nil
	}
	return limitError(m.over)
}

// Deadline implements context.Context.
func (m *Meter) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value implements context.Context.
func (m *Meter) Value(any) any { return nil }

type limitError string

func (e limitError) Error() string { return string(e) }

// Step charges work of a library that n instructions stand for. A few dozen
// nanoseconds are an instruction's worth: about 64 bytes looked at, one element
// of a table moved, one step of a matcher.
func (m *Meter) Step(L *lua.LState, n int) {
	if n <= m.left {
		m.left -= n
		return
	}
	m.step(L, n)
}

func (m *Meter) step(L *lua.LState, n int) {
	if !m.pay(n) {
		L.RaiseError("%s", m.over)
	}
}

// Alloc charges n bytes that a library is about to allocate.
func (m *Meter) Alloc(L *lua.LState, n int) {
	if n > 0 && !m.fits(n) || m.over != "" {
		L.RaiseError("%s", m.over)
	}
	m.charge += n
	if n >= long {
		m.Long()
	}
}

// Output ends the call if a payload of n bytes is longer than may be.
func (m *Meter) Output(L *lua.LState, n int) {
	if m.limits.Output > 0 && n > m.limits.Output {
		L.RaiseError("%s", NoOutput)
	}
	m.Wrote(n)
}
