package frame

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"

	"heka/lib/msg"
)

const (
	fewReps = 16      // so many are searched one after another
	repRoom = 1 << 8  // slots that AppendHeka has without allocating: for 127 names
	maxKept = 1 << 16 // slots that a Converter keeps from one message to the next
)

// repTable has the representations of a message by the names of fields. A
// message says how many there are; so that none can make us search all of them
// for each of its fields, more than a few are found by hash.
type repTable struct {
	pairs  []byte // name, representation, name ... as they stand in a record
	n      int
	slots  []uint32 // where in pairs a name stands, plus 1; none while there are few
	seed   maphash.Seed
	budget int // bytes that take may still give
}

// repsOf returns the table of the message of v, whose bytes it aliases.
func repsOf(v *msg.View) repTable {
	body := v.Body()
	if body[0] < 0x90+11 || v.NumFields() == 0 {
		return repTable{}
	}
	it := v.Fields()
	for it.Next() {
	}
	// The representations stand behind the last field. Its bytes are a slice of
	// body, so the two capacities tell where.
	raw := it.Value.Raw()
	b := body[cap(body)-cap(raw)+len(raw):]
	switch b[0] {
	case 0xde:
		return repTable{n: int(binary.BigEndian.Uint16(b[1:])), pairs: b[3:], budget: len(body)}
	case 0xdf:
		return repTable{n: int(binary.BigEndian.Uint32(b[1:])), pairs: b[5:], budget: len(body)}
	}
	return repTable{n: int(b[0] & 15), pairs: b[1:], budget: len(body)}
}

// reset empties the table for the next message.
func (t *repTable) reset() {
	t.pairs, t.n, t.slots = t.pairs[:0], 0, t.slots[:0]
	if cap(t.slots) > maxKept {
		t.slots = nil
	}
}

// add appends a pair, unless the name has one already.
func (t *repTable) add(name, rep []byte) {
	if t.find(name) != nil {
		return
	}
	at := len(t.pairs)
	t.pairs = appendText(appendText(t.pairs, name), rep)
	t.n++
	if 2*t.n <= len(t.slots) {
		t.insert(name, at)
	} else if t.n > fewReps {
		t.slots = t.index(t.slots[:cap(t.slots)])
	}
}

// take returns the representation of the name; nil if there is none, or if so
// many were taken that they outweigh the message.
func (t *repTable) take(name []byte) []byte {
	if t.n == 0 {
		return nil
	}
	rep := t.find(name)
	if len(rep) > t.budget {
		return nil
	}
	t.budget -= len(rep)
	return rep
}

// find returns the representation of the name; nil if there is none.
func (t *repTable) find(name []byte) []byte {
	if len(t.slots) > 0 {
		at := t.slots[t.slot(name)]
		if at == 0 {
			return nil
		}
		_, i := textAt(t.pairs, int(at-1))
		rep, _ := textAt(t.pairs, i)
		return rep
	}
	i := 0
	for range t.n {
		var s, rep []byte
		s, i = textAt(t.pairs, i)
		rep, i = textAt(t.pairs, i)
		if string(s) == string(name) {
			return rep
		}
	}
	return nil
}

// slot returns the slot of the name: the one that it has, or the empty one that
// it may have. At most half of the slots are in use.
func (t *repTable) slot(name []byte) int {
	mask := len(t.slots) - 1
	i := int(maphash.Bytes(t.seed, name)) & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		if s, _ := textAt(t.pairs, int(t.slots[i]-1)); string(s) == string(name) {
			break
		}
	}
	return i
}

// insert gives the name at pairs[at:] its slot, unless an earlier one has it.
func (t *repTable) insert(name []byte, at int) {
	if i := t.slot(name); t.slots[i] == 0 {
		t.slots[i] = uint32(at + 1)
	}
}

// index returns slots that have all pairs, in room if there is enough of it. It
// does not set t.slots: room may be on the caller's stack.
func (t *repTable) index(room []uint32) []uint32 {
	size := max(repRoom, 2<<bits.Len(uint(t.n)))
	if size > cap(room) {
		room = make([]uint32, size)
	}
	room = room[:size]
	clear(room)
	t.seed = maphash.MakeSeed()
	work := repTable{pairs: t.pairs, slots: room, seed: t.seed}
	i := 0
	for range t.n {
		s, next := textAt(t.pairs, i)
		work.insert(s, i)
		_, i = textAt(t.pairs, next)
	}
	return room
}

// appendTo puts the representations into the record at dst[at:], which has none
// and is the last.
func (t *repTable) appendTo(dst []byte, at int) []byte {
	if t.n == 0 {
		return dst
	}
	dst[at+msg.HeaderSize]++ // an element more
	switch {
	case t.n < 16:
		dst = append(dst, 0x80|byte(t.n))
	case t.n < 1<<16:
		dst = append(dst, 0xde, byte(t.n>>8), byte(t.n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdf), uint32(t.n))
	}
	dst = append(dst, t.pairs...)
	binary.BigEndian.PutUint32(dst[at+4:], uint32(len(dst)-at-msg.HeaderSize))
	return dst
}

// appendText appends s as a msgpack string.
func appendText(dst, s []byte) []byte {
	switch n := len(s); {
	case n < 32:
		dst = append(dst, 0xa0|byte(n))
	case n < 1<<8:
		dst = append(dst, 0xd9, byte(n))
	case n < 1<<16:
		dst = append(dst, 0xda, byte(n>>8), byte(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
	}
	return append(dst, s...)
}

// textAt returns the checked msgpack string at b[i:] and the offset behind it.
func textAt(b []byte, i int) (s []byte, next int) {
	head, n := 1, int(b[i]&31)
	switch b[i] {
	case 0xd9:
		head, n = 2, int(b[i+1])
	case 0xda:
		head, n = 3, int(binary.BigEndian.Uint16(b[i+1:]))
	case 0xdb:
		head, n = 5, int(binary.BigEndian.Uint32(b[i+1:]))
	}
	return b[i+head : i+head+n], i + head + n
}
