package main

import "testing"

func TestVerdict(t *testing.T) {
	ref := &row{values: []float64{10, 20, 10}}
	f := func(a *aim, want string, values ...float64) {
		t.Helper()
		r := &row{unit: "ms", versus: ref, aim: a, values: values}
		if got := r.verdict(); got != want {
			t.Errorf("%v: %q, want %q", values, got, want)
		}
	}
	f(nil, "", 1, 2, 3)
	f(&aim{bound: 2}, "under 2 ms: met", 9, 1, 1)
	f(&aim{bound: 2}, "under 2 ms: **missed**", 1, 2, 3)
	f(&aim{bound: 2, least: true}, "at least 2 ms: met", 1, 2, 3)
	f(&aim{bound: 0.8, least: true, ratio: true}, "at least 0.8 x: met", 8, 16, 1)
	f(&aim{bound: 0.8, least: true, ratio: true}, "at least 0.8 x: **missed**", 8, 8, 1)
	f(&aim{bound: 30, least: true, or: 1}, "at least 30 ms, or 1 x: met", 10, 20, 30)
	f(&aim{bound: 30, least: true, or: 1}, "at least 30 ms, or 1 x: met", 30, 30, 1)
	f(&aim{bound: 30, least: true, or: 1}, "at least 30 ms, or 1 x: **missed**", 9, 19, 9)
	f(&aim{bound: 5, or: 1}, "under 5 ms, or 1 x: met", 10, 20, 10)
	f(&aim{bound: 5, or: 1}, "under 5 ms, or 1 x: met", 9, 19, 9)
	f(&aim{bound: 5, or: 1}, "under 5 ms, or 1 x: **missed**", 11, 21, 11)
}
