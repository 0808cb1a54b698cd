package capture

import "regexp/syntax"

// program is a compiled expression in the form that a matcher runs: that of package
// syntax, with what each instruction takes of ASCII as bits, and with loops that
// need no way back told from those that do.
type program struct {
	insts    []inst
	start    uint32
	caps     int  // bounds of groups, two a group
	alts     int  // instructions of op alt
	anchored bool // a match starts where the text does
	first    set  // what a match may start with
	asked    int  // how often follows was called
}

type op uint8

const (
	fail   op = iota
	accept    // the end of the expression
	alt       // out, or else arg
	span      // as much of the set as there is, then arg
	take      // one character of the set, then out
	bound     // group arg/2 starts or ends, then out
	empty     // out if the conditions of arg hold
)

type inst struct {
	op       op
	out, arg uint32
	alt      int // number among those of op alt
	asked    int // the last call of follows that came by
	set      set
	class    *syntax.Inst // for what is not ASCII
}

// set is a set of characters: which of ASCII, and whether any beyond.
type set struct {
	ascii  [2]uint64
	beyond bool
}

func (s *set) has(c byte) bool { return s.ascii[c>>6]&(1<<(c&63)) != 0 }

func (s *set) add(o set) {
	s.ascii[0] |= o.ascii[0]
	s.ascii[1] |= o.ascii[1]
	s.beyond = s.beyond || o.beyond
}

func (s *set) meets(o set) bool {
	return s.ascii[0]&o.ascii[0]|s.ascii[1]&o.ascii[1] != 0 || s.beyond && o.beyond
}

var everything = set{ascii: [2]uint64{^uint64(0), ^uint64(0)}, beyond: true}

// Bounds: the longest program, and how far follows looks. An expression such as
// (x{999}y){99} makes a very long one.
const (
	maxInsts   = 20000
	maxFollows = 1000
)

// newProgram returns the program of a tree that was simplified; nil if it would be
// too long.
func newProgram(tree *syntax.Regexp) (*program, error) {
	prog, err := syntax.Compile(tree)
	if err != nil {
		return nil, err
	}
	if len(prog.Inst) > maxInsts {
		return nil, nil
	}
	p := &program{
		insts: make([]inst, len(prog.Inst)), start: uint32(prog.Start), caps: max(prog.NumCap, 2),
		anchored: prog.StartCond()&syntax.EmptyBeginText != 0,
	}
	for i := range prog.Inst {
		p.insts[i] = newInst(&prog.Inst[i])
	}
	for i := range p.insts {
		p.loop(uint32(i))
	}
	for i := range p.insts {
		if p.insts[i].op == alt {
			p.insts[i].alt = p.alts
			p.alts++
		}
	}
	p.first = p.follows(p.start)
	return p, nil
}

func newInst(s *syntax.Inst) inst {
	in := inst{out: s.Out, arg: s.Arg, class: s}
	switch s.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		in.op = alt
	case syntax.InstCapture:
		in.op = bound
	case syntax.InstEmptyWidth:
		in.op = empty
	case syntax.InstMatch:
		in.op = accept
	case syntax.InstNop: // conditions that hold everywhere
		in.op, in.arg = empty, 0
	case syntax.InstRune, syntax.InstRune1:
		in.op = take
		for c := range 0x80 {
			if s.MatchRune(rune(c)) {
				in.set.ascii[c>>6] |= 1 << (c & 63)
			}
		}
		in.set.beyond = s.Op == syntax.InstRune || s.Rune[0] >= 0x80
	case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		in.op, in.set, in.class = take, everything, nil
		if s.Op == syntax.InstRuneAnyNotNL {
			in.set.ascii[0] &^= 1 << '\n'
		}
	}
	return in
}

// loop makes instruction i a span if it is the head of a loop over one set, and what
// follows the loop starts with nothing of that set: then how far it goes is certain,
// be it greedy or not.
func (p *program) loop(i uint32) {
	in := &p.insts[i]
	if in.op != alt {
		return
	}
	body, behind := in.out, in.arg
	if b := &p.insts[body]; b.op != take || b.out != i {
		body, behind = behind, body
	}
	b := &p.insts[body]
	if b.op != take || b.out != i || b.set.meets(p.follows(behind)) {
		return
	}
	*in = inst{op: span, arg: behind, set: b.set, class: b.class}
}

// follows returns what may come next at instruction i; everything, if the expression
// may end there, or if that is a long question.
func (p *program) follows(i uint32) set {
	var s set
	p.asked++
	n, todo := 0, []uint32{i}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		in := &p.insts[i]
		if in.asked == p.asked {
			continue
		}
		in.asked = p.asked
		if n++; n > maxFollows {
			return everything
		}
		switch in.op {
		case accept:
			return everything
		case take:
			s.add(in.set)
		case span:
			s.add(in.set)
			todo = append(todo, in.arg)
		case alt:
			todo = append(todo, in.arg, in.out)
		case bound, empty:
			todo = append(todo, in.out)
		}
	}
	return s
}
