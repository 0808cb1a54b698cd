package lpeg

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// A machine runs one match: the program over the subject, then the captures to
// values. It is used again for other matches, but by one at a time: a function
// that is called while matching may match in turn, with another machine.
type machine struct {
	L     *lua.LState
	meter *host.Meter
	prog  *program
	subj  string

	subject lua.LValue // subj
	args    int        // index of the first extra argument; there are as many as up to top
	top     int
	limit   int // entries of the stack

	stack []entry
	caps  []record
	ncaps int
	dyn   []lua.LValue // what functions returned while matching

	vals  []lua.LValue // values of captures, a stack
	buf   []byte       // text being made, a stack
	depth int          // nesting of captures being evaluated
	texts int          // nesting of texts being made
	work  int          // not yet charged
	held  int          // bytes of values made
	next  int          // held at which to ask for more
}

// An entry is a choice to fall back to, or a call: then pos is negative.
type entry struct {
	pos, pc, ncaps, dyn int32
}

// A record notes a capture, its beginning, its end, or one of its values.
type record struct {
	kind recordKind
	pos  int32
	n    int32 // its length, of recFull
	i    int32 // of program.captures; of recValue, of machine.dyn
}

type recordKind uint8

const (
	recOpen recordKind = iota
	recClose
	recFull
	recValue
)

const (
	firstStack = 32
	firstCaps  = 64
	maxCaps    = 1 << 26
	maxSubject = 1<<31 - 2
	noMatch    = -1

	// perStep is how many choices, calls and failures of the parsing machine are
	// charged as one instruction of Lua's, with what stands between them; perBytes
	// is how many bytes that are only passed over are as much as one of them.
	perStep  = 2
	perBytes = 32

	workBatch = 1024
)

// charge charges the work that was done.
func (m *machine) charge() {
	n := m.work / perStep
	m.work %= perStep
	m.meter.Step(m.L, n)
}

// count adds to the work.
func (m *machine) count(n int) {
	if m.work += n; m.work >= workBatch {
		m.charge()
	}
}

// growStack makes room for another entry; n are in use.
func (m *machine) growStack(n int) []entry {
	// As in LPeg, a lower limit than the default has no effect.
	limit := max(m.limit, defaultStack)
	if n+1 >= limit {
		m.L.RaiseError("backtrack stack overflow (current limit is %d)", m.limit)
	}
	size := min(max(2*n, firstStack), limit)
	m.meter.Alloc(m.L, 16*size)
	grown := make([]entry, size)
	copy(grown, m.stack[:n])
	m.stack = grown
	return grown
}

// growCaps makes room for another record; n are in use.
func (m *machine) growCaps(n int) []record {
	if n >= maxCaps {
		m.L.RaiseError("too many captures")
	}
	size := max(2*n, firstCaps)
	m.meter.Alloc(m.L, 16*size)
	grown := make([]record, size)
	copy(grown, m.caps[:n])
	m.caps = grown
	return grown
}

// run runs the program from pos on. It returns where the match ends, or noMatch.
//
// It is the hot path of this package, and one function so that the registers of
// the machine can stay in those of the processor.
func (m *machine) run(pos int) int {
	code, subj, tables := m.prog.code, m.subj, m.prog.tables
	stack, caps := m.stack, m.caps
	pc, sp, ncaps, work := 0, 0, 0, 0
	for {
		in := &code[pc]
		pc++
		switch in.op {
		case opEnd:
			m.ncaps = ncaps
			m.count(work)
			return pos

		case opChar:
			if uint(pos) >= uint(len(subj)) || subj[pos] != in.c {
				goto fail
			}
			pos++
		case opPair:
			if pos+1 >= len(subj) || subj[pos] != in.c || subj[pos+1] != byte(in.n) {
				goto fail
			}
			pos += 2
		case opText:
			text := m.prog.texts[in.a]
			work += len(text) / perBytes
			if !strings.HasPrefix(subj[pos:], text) {
				goto fail
			}
			pos += len(text)
		case opSet:
			if uint(pos) >= uint(len(subj)) || !tables[in.n][subj[pos]] {
				goto fail
			}
			pos++
		case opAny:
			if len(subj)-pos < int(in.a) {
				goto fail
			}
			pos += int(in.a)

		case opSpan:
			t, from := tables[in.n], pos
			for uint(pos) < uint(len(subj)) && t[subj[pos]] {
				pos++
			}
			work += (pos - from) / perBytes
		case opUntil:
			n := strings.IndexByte(subj[pos:], in.c)
			if n < 0 {
				n = len(subj) - pos
			}
			work += n / perBytes
			pos += n
		case opUntilIn:
			n := strings.Index(subj[pos:], m.prog.texts[in.a])
			if n < 0 {
				n = len(subj) - pos
			}
			work += n/perBytes + len(m.prog.texts[in.a])/perBytes
			pos += n
		case opRest:
			pos = len(subj)

		case opNotChar:
			if uint(pos) < uint(len(subj)) && subj[pos] == in.c {
				goto fail
			}
		case opNotSet:
			if uint(pos) < uint(len(subj)) && tables[in.n][subj[pos]] {
				goto fail
			}
		case opNotText:
			text := m.prog.texts[in.a]
			work += len(text) / perBytes
			if strings.HasPrefix(subj[pos:], text) {
				goto fail
			}
		case opNotAny:
			if len(subj)-pos >= int(in.a) {
				goto fail
			}
		case opBehind:
			if pos -= int(in.a); pos < 0 {
				goto fail
			}

		case opTestChar:
			if uint(pos) >= uint(len(subj)) || subj[pos] != in.c {
				pc = int(in.a)
			}
		case opTestSet:
			if uint(pos) >= uint(len(subj)) || !tables[in.n][subj[pos]] {
				pc = int(in.a)
			}
		case opTestAny:
			if pos >= len(subj) {
				pc = int(in.a)
			}
		case opEatChar:
			if uint(pos) >= uint(len(subj)) || subj[pos] != in.c {
				pc = int(in.a)
			} else {
				pos++
			}
		case opEatSet:
			if uint(pos) >= uint(len(subj)) || !tables[in.n][subj[pos]] {
				pc = int(in.a)
			} else {
				pos++
			}
		case opEatAny:
			if pos >= len(subj) {
				pc = int(in.a)
			} else {
				pos++
			}

		case opJump:
			work++
			pc = int(in.a)
		case opChoice:
			if work++; sp+1 >= len(stack) {
				stack = m.growStack(sp)
			}
			stack[sp] = entry{int32(pos), in.a, int32(ncaps), int32(len(m.dyn))}
			sp++
		case opCommit:
			sp--
			pc = int(in.a)
		case opPartialCommit:
			work++
			e := &stack[sp-1]
			e.pos, e.ncaps, e.dyn = int32(pos), int32(ncaps), int32(len(m.dyn))
			pc = int(in.a)
		case opBackCommit:
			sp--
			pos, ncaps = int(stack[sp].pos), int(stack[sp].ncaps)
			m.dyn = m.dyn[:stack[sp].dyn]
			pc = int(in.a)
		case opFailTwice:
			sp--
			goto fail
		case opFail:
			goto fail
		case opCall:
			if work++; work >= workBatch {
				m.count(work)
				work = 0
			}
			if sp+1 >= len(stack) {
				stack = m.growStack(sp)
			}
			stack[sp] = entry{pos: -1, pc: int32(pc)}
			sp++
			pc = int(in.a)
		case opReturn:
			sp--
			pc = int(stack[sp].pc)

		case opOpen:
			if ncaps == len(caps) {
				caps = m.growCaps(ncaps)
			}
			caps[ncaps] = record{kind: recOpen, pos: int32(pos), i: in.a}
			ncaps++
		case opFull:
			if ncaps == len(caps) {
				caps = m.growCaps(ncaps)
			}
			n := int32(in.n)
			caps[ncaps] = record{kind: recFull, pos: int32(pos) - n, n: n, i: in.a}
			ncaps++
		case opClose:
			// Nothing was captured inside: the record of the beginning will do.
			if r := &caps[ncaps-1]; r.kind == recOpen {
				r.kind, r.n = recFull, int32(pos)-r.pos
				continue
			}
			if ncaps == len(caps) {
				caps = m.growCaps(ncaps)
			}
			caps[ncaps] = record{kind: recClose, pos: int32(pos), i: in.a}
			ncaps++
		case opCloseRun:
			m.count(work)
			work = 0
			m.ncaps = ncaps
			end := m.runtime(pos)
			ncaps, caps = m.ncaps, m.caps
			if end < 0 {
				goto fail
			}
			pos = end
		}
		continue

	fail:
		if work++; work >= workBatch {
			m.count(work)
			work = 0
		}
		for {
			if sp == 0 {
				m.count(work)
				return noMatch
			}
			if sp--; stack[sp].pos >= 0 {
				break
			}
		}
		e := &stack[sp]
		pos, pc, ncaps = int(e.pos), int(e.pc), int(e.ncaps)
		if len(m.dyn) > int(e.dyn) {
			m.dyn = m.dyn[:e.dyn]
		}
	}
}
