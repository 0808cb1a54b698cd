package lru

import (
	"fmt"
	"slices"
	"testing"
)

// FuzzCache compares a cache with a list.
func FuzzCache(f *testing.F) {
	f.Add([]byte("abcabcdefabc"), byte(2))
	f.Add([]byte("aabbccddaabb"), byte(0))
	f.Fuzz(func(t *testing.T, ops []byte, max byte) {
		most := int(max%6) + 1
		c := New[string](most)
		var order []string // the newest last
		for _, op := range ops {
			key := fmt.Sprint("key", op%10)
			row, isNew, wentOut := c.Get([]byte(key))
			at := slices.Index(order, key)
			if isNew != (at < 0) || wentOut != (at < 0 && len(order) == most) {
				t.Fatalf("%s in %v: new %v, went out %v", key, order, isNew, wentOut)
			}
			want := key
			switch {
			case wentOut:
				want, order = order[0], order[1:]
			case isNew:
				want = ""
			default:
				order = slices.Delete(order, at, at+1)
			}
			if *row != want {
				t.Fatalf("%s in %v: row %q, want %q", key, order, *row, want)
			}
			*row = key
			order = append(order, key)
			n := 0
			c.All(func(key []byte, row *string) {
				n++
				if string(key) != *row || !slices.Contains(order, *row) {
					t.Fatalf("%q has row %q in %v", key, *row, order)
				}
			})
			if n != len(order) || c.Len() != n {
				t.Fatalf("%d keys, want %v", n, order)
			}
		}
	})
}
