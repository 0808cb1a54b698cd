package match

import (
	"encoding/binary"

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
	size       uint8
	lastShift  uint8
	firstShift uint8
	last       uint64
	first      uint64
	long       int32 // where in texts is what stands before those 16 bytes
}

const (
	maxShape = 64 // fields
	maxName  = 32 // bytes of an encoded name

	// relearn is how many messages of a shape that isn't the expected one make theirs
	// the expected one.
	relearn = 8
)

// at reports whether name n stands at b[i:], where a name does.
func (sh *shape) at(n *shapeName, b []byte, i int) bool {
	end := i + int(n.size)
	if end > len(b) {
		return false
	}
	if binary.LittleEndian.Uint64(b[end-8:])>>n.lastShift != n.last {
		return false
	}
	if n.size <= 8 {
		return true
	}
	if binary.LittleEndian.Uint64(b[end-16:])>>n.firstShift != n.first {
		return false
	}
	return n.size <= 16 || string(b[i:end-16]) == string(sh.texts[n.long:][:n.size-16])
}

// add puts the encoded name b[from:to] behind the others.
func (sh *shape) add(b []byte, from, to int) {
	n := shapeName{size: uint8(to - from), long: int32(len(sh.texts))}
	if n.size < 8 {
		n.lastShift = 8 * (8 - n.size)
	} else if n.size < 16 {
		n.firstShift = 8 * (16 - n.size)
	}
	if n.size > 16 {
		sh.texts = append(sh.texts, b[from:to-16]...)
	}
	n.last = binary.LittleEndian.Uint64(b[to-8:]) >> n.lastShift
	n.first = binary.LittleEndian.Uint64(b[to-16:]) >> n.firstShift
	sh.names = append(sh.names, n)
}

// seekField returns where the field of a slot stands in the current message; 0 if it
// has none.
func (s *Set) seekField(b []byte, slot int32) int32 {
	if s.slots[slot].gen == s.gen {
		return s.slots[slot].at
	}
	if s.walked == s.gen {
		return 0
	}
	sh := &s.cur.shape
	if s.begun != s.gen {
		s.begun = s.gen
		s.walkHeads(b)
		n, at := msg.MapAt(b, int(s.ends))
		s.place, s.nextName = 0, at
		if n != len(sh.names) || sh.places == nil {
			return s.otherShape(b, slot)
		}
	}
	place := sh.places[slot]
	i := s.nextName
	for s.place <= place && int(s.place) < len(sh.names) {
		n := &sh.names[s.place]
		if !sh.at(n, b, i) {
			return s.otherShape(b, slot)
		}
		i += int(n.size)
		s.values[s.place] = int32(i)
		i = msg.Skip(b, i)
		s.place++
	}
	s.nextName = i
	if int(place) == len(sh.names) {
		return 0
	}
	return s.values[place]
}

// otherShape finds the fields of all slots by their names, and learns the shape of
// the message if there were others that the expected one doesn't fit.
func (s *Set) otherShape(b []byte, slot int32) int32 {
	n, at := msg.MapAt(b, int(s.ends))
	s.walkFields(b, n, at)
	sh := &s.cur.shape
	if sh.missed++; sh.places == nil || sh.missed >= relearn {
		sh.learn(b, n, at, &s.p.names)
	}
	if s.slots[slot].gen != s.gen {
		return 0
	}
	return s.slots[slot].at
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
