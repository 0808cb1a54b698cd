// Package kindtest has what the tests of several kinds of heka-decode share: it
// makes the stage of a command's words, runs lines through it, and measures it.
package kindtest

import (
	"fmt"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// Make returns the stage of kind that these words ask for, and its error.
func Make(t testing.TB, env *stage.Env, kind stage.Kind, words ...string) (stage.Stage, error) {
	t.Helper()
	return stagetest.Make(kind, env, words...)
}

// Stage is Make where the words are known to be right.
func Stage(t testing.TB, env *stage.Env, kind stage.Kind, words ...string) stage.Stage {
	t.Helper()
	st, err := Make(t, env, kind, words...)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// Line returns the message that kind makes of a line.
func Line(t testing.TB, kind stage.Kind, line string, words ...string) msg.Message {
	t.Helper()
	env := &stage.Env{Lanes: 1}
	st := Stage(t, env, kind, words...)
	got, err := stagetest.RunErr(env, st, 1, stagetest.Payloads(line)...)
	if err != nil || len(got) != 1 {
		t.Fatalf("%q: %d messages, %v", line, len(got), err)
	}
	return got[0]
}

// Show renders the fields of m, with the types of their values.
func Show(m msg.Message) string {
	var b strings.Builder
	for _, f := range m.Fields {
		fmt.Fprintf(&b, "%s=%T:%v ", f.Name, f.Value, f.Value)
	}
	return strings.TrimSpace(b.String())
}

// Bad returns the error with which m is marked; empty if it is not.
func Bad(m msg.Message) string {
	for _, f := range m.Fields {
		if f.Name == "heka.error" {
			return f.Value.(string)
		}
	}
	return ""
}

// Batch returns a batch of n messages whose payload is line.
func Batch(line string, n int) *stage.Batch {
	b := stage.NewPool(4).Get()
	m := stagetest.Payloads(line)[0]
	for range n {
		b.Off = append(b.Off, uint32(len(b.Buf)))
		b.Buf = m.Append(b.Buf)
	}
	return b
}

// Allocs wants a lane of kind to decode line with at most max allocations a line.
func Allocs(t *testing.T, kind stage.Kind, max float64, line string, words ...string) {
	t.Helper()
	const lines = 50
	env := &stage.Env{}
	lane := Stage(t, env, kind, words...).(stage.Parallel).NewLane()
	in := Batch(line, lines)
	n := testing.AllocsPerRun(20, func() {
		out, err := lane.Do(in.Retain())
		if err != nil || len(out.Off) != lines {
			t.Fatalf("%v, %d messages", err, len(out.Off))
		}
		out.Release()
	})
	if bad := env.Stats.Bad.Load(); bad > 0 {
		t.Errorf("%q: not decoded", line)
	}
	if n /= lines; n > max {
		t.Errorf("%q: %v allocations", line, n)
	}
}

// Bench measures a lane of kind that decodes line.
func Bench(b *testing.B, kind stage.Kind, line string, words ...string) {
	b.Helper()
	const lines = 100
	env := &stage.Env{}
	lane := Stage(b, env, kind, words...).(stage.Parallel).NewLane()
	in := Batch(line, lines)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for i := 0; i < b.N; i += lines {
		out, err := lane.Do(in.Retain())
		if err != nil {
			b.Fatal(err)
		}
		out.Release()
	}
	if bad := env.Stats.Bad.Load(); bad > 0 {
		b.Fatalf("%d lines were not decoded", bad)
	}
}
