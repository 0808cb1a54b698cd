package keys

import (
	"bytes"
	"hash/maphash"
)

// Table numbers keys from 0 on, in the order in which they come. Neither to find
// a key nor to replace one allocates. NewTable makes one; it is for one goroutine.
//
// It is a hash table with open addressing. The hash is seeded, so that nobody
// outside can choose keys that collide.
type Table struct {
	seed  maphash.Seed
	slots []slot // a power of two of them, at most three quarters in use
	keys  [][]byte
}

type slot struct {
	hash uint32
	id   int32 // 1 and more; 0: the slot is free
}

// NewTable returns an empty table.
func NewTable() *Table {
	return &Table{seed: maphash.MakeSeed(), slots: make([]slot, 64)}
}

// Len returns the number of keys.
func (t *Table) Len() int { return len(t.keys) }

// Key returns key id. It is valid until the key is replaced.
func (t *Table) Key(id int32) []byte { return t.keys[id] }

func (t *Table) hash(key []byte) uint32 { return uint32(maphash.Bytes(t.seed, key)) }

// Find returns the number of key; false if it is not there.
func (t *Table) Find(key []byte) (id int32, ok bool) {
	h := t.hash(key)
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.id == 0 {
			return 0, false
		}
		if s.hash == h && bytes.Equal(t.keys[s.id-1], key) {
			return s.id - 1, true
		}
	}
}

// Add copies a key that is not there, and returns its number.
func (t *Table) Add(key []byte) int32 {
	id := int32(len(t.keys))
	if cap(t.keys) > len(t.keys) {
		t.keys = t.keys[:id+1]
		t.keys[id] = append(t.keys[id][:0], key...)
	} else {
		t.keys = append(t.keys, append([]byte(nil), key...))
	}
	if len(t.keys) > len(t.slots)/4*3 {
		t.grow()
	} else {
		t.put(slot{t.hash(key), id + 1})
	}
	return id
}

// Replace makes key, which is not there, number id in place of the one that was.
func (t *Table) Replace(id int32, key []byte) {
	t.remove(id)
	t.keys[id] = append(t.keys[id][:0], key...)
	t.put(slot{t.hash(key), id + 1})
}

// Reset takes all keys away. Their memory is used again.
func (t *Table) Reset() {
	clear(t.slots)
	t.keys = t.keys[:0]
}

func (t *Table) put(s slot) {
	mask := uint32(len(t.slots) - 1)
	i := s.hash & mask
	for t.slots[i].id != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

func (t *Table) grow() {
	t.slots = make([]slot, 2*len(t.slots))
	for i, k := range t.keys {
		t.put(slot{t.hash(k), int32(i) + 1})
	}
}

// remove frees the slot of id, and moves back what had to go past it.
func (t *Table) remove(id int32) {
	mask := uint32(len(t.slots) - 1)
	i := t.hash(t.keys[id]) & mask
	for t.slots[i].id != id+1 {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; t.slots[j].id != 0; j = (j + 1) & mask {
		home := t.slots[j].hash & mask
		if (j-home)&mask >= (j-i)&mask {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = slot{}
}
