package position

import (
	"math/rand/v2"
	"testing"
)

func TestTracker(t *testing.T) {
	tr := NewTracker[string](100)
	sent := func(from, to int64, mark string) { tr.Sent(from, to, mark) }
	acked := func(from, to, at int64, mark string, moved bool) {
		t.Helper()
		if a, m, mv := tr.Acked(from, to); a != at || m != mark || mv != moved {
			t.Errorf("Acked(%d, %d) = %d, %q, %v; want %d, %q, %v", from, to, a, m, mv, at, mark, moved)
		}
	}
	acked(0, 1000, 100, "", false) // nothing in flight
	sent(100, 110, "a")
	sent(110, 120, "b")
	sent(120, 120, "nothing")
	sent(120, 130, "c")
	sent(130, 140, "d")
	sent(140, 150, "e")
	acked(110, 120, 100, "", false) // out of order
	acked(110, 120, 100, "", false) // twice
	acked(121, 129, 100, "", false) // part of a range
	acked(95, 105, 100, "", false)  // part of a range
	acked(500, 600, 100, "", false) // never sent
	acked(100, 110, 120, "b", true) // closes the gap
	acked(100, 110, 120, "b", false)
	acked(130, 150, 120, "b", false) // two as one
	if tr.At() != 120 || tr.End() != 150 {
		t.Errorf("at %d, end %d", tr.At(), tr.End())
	}
	acked(120, 130, 150, "e", true)
	sent(150, 160, "f")
	tr.Start(7)
	acked(150, 160, 7, "", false) // of before the start
	sent(7, 8, "g")
	acked(0, 8, 8, "g", true)
}

func TestTrackerZero(t *testing.T) {
	var tr Tracker[int]
	tr.Sent(0, 5, 1)
	if at, mark, moved := tr.Acked(0, 5); at != 5 || mark != 1 || !moved {
		t.Error(at, mark, moved)
	}
}

func TestTrackerPanics(t *testing.T) {
	f := func(from, to int64) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("Sent(%d, %d) behind 10 was taken", from, to)
			}
		}()
		NewTracker[int](10).Sent(from, to, 0)
	}
	f(11, 12)
	f(9, 12)
	f(10, 9)
}

// TestTrackerModel compares a Tracker with one that looks at every byte.
func TestTrackerModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		tr := NewTracker[int64](0)
		acked := make([]bool, 0, 1000) // by byte
		var flying [][2]int64
		model := int64(0)
		for range 300 {
			if rnd.IntN(2) == 0 || len(flying) == 0 {
				from := int64(len(acked))
				to := from + 1 + rnd.Int64N(4)
				acked = append(acked, make([]bool, to-from)...)
				tr.Sent(from, to, to)
				flying = append(flying, [2]int64{from, to})
				continue
			}
			i := rnd.IntN(len(flying))
			j := min(i+1+rnd.IntN(3), len(flying))
			from, to := flying[i][0], flying[i][1]
			for i+1 < j && flying[i+1][0] == to {
				to = flying[i+1][1]
				flying = append(flying[:i+1], flying[i+2:]...)
				j--
			}
			if rnd.IntN(4) > 0 { // else it comes again
				flying = append(flying[:i], flying[i+1:]...)
			} else {
				flying[i] = [2]int64{from, to}
			}
			for b := from; b < to; b++ {
				acked[b] = true
			}
			before := model
			for model < int64(len(acked)) && acked[model] {
				model++
			}
			at, mark, moved := tr.Acked(from, to)
			if at != model || mark != model || moved != (model > before) || tr.At() != at {
				t.Fatalf("at %d, mark %d, moved %v; want %d from %d", at, mark, moved, model, before)
			}
		}
	}
}

func TestTrackerAllocs(t *testing.T) {
	tr := NewTracker[[4]int64](0)
	at := int64(0)
	step := func() {
		for i := range int64(100) {
			tr.Sent(at+i, at+i+1, [4]int64{})
		}
		for i := int64(99); i >= 0; i-- {
			tr.Acked(at+i, at+i+1)
		}
		at += 100
	}
	step()
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if len(tr.ring) != 128 {
		t.Errorf("%d entries for 100 in flight", len(tr.ring))
	}
}

func BenchmarkTracker(b *testing.B) {
	b.Run("in order", func(b *testing.B) {
		b.ReportAllocs()
		tr := NewTracker[int64](0)
		const flying = 64
		for i := range int64(flying) {
			tr.Sent(i, i+1, i)
		}
		for i := range int64(b.N) {
			tr.Sent(i+flying, i+flying+1, i)
			tr.Acked(i, i+1)
		}
	})
	b.Run("backwards by 64", func(b *testing.B) {
		b.ReportAllocs()
		tr := NewTracker[int64](0)
		for i := int64(0); i < int64(b.N); i += 64 {
			for j := range int64(64) {
				tr.Sent(i+j, i+j+1, j)
			}
			for j := int64(63); j >= 0; j-- {
				tr.Acked(i+j, i+j+1)
			}
		}
	})
}
