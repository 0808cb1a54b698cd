package keys

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// FuzzTable does to a table and to a map what the input says, and compares.
func FuzzTable(f *testing.F) {
	f.Add([]byte("abcabcabc"))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 200, 201, 202, 203, 1, 2, 3})
	f.Fuzz(func(t *testing.T, ops []byte) {
		table := NewTable()
		ids := map[string]int32{}
		for i, op := range ops {
			key := fmt.Sprintf("key %d", op%64)
			id, ok := table.Find([]byte(key))
			want, wantOk := ids[key]
			if ok != wantOk || id != want {
				t.Fatalf("%q: %d %v, want %d %v", key, id, ok, want, wantOk)
			}
			switch {
			case ok:
			case op < 128 || table.Len() == 0:
				ids[key] = table.Add([]byte(key))
			default:
				id := int32(i % table.Len())
				delete(ids, string(table.Key(id)))
				table.Replace(id, []byte(key))
				ids[key] = id
			}
			if table.Len() != len(ids) {
				t.Fatalf("%d keys, want %d", table.Len(), len(ids))
			}
		}
	})
}

func TestTableGrowsAndShrinks(t *testing.T) {
	table := NewTable()
	var key [8]byte
	put := func(i int) []byte {
		binary.BigEndian.PutUint64(key[:], uint64(i))
		return key[:]
	}
	const n = 10_000
	for range 2 {
		for i := range n {
			if id := table.Add(put(i)); id != int32(i) {
				t.Fatalf("key %d is number %d", i, id)
			}
		}
		for i := range n { // replace each, in an order unlike that of the slots
			table.Replace(int32(i*7919%n), put(n+i))
		}
		for i := range n {
			if _, ok := table.Find(put(i)); ok {
				t.Fatalf("key %d is still there", i)
			}
			if id, ok := table.Find(put(n + i)); !ok || id != int32(i*7919%n) {
				t.Fatalf("key %d is number %d, %v", n+i, id, ok)
			}
		}
		table.Reset()
	}
	if table.Len() != 0 {
		t.Errorf("%d keys", table.Len())
	}
}

func BenchmarkFind(b *testing.B) {
	table := NewTable()
	var all [][]byte
	for i := range 1000 {
		all = append(all, fmt.Appendf(nil, "/catalogue/articles/page/%05d", i))
		table.Add(all[i])
	}
	b.ReportAllocs()
	for i := range b.N {
		table.Find(all[i%len(all)])
	}
}
