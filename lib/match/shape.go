package match

import (
	"unsafe"

	"heka/lib/msg"
)

// shape is the names of the fields of a message, in their order. Messages of one
// Type mostly have the same. Where they do, a field is found by its place; each name on
// the way is compared with the one that is expected, which is quicker than to look
// for it among those that expressions name.
type shape struct {
	names  []shapeName
	places []int32 // of each slot, the place of its field in names; len(names) if it has none
	texts  []byte  // of long names
	missed int     // messages that had another shape
}

// shapeName is an encoded name: of its last 8 bytes, those that it has, of the 8 before
// them, and all of it if it is longer.
type shapeName struct {
	size                int
	last, first         uint64
	lastMask, firstMask uint64
	long                int32 // where in texts is what stands before those 16 bytes
}

const (
	maxShape = 64 // fields
	maxName  = 32 // bytes of an encoded name

	// relearn is how many messages of a shape that isn't the expected one make theirs
	// the expected one.
	relearn = 8
)

// add puts the encoded name b[from:to] behind the others. Both it and the value behind
// it have 16 bytes before them: the uuid stands there.
func (sh *shape) add(b []byte, from, to int) {
	n := shapeName{size: to - from, long: int32(len(sh.texts))}
	n.lastMask, n.firstMask = lastBytes(n.size), lastBytes(n.size-8)
	p := unsafe.Pointer(unsafe.SliceData(b))
	n.last, n.first = load(p, to-8)&n.lastMask, load(p, to-16)&n.firstMask
	if n.size > 16 {
		sh.texts = append(sh.texts, b[from:to-16]...)
	}
	sh.names = append(sh.names, n)
}

// load returns the eight bytes at p+i, which the caller knows to be there. The compiler
// would check each of them twice, which is half of what a field costs.
func load(p unsafe.Pointer, i int) uint64 { return *(*uint64)(unsafe.Add(p, i)) }

// lastBytes returns a mask of the last n of the 8 bytes that load returns.
func lastBytes(n int) uint64 {
	var b [8]byte
	for i := max(8-n, 0); i < 8; i++ {
		b[i] = 0xff
	}
	return load(unsafe.Pointer(&b), 0)
}

// seekField returns where the field of a slot stands in the current message; 0 if it
// has none.
func (s *Set) seekField(b []byte, slot int32) int32 {
	if s.walked != s.gen {
		if sh := &s.cur.shape; sh.places == nil {
			s.walkTo(b, 0)
		} else if place := sh.places[slot]; s.begun != s.gen || s.place <= place {
			s.walkTo(b, place)
		}
	}
	if s.walked == s.gen {
		return s.slotAt(slot)
	}
	return s.values[s.cur.shape.places[slot]]
}

// slotAt is seekField when the fields of all slots were found by name.
func (s *Set) slotAt(slot int32) int32 {
	if s.slots[slot].gen != s.gen {
		return 0
	}
	return s.slots[slot].at
}

// walkTo walks over the fields of the current message up to a place of the shape;
// if the message has another shape, over all fields.
func (s *Set) walkTo(b []byte, place int32) {
	sh := &s.cur.shape
	if s.begun != s.gen {
		s.begun = s.gen
		s.walkHeads(b)
		n, at := msg.MapAt(b, int(s.ends))
		if s.place, s.nextName = 0, at; n != len(sh.names) || sh.places == nil {
			s.otherShape(b)
			return
		}
		s.values[n] = 0
	}
	i, names := s.nextName, sh.names[:min(int(place)+1, len(sh.names))]
	p := unsafe.Pointer(unsafe.SliceData(b))
	for k := int(s.place); k < len(names); k++ {
		n := &names[k]
		start := i
		if i += n.size; i >= len(b) || load(p, i-8)&n.lastMask != n.last ||
			load(p, i-16)&n.firstMask != n.first ||
			n.size > 16 && string(b[start:i-16]) != string(sh.texts[n.long:][:n.size-16]) {
			s.otherShape(b)
			return
		}
		s.values[k] = int32(i)
		if c := b[i]; c&0xe0 == msg.WireFixStr {
			i += 1 + int(c&0x1f)
		} else {
			i = msg.Skip(b, i)
		}
	}
	s.place, s.nextName = max(s.place, int32(len(names))), i
}

// otherShape finds the fields of all slots by their names, and learns the shape of
// the message if there were others that the expected one doesn't fit.
func (s *Set) otherShape(b []byte) {
	n, at := msg.MapAt(b, int(s.ends))
	s.walkFields(b, n, at)
	sh := &s.cur.shape
	if sh.missed++; sh.places == nil || sh.missed >= relearn {
		sh.learn(b, n, at, &s.p.names)
		s.cur.plan.settle(sh)
	}
}

// learn makes the shape that of the n fields that stand at b[at:]; if they are too
// many, or have long names, that of no fields.
func (sh *shape) learn(b []byte, n, at int, names *names) {
	sh.missed, sh.names, sh.texts = 0, sh.names[:0], sh.texts[:0]
	if sh.places == nil {
		sh.places = make([]int32, len(names.slots))
	}
	for i := range sh.places {
		sh.places[i] = -1 - names.slots[i].index // those before it are yet to come
	}
	for n <= maxShape && len(sh.names) < n {
		from, to := msg.TextAt(b, at)
		if to-at > maxName {
			sh.names = sh.names[:0]
			break
		}
		sh.place(names, b[from:to])
		sh.add(b, at, to)
		at = msg.Skip(b, to)
	}
	for i, p := range sh.places {
		if p < 0 || len(sh.names) == 0 {
			sh.places[i] = int32(len(sh.names))
		}
	}
}

// place notes that the next place is that of the fields of this name.
func (sh *shape) place(names *names, name []byte) {
	for k := names.first(name); k >= 0; k = names.slots[k].next {
		if string(name) != names.slots[k].name || sh.places[k] >= 0 {
			continue
		}
		if sh.places[k]++; sh.places[k] == 0 {
			sh.places[k] = int32(len(sh.names))
		}
	}
}
