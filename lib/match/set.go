package match

import (
	"heka/lib/msg"
)

// Set is several compiled expressions that are asked of the same messages. What
// more than one of them names is looked up once per message, and a comparison
// that stands in more than one is made once. A Set is for one goroutine; Clone
// gives another one its own. It holds on to the message it read last.
//
//	s.Reset(v)
//	for i := range s.Len() {
//		if s.Match(v, i) {
//			...
//		}
//	}
type Set struct {
	p      *program
	now    int64
	hasNow bool

	// What is known of the current message: an entry holds if its generation is gen.
	gen     uint64
	headers [msg.Hostname + 1]header
	uuid    [36]byte
	slots   []slot
	memos   []memo
}

type header struct {
	gen  uint64
	text []byte
	n    int64
}

// slot is the value of a fieldSlot; the zero Value if the message has none.
type slot struct {
	gen   uint64
	value msg.Value
	left  int32 // fields of this name yet to be passed over
}

type memo struct {
	gen  uint64
	held bool
}

// NewSet compiles expressions that were read by Parse; they keep their order.
func NewSet(exprs ...*Expr) *Set { return newSet(compile(exprs)) }

func newSet(p *program) *Set {
	return &Set{
		p:     p,
		gen:   1,
		slots: make([]slot, len(p.names.slots)),
		memos: make([]memo, p.memos),
	}
}

// Clone returns a Set of the same expressions, and the same now, for another
// goroutine. They share the program, not what they know of messages.
func (s *Set) Clone() *Set {
	c := newSet(s.p)
	c.now, c.hasNow = s.now, s.hasNow
	return c
}

// Len returns how many expressions there are.
func (s *Set) Len() int { return len(s.p.start) }

// UsesNow reports whether any expression is relative to now, so that SetNow must
// be called.
func (s *Set) UsesNow() bool { return s.p.usesNow }

// SetNow sets the time that now stands for, in nanoseconds since 1970 UTC: once
// per batch is often enough. Before the first call a comparison with now is
// false.
func (s *Set) SetNow(ns int64) { s.now, s.hasNow = ns, true }

// Reset forgets what is known of the last message, and turns to that of v. It
// must be called before the first Match of each message.
func (s *Set) Reset(v *msg.View) {
	s.gen++
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
		if t.memo < 0 {
			held = s.eval(v, t)
		} else if m := &s.memos[t.memo]; m.gen == s.gen {
			held = m.held
		} else {
			held = s.eval(v, t)
			m.gen, m.held = s.gen, held
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
		if k == msg.Uuid {
			h.text = msg.AppendUuid(s.uuid[:0], v.Uuid())
		} else {
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
		if k == msg.Pid {
			h.n = v.Pid()
		} else {
			h.n = v.Severity()
		}
	}
	return h.n
}

// field returns the value of the slot of t, or its element; the zero Value if
// there is none.
func (s *Set) field(v *msg.View, t *test) msg.Value {
	sl := &s.slots[t.slot]
	if sl.gen != s.gen {
		s.find(v, t.slot)
	}
	if t.elem == 0 && sl.value.Kind() != msg.Array {
		return sl.value
	}
	e, _ := sl.value.Elem(int(t.elem))
	return e
}

// fewFields is up to how many fields are sought one by one. More are found in one
// walk, which costs as much as two to three of those.
const fewFields = 2

// find looks for the field of slot i, or for those of all slots.
func (s *Set) find(v *msg.View, i int32) {
	if len(s.slots) <= fewFields {
		f := &s.p.names.slots[i]
		value, _ := v.Field(f.name, int(f.index))
		s.slots[i].gen, s.slots[i].value = s.gen, value
		return
	}
	for i := range s.slots {
		sl := &s.slots[i]
		sl.gen, sl.value, sl.left = s.gen, msg.Value{}, s.p.names.slots[i].index
	}
	heads, body := s.p.names.heads, v.Body()
	n, at := fieldsAt(body)
	for range n {
		start, end := nameAt(body, at)
		name := body[start:end]
		if i := heads[hash(name)&uint32(len(heads)-1)]; i >= 0 {
			s.keep(i, name, valueAt(body, end))
		}
		at = skip(body, end)
	}
}

// keep puts the next field of this name into the slots that want it, of the chain
// that starts at i.
func (s *Set) keep(i int32, name []byte, value msg.Value) {
	for i >= 0 {
		f, sl := &s.p.names.slots[i], &s.slots[i]
		if string(name) == f.name {
			if sl.left == 0 {
				sl.value = value
			}
			sl.left--
		}
		i = f.next
	}
}
