package encode

import (
	"heka/lib/msg"

	"encoding/binary"
	"hash/maphash"
)

// Bounds of what a keyTable remembers. A message with a longer name, or with more
// new names than are left, takes the slow path.
const (
	maxKeys    = 1024
	maxName    = 256 // bytes
	tableSize  = 4 * maxKeys
	keyChunk   = 64
	shortRaw   = 16
	shortReady = 24
)

// key is a field's name as it stands in a body, and ready for the output. Names
// of up to 15 bytes whose text is not much longer are short: they are compared as two
// masked words and written as three.
type key struct {
	word, mask [2]uint64 // of the encoded name if short; else word is no name's
	ready      [shortReady]byte
	readyLen   int
	rawLen     int
	gen        uint32 // the message that had this name last
	next, alt  *key   // the keys that followed this one last, and before that
	raw, long  []byte
}

// keyTable holds the names that were met, ready to be copied. Which one comes
// next is guessed from the one before, so that a stream of like messages, or of
// a few shapes in turn, hardly ever looks a name up. Each key carries the number
// of the message it was last used in: a name that repeats is seen at no cost.
type keyTable struct {
	first   key // stands before the first field
	none    key // matches no name: the guess where there is none
	gen     uint32
	n       int
	chunks  [][]key
	table   []*key // open addressing over the rendered name
	scratch []byte
	seed    maphash.Seed
	render  func(dst, name []byte) []byte
}

// init readies t for names as render appends them.
func (t *keyTable) init(render func(dst, name []byte) []byte) {
	t.render = render
	t.seed = maphash.MakeSeed()
	t.table = make([]*key, tableSize)
	t.none.word[0] = 1
	t.none.next, t.none.alt = &t.none, &t.none
	t.first.next, t.first.alt = &t.none, &t.none
}

// begin starts a message. A table that became full forgets everything: the names
// of such a stream are data.
func (t *keyTable) begin() {
	t.gen++
	if t.n == maxKeys {
		clear(t.table)
		t.n = 0
		t.first.next, t.first.alt = &t.none, &t.none
	}
}

// short reports whether k, which must be short, is the name at b[i:].
func (k *key) short(b []byte, i int) bool {
	if len(b)-i < shortRaw {
		return false
	}
	w := (*[shortRaw]byte)(b[i:])
	x := binary.LittleEndian.Uint64(w[:8])&k.mask[0] ^ k.word[0]
	y := binary.LittleEndian.Uint64(w[8:])&k.mask[1] ^ k.word[1]
	return x|y == 0
}

// is reports whether k is the name at b[i:].
func (k *key) is(b []byte, i int) bool {
	n := k.rawLen
	return n > 0 && n <= len(b)-i && string(b[i:i+n]) == string(k.raw)
}

// find returns the key of the name at b[i:], which followed prev and was not
// found by short; nil if the table can't hold it.
func (t *keyTable) find(prev *key, b []byte, i int) *key {
	if prev.next.is(b, i) {
		return prev.next
	}
	if prev.alt.is(b, i) {
		prev.next, prev.alt = prev.alt, prev.next
		return prev.next
	}
	start, stop := msg.TextAt(b, i)
	if stop-start > maxName {
		return nil
	}
	ready := t.render(t.scratch[:0], b[start:stop])
	t.scratch = ready
	at := maphash.Bytes(t.seed, ready) % tableSize
	for ; t.table[at] != nil; at = (at + 1) % tableSize {
		if k := t.table[at]; string(k.text()) == string(ready) {
			k.setRaw(b[i:stop])
			prev.next, prev.alt = k, prev.next
			return k
		}
	}
	if t.n == maxKeys {
		return nil
	}
	k := t.take()
	k.setText(ready)
	k.setRaw(b[i:stop])
	t.table[at] = k
	prev.next, prev.alt = k, prev.next
	return k
}

// take returns an unused key.
func (t *keyTable) take() *key {
	c, at := t.n/keyChunk, t.n%keyChunk
	if c == len(t.chunks) {
		t.chunks = append(t.chunks, make([]key, keyChunk))
	}
	t.n++
	k := &t.chunks[c][at]
	*k = key{raw: k.raw[:0], long: k.long[:0], gen: t.gen - 1, next: &t.none, alt: &t.none}
	return k
}

func (k *key) text() []byte {
	if k.readyLen <= shortReady {
		return k.ready[:k.readyLen]
	}
	return k.long
}

func (k *key) setText(s []byte) {
	k.readyLen = len(s)
	if len(s) <= shortReady {
		copy(k.ready[:], s)
	} else {
		k.long = append(k.long, s...)
	}
}

// setRaw makes k match this encoding of its name; one name has several.
func (k *key) setRaw(s []byte) {
	k.raw, k.rawLen = append(k.raw[:0], s...), len(s)
	k.word, k.mask = [2]uint64{1}, [2]uint64{}
	if len(s) > shortRaw || k.readyLen > shortReady {
		return
	}
	var w [shortRaw]byte
	copy(w[:], s)
	for i := range k.word {
		k.word[i] = binary.LittleEndian.Uint64(w[8*i:])
		n := min(max(len(s)-8*i, 0), 8)
		if n > 0 {
			k.mask[i] = ^uint64(0) >> (64 - 8*n)
		}
	}
}
