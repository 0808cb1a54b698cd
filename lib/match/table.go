package match

import "encoding/binary"

// table finds what belongs to a text of a message. It is a quarter full at most, and a
// key stands within a few places of its own, or not at all.
type table[T any] struct {
	entries []entry[T]
	recent  *entry[T] // what was found last; nil if nothing was
	n       int
}

type entry[T any] struct {
	word  word
	key   string
	used  bool
	value T
}

const (
	// maxKey is the length of the longest key.
	maxKey = 256

	// probes is in how many places a key may stand.
	probes = 8
)

// again returns the value that was found last, if it is that of b[from:to].
func (t *table[T]) again(b []byte, from, to int) (value T, ok bool) {
	if e := t.recent; e != nil && e.is(b, from, to, wordAt(b, from, to)) {
		return e.value, true
	}
	return value, false
}

// find returns the value of b[from:to]; false if there is none. There are 8 bytes at
// least before from.
func (t *table[T]) find(b []byte, from, to int) (value T, ok bool) {
	if len(t.entries) == 0 || to-from > maxKey {
		return value, false
	}
	w := wordAt(b, from, to)
	h := w.hash(b, from, to)
	for range probes {
		e := &t.entries[h&uint32(len(t.entries)-1)]
		if !e.used {
			break
		}
		if e.is(b, from, to, w) {
			t.recent = e
			return e.value, true
		}
		h++
	}
	return value, false
}

// is reports whether e is of the text b[from:to], whose word is w.
func (e *entry[T]) is(b []byte, from, to int, w word) bool {
	return e.word == w && (w.n <= 16 || e.key == string(b[from:to]))
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
		*t = table[T]{entries: make([]entry[T], max(8, 2*len(old)))}
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
	w := wordAt(b, 8, len(b))
	h := w.hash(b, 8, len(b))
	for range probes {
		if e := &t.entries[h&uint32(len(t.entries)-1)]; !e.used {
			*e = entry[T]{word: w, used: true, key: key, value: value}
			t.n++
			return true
		}
		h++
	}
	return false
}

// word is the length of a text, its first 8 bytes if there are so many, and its last
// ones: all of it if it has 16 at most.
type word struct {
	first, last uint64
	n           int
}

func wordAt(b []byte, from, to int) word {
	w := word{last: binary.LittleEndian.Uint64(b[to-8:]), n: to - from}
	if w.n >= 8 {
		w.first = binary.LittleEndian.Uint64(b[from:])
	} else {
		w.last = w.last >> 8 >> (8 * uint(7-w.n) & 63)
	}
	return w
}

// hash returns a hash of the text, which is b[from:to].
func (w word) hash(b []byte, from, to int) uint32 {
	h := w.first*0x9E3779B97F4A7C15 ^ w.last + uint64(w.n)
	for i := from + 8; i < to-8; i += 8 {
		h = (h ^ h>>32 ^ binary.LittleEndian.Uint64(b[i:])) * 0x9E3779B97F4A7C15
	}
	return uint32((h ^ h>>32) * 0xD6E8FEB86659FD93 >> 32)
}
