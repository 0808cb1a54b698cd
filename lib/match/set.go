package match

import (
	"slices"
	"sync"

	"heka/lib/msg"
)

// Set is several compiled expressions that are asked of the same messages. Select
// answers all of them; Match one, of those that may have to be asked in turn. What
// more than one of them names is looked up once per message, and a comparison that
// stands in more than one is made once. A Set is for one goroutine; Clone gives another
// one its own.
//
//	s.Reset(v)
//	for i := range s.Len() {
//		if s.Match(v, i) {
//			...
//		}
//	}
type Set struct {
	source *source
	p      *program // nil until the first message
	now    int64
	hasNow bool

	// What is known of the current message: an entry holds if its generation is gen.
	gen     uint64
	walked  uint64 // generation in which all slots were sought
	headers [msg.Hostname + 1]header
	uuid    [36]byte
	slots   []slot
	memos   []memo

	selection
}

// selection is what Select keeps: the tree of states, and how far it has walked over
// the current message.
type selection struct {
	root          *state
	states, steps int
	missed        int // messages since the tree was full that would have made it grow

	cur      *state // of the current message; nil outside of Select
	ats      [msg.Hostname + 1]int32
	ends     int32  // where the map of fields stands; 0 until it was walked to
	begun    uint64 // generation of what follows
	place    int32  // fields walked over
	nextName int
	values   [maxShape + 1]int32 // where the values of those stand; 0 behind them
}

type header struct {
	gen  uint64
	text []byte
	n    int64
}

// slot says where the value of a fieldSlot is.
type slot struct {
	gen   uint64
	at    int32  // in the body; 0 if the message has none
	left  int32  // fields of this name yet to be passed over
	begun uint64 // generation of left
}

type memo struct {
	gen  uint64
	held bool
}

// source is the expressions of a Set, which all its clones share. They are compiled when
// a message comes: of a daemon's many sets, most never see one.
type source struct {
	exprs    []*Expr
	once     sync.Once
	compiled *program
}

// NewSet makes a Set of expressions that were read by Parse; they keep their order. It
// costs next to nothing before the first message.
func NewSet(exprs ...*Expr) *Set {
	return &Set{gen: 1, source: &source{exprs: slices.Clone(exprs)}}
}

// compile makes the set ready for messages.
func (s *Set) compile() {
	s.source.once.Do(func() { s.source.compiled = compile(s.source.exprs) })
	s.p = s.source.compiled
	s.slots = make([]slot, len(s.p.names.slots))
	s.memos = make([]memo, s.p.memos)
}

// Clone returns a Set of the same expressions, and the same now, for another
// goroutine. They share the program, not what they know of messages.
func (s *Set) Clone() *Set {
	return &Set{gen: 1, source: s.source, now: s.now, hasNow: s.hasNow}
}

// Len returns how many expressions there are.
func (s *Set) Len() int { return len(s.source.exprs) }

// UsesNow reports whether any expression is relative to now, so that SetNow must
// be called.
func (s *Set) UsesNow() bool {
	if s.p == nil {
		s.compile()
	}
	return s.p.usesNow
}

// SetNow sets the time that now stands for, in nanoseconds since 1970 UTC: once
// per batch is often enough. Before the first call a comparison with now is
// false.
func (s *Set) SetNow(ns int64) { s.now, s.hasNow = ns, true }

// Reset forgets what is known of the last message, and turns to that of v. It
// must be called before the first Match of each message.
func (s *Set) Reset(v *msg.View) {
	if s.p == nil {
		s.compile()
	}
	s.gen++
	s.cur = nil
	if s.p.usesType {
		s.headers[msg.Type] = header{gen: s.gen, text: v.Type()}
	}
}

// Match reports whether expression i selects the message of v; 0 <= i < s.Len().
// Between two calls of Reset, v must be the view of one message. It does not
// allocate.
func (s *Set) Match(v *msg.View, i int) bool {
	pc := s.p.start[i]
	for pc >= 0 {
		t := &s.p.tests[pc]
		var held bool
		if t.op == opTextEqual && t.memo < 0 {
			held = (string(s.text(v, t.header)) == t.text) != t.negated
		} else {
			held = s.holds(v, t)
		}
		if held {
			pc = t.yes
		} else {
			pc = t.no
		}
	}
	return pc == accept
}

// text returns a header that is text, looked up once per message.
func (s *Set) text(v *msg.View, k msg.Header) []byte {
	h := &s.headers[k]
	if h.gen != s.gen {
		h.gen = s.gen
		switch {
		case k == msg.Uuid:
			h.text = msg.AppendUuid(s.uuid[:0], v.Uuid())
		case s.cur != nil:
			b := v.Body()
			from, to := s.textAt(b, k)
			h.text = b[from:to]
		default:
			h.text = v.Text(k)
		}
	}
	return h.text
}

// integer returns a header that is a number, looked up once per message.
func (s *Set) integer(v *msg.View, k msg.Header) int64 {
	if k == msg.Timestamp {
		return v.Timestamp()
	}
	h := &s.headers[k]
	if h.gen != s.gen {
		h.gen = s.gen
		switch {
		case s.cur != nil:
			b := v.Body()
			s.walkHeads(b)
			h.n = msg.ValueAt(b, int(s.ats[k])).Int()
		case k == msg.Pid:
			h.n = v.Pid()
		default:
			h.n = v.Severity()
		}
	}
	return h.n
}

// field returns the value of the slot of t, or its element; the zero Value if
// there is none.
func (s *Set) field(v *msg.View, t *test) msg.Value {
	var at int32
	if s.cur != nil {
		at = s.seekField(v.Body(), t.slot)
	} else if sl := &s.slots[t.slot]; sl.gen == s.gen || s.walked != s.gen && s.find(v, t.slot) {
		at = sl.at
	}
	if at == 0 {
		return msg.Value{}
	}
	f := msg.ValueAt(v.Body(), int(at))
	if t.elem == 0 && f.Kind() != msg.Array {
		return f
	}
	f, _ = f.Elem(int(t.elem))
	return f
}

// fewFields is up to how many fields are sought one by one. More are found in one
// walk, which costs as much as two to three of those.
const fewFields = 2

// find looks for the field of slot i, or for those of all slots, and reports
// whether slot i is of this generation.
func (s *Set) find(v *msg.View, i int32) bool {
	if len(s.slots) <= fewFields {
		f := &s.p.names.slots[i]
		s.slots[i].gen, s.slots[i].at = s.gen, int32(v.Seek(f.name, int(f.index)))
		return true
	}
	n, at := v.FieldsAt()
	s.walkFields(v.Body(), n, at)
	return s.slots[i].gen == s.gen
}

// walkFields finds the fields of all slots among the n that stand at b[at:].
func (s *Set) walkFields(b []byte, n, at int) {
	names := &s.p.names
	s.walked = s.gen
	for range n {
		start, end := msg.TextAt(b, at)
		name := b[start:end]
		for k := names.first(name); k >= 0; k = names.slots[k].next {
			if f := &names.slots[k]; string(name) == f.name {
				s.slots[k].offer(s.gen, f.index, int32(end))
			}
		}
		at = msg.Skip(b, end)
	}
}

// offer gives sl the place of the next field of its name, of which it wants the
// index-th.
func (sl *slot) offer(gen uint64, index, at int32) {
	if sl.gen == gen {
		return
	}
	if index > 0 {
		if sl.begun != gen {
			sl.begun, sl.left = gen, index
		}
		if sl.left--; sl.left >= 0 {
			return
		}
	}
	sl.gen, sl.at = gen, at
}
