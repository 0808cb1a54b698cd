package spacesaving

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// check compares c with exact counts and looks at the promises.
func check(t *testing.T, c *Counter, exact map[string]int64, max int) {
	t.Helper()
	var total, sum int64
	for _, n := range exact {
		total += n
	}
	last := int64(-1)
	for _, id := range c.Sorted() {
		n, bound := c.Count(id)
		want := exact[string(c.Key(id))]
		if n < want || n-bound > want {
			t.Fatalf("%q: %d by at most %d too large, exactly %d", c.Key(id), n, bound, want)
		}
		if last >= 0 && n > last {
			t.Fatalf("%d behind %d", n, last)
		}
		last = n
		sum += n
	}
	if sum != total || c.Total() != total {
		t.Fatalf("the counts are %d, the total %d; want %d", sum, c.Total(), total)
	}
	if c.Len() > max || c.Exact() != (len(exact) <= max) {
		t.Fatalf("%d keys of %d, exact: %v", c.Len(), len(exact), c.Exact())
	}
	for key, n := range exact {
		if _, ok := c.table.Find([]byte(key)); !ok && n > total/int64(max) {
			t.Fatalf("%q, which is %d of %d, has no counter", key, n, total)
		}
	}
}

func TestAgainstExactCounts(t *testing.T) {
	f := func(max, keys, n int, skew float64) {
		t.Helper()
		r := rand.New(rand.NewPCG(uint64(max), uint64(keys)))
		z := rand.NewZipf(r, skew, 1, uint64(keys-1))
		c := New(max)
		for range 2 {
			exact := map[string]int64{}
			for i := range n {
				key := fmt.Sprintf("\x06\x00\x05%05d", z.Uint64())
				if c.Add([]byte(key)) && exact[key] > 0 && c.Exact() {
					t.Fatalf("%q is not new", key)
				}
				exact[key]++
				if i%97 == 0 {
					check(t, c, exact, max)
				}
			}
			check(t, c, exact, max)
			c.Reset()
		}
	}
	f(1, 5, 500, 1.1)
	f(2, 5, 500, 1.1)
	f(10, 10, 500, 1.1)
	f(10, 11, 1000, 1.01)
	f(50, 1000, 5000, 1.3)
	f(100, 100000, 5000, 1.01)
}

func FuzzCounter(f *testing.F) {
	f.Add([]byte("abcaabbddeeff"), byte(3))
	f.Add([]byte("aaaaaaabcdefgh"), byte(1))
	f.Fuzz(func(t *testing.T, ops []byte, max byte) {
		most := int(max%8) + 1
		c := New(most)
		exact := map[string]int64{}
		for _, op := range ops {
			key := string([]byte{6, 0, 1, op % 16})
			c.Add([]byte(key))
			exact[key]++
			check(t, c, exact, most)
		}
	})
}

func TestNoAllocs(t *testing.T) {
	c := New(50)
	var all [][]byte
	for i := range 1000 {
		all = append(all, fmt.Appendf(nil, "\x06\x00\x05%05d", i*i%300))
	}
	run := func() {
		for _, key := range all {
			c.Add(key)
		}
	}
	for range 10 {
		run()
	}
	if n := testing.AllocsPerRun(5, run); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	f := func(name string, max int) {
		c := New(max)
		r := rand.New(rand.NewPCG(1, 2))
		z := rand.NewZipf(r, 1.1, 1, 99999)
		var all [][]byte
		for range 10000 {
			all = append(all, fmt.Appendf(nil, "\x06\x00\x1e/catalogue/articles/page/%05d", z.Uint64()))
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				c.Add(all[i%len(all)])
			}
		})
	}
	f("exact", 100_000)
	f("approximate", 1000)
}
