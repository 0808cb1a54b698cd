package rexp

import "testing"

func TestUnclosed(t *testing.T) {
	f := func(expr string, want int) {
		t.Helper()
		if got := Unclosed(expr); got != want {
			t.Errorf("%s: got %d, want %d", expr, got, want)
		}
	}
	f("a(b", 1)
	f("(a)(b", 3)
	f("((a)", 0)
	f(`\((a`, 2)
	f("[(](x", 3)
	f("(a)", 0)
	f("", 0)
	f(`\`, 0)
}
