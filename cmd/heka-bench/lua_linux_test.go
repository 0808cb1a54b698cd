package main

import (
	"testing"

	"heka/lib/sandbox"
)

func TestLuaText(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := luaText([]byte(in)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	f("", `""`)
	f(`a "b" \`, `"a \034b\034 \092"`)
	f("\x00\n\xff", `"\000\010\255"`)
}

// TestScripts wants each script of the table to run.
func TestScripts(t *testing.T) {
	b := &luaBench{dir: "."}
	for _, s := range scriptRows() {
		if s.per == 0 {
			continue // it wants messages
		}
		code, err := sandbox.Load(b.path(s), sandbox.Filter)
		if err != nil {
			t.Fatal(err)
		}
		box, err := code.New(sandbox.Config{Use: sandbox.Filter, Limits: sandbox.DefaultLimits})
		if err != nil {
			t.Fatal(err)
		}
		if r, err := box.Process(nil); err != nil || r.Code != 0 {
			t.Errorf("%s: %d, %v", s.name, r.Code, err)
		}
		box.Close()
	}
}

func TestScriptVerdict(t *testing.T) {
	f := func(s script, want string, inside, puc []float64) {
		t.Helper()
		s.values[0], s.values[2] = inside, puc
		if got := s.verdict(); got != want {
			t.Errorf("%v: %q, want %q", s, got, want)
		}
	}
	f(script{aim: 5}, "at least 5 M/s: met", []float64{1, 6, 7}, nil)
	f(script{aim: 5}, "at least 5 M/s: **missed**", []float64{1, 2, 7}, nil)
	f(script{part: 0.5}, "at least 0.5 x: met", []float64{1, 2, 3}, []float64{2, 2, 2})
	f(script{part: 0.5}, "", []float64{1, 2, 3}, nil)
	f(script{}, "", []float64{1}, []float64{1})
}
