package msg

import (
	"fmt"
	"testing"
)

// TestManyReps has more representations than are looked through one by one.
func TestManyReps(t *testing.T) {
	var b Builder
	for round := range 2 {
		n := 60_000 >> (round * 8)
		for i := range n {
			b.Name(fmt.Appendf(nil, "f%d", i%(n/2)))
			b.Int(int64(i))
			b.Rep(fmt.Sprintf("r%d", i))
		}
		v, err := Parse(b.Append(nil)[HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 63, 64, 65, n/2 - 1} {
			name := fmt.Sprintf("f%d", i)
			if got := string(v.Rep([]byte(name))); got != fmt.Sprintf("r%d", i) {
				t.Errorf("%s: representation %q", name, got)
			}
		}
		count := 0
		for it := v.Reps(); it.Next(); {
			count++
		}
		if count != n/2 {
			t.Errorf("%d representations, want %d", count, n/2)
		}
	}
}
