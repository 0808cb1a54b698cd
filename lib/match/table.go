package match

import "encoding/binary"

// table finds what belongs to a text of a message. It is a quarter full at most, and a
// key stands within a few places of its own, or not at all.
type table[T any] struct {
	entries []entry[T]
	n       int
}

type entry[T any] struct {
	used  bool
	key   string
	value T
}

// maxKey is the length of the longest key.
const maxKey = 256

// probes is in how many places a key may stand.
const probes = 8

// find returns the value of b[from:to]; false if there is none. There are 8 bytes at
// least before from.
func (t *table[T]) find(b []byte, from, to int) (value T, ok bool) {
	if len(t.entries) == 0 || to-from > maxKey {
		return value, false
	}
	h := hashAt(b, from, to)
	for range probes {
		e := &t.entries[h&uint32(len(t.entries)-1)]
		if !e.used {
			break
		}
		if e.key == string(b[from:to]) {
			return e.value, true
		}
		h++
	}
	return value, false
}

// has reports whether there is a value under key.
func (t *table[T]) has(key string) bool {
	b := padded(key)
	_, ok := t.find(b, 8, len(b))
	return ok
}

// padded returns key behind 8 bytes.
func padded(key string) []byte { return append(make([]byte, 8, 8+len(key)), key...) }

// add puts in a value under a key that is not there; false if it has no place, or is
// longer than maxKey.
func (t *table[T]) add(key string, value T) bool {
	if len(key) > maxKey {
		return false
	}
	if 4*(t.n+1) > len(t.entries) {
		old := t.entries
		t.entries, t.n = make([]entry[T], max(8, 4*len(old))), 0
		for i := range old {
			if old[i].used {
				t.put(old[i].key, old[i].value)
			}
		}
	}
	return t.put(key, value)
}

func (t *table[T]) put(key string, value T) bool {
	b := padded(key)
	h := hashAt(b, 8, len(b))
	for range probes {
		if e := &t.entries[h&uint32(len(t.entries)-1)]; !e.used {
			*e = entry[T]{used: true, key: key, value: value}
			t.n++
			return true
		}
		h++
	}
	return false
}

// hashAt returns a hash of the text b[from:to].
func hashAt(b []byte, from, to int) uint32 {
	h := uint64(to - from)
	for to-from > 8 {
		h = (h ^ binary.LittleEndian.Uint64(b[from:])) * 0x9E3779B97F4A7C15
		h ^= h >> 32
		from += 8
	}
	last := binary.LittleEndian.Uint64(b[to-8:]) >> (8 * uint(8-(to-from)) & 63)
	if to == from {
		last = 0
	}
	return uint32((h ^ last) * 0xD6E8FEB86659FD93 >> 32)
}
