package file

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/frame"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// theSink returns the sink alone of what a command line asks for.
func theSink(t *testing.T, env *stage.Env, words ...string) stage.Stage {
	t.Helper()
	st, err := make1(env, words...)
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := st.(stage.Chain); ok {
		return c[len(c)-1]
	}
	return st
}

// TestAcknowledges wants messages acknowledged when they are as durable as --fsync
// says, and not before: after each batch or tick, how many were.
func TestAcknowledges(t *testing.T) {
	f := func(name, steps, want string, words ...string) {
		t.Helper()
		env := &stage.Env{Columns: []string{"Payload"}}
		st := theSink(t, env, append(words, filepath.Join(t.TempDir(), name))...)
		told, err := stagetest.Told(t.Context(), st,
			stagetest.Batches(env, strings.Fields(steps)...)...)
		if got := strings.Trim(fmt.Sprint(told), "[]"); err != nil || got != want {
			t.Errorf("%s %q: %s, %v; want %s", name, words, got, err, want)
		}
	}
	steps := "a b @1 c @2 d"
	f("f.json", steps, "1 2 2 3 3 4 4", "--fsync", "never")
	f("f.json", steps, "1 2 2 3 3 4 4", "--fsync", "batch")
	f("f.json", steps, "0 0 2 2 3 3 4", "--fsync", "1s")
	f("f.json", steps, "0 0 0 0 0 0 4", "--fsync", "close")
	f("f.heka", steps, "0 0 2 2 3 3 4", "--fsync", "never") // until the unit is written
	f("f.heka", steps, "1 2 2 3 3 4 4", "--fsync", "batch")
	f("f.heka", steps, "0 0 2 2 3 3 4", "--fsync", "1s")
	f("f.json.gz", steps, "0 0 0 0 0 0 4", "--fsync", "close")

	// On rotation, what is in the file that is put aside.
	f("f.log", "a b c d e", "0 0 0 3 3 5", "--fsync", "close", "--rotate-size", "6")
	f("f.csv", "a b c d e", "0 0 2 2 4 5", "--fsync", "close", "--rotate-size", "12")
	f("f.log", "@1 a b @2 c", "0 0 0 2 2 3", "--fsync", "close", "--rotate-every", "1s")

	// Of many files, the one that is not safe holds all.
	f("%{Payload}.log", "a b @1 a", "1 2 2 3 3", "--fsync", "batch")
	f("%{Payload}.log", "a b @1 a", "0 0 2 2 3", "--fsync", "1s")
	f("%{Payload}.log", "a b a a", "0 0 0 0 4", "--fsync", "close", "--rotate-size", "3")
	f("%{Payload}.log", "a b", "1 2 2", "--fsync", "never", "--max-files", "1") // b is lost, and said to be
}

// TestManyFilesAcknowledge wants files that are closed because others are open not to
// hold anything, nor to give it free.
func TestManyFilesAcknowledge(t *testing.T) {
	env := &stage.Env{}
	var words []string
	for i := range 2 * maxOpen {
		words = append(words, fmt.Sprint("w", i))
	}
	st := theSink(t, env, "--fsync", "close", filepath.Join(t.TempDir(), "%{Payload}.log"))
	told, err := stagetest.Told(t.Context(), st, stagetest.Batches(env, words...)...)
	if n := len(words); err != nil || told[n-1] != 0 || told[n] != int64(n) {
		t.Error(told, err)
	}
}

// TestGaps wants a gap in its place in a capture, acknowledged as messages are, and
// none in text.
func TestGaps(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		env := &stage.Env{}
		in := stagetest.Batches(env, "a", "b")
		gap := env.Pool.Gap(&frame.Gap{Source: "s", Bytes: 5})
		gap.Ack = stage.Range{Source: 2, To: 1}
		path := filepath.Join(t.TempDir(), name)
		told, err := stagetest.Told(t.Context(), theSink(t, env, path), in[0], gap, in[1])
		if err != nil || told[3] != 3 || told[2] != 0 {
			t.Errorf("%s: %v, %v", name, told, err)
		}
		p, err := os.Open(strings.ReplaceAll(path, "%{Logger}", "test"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		var got string
		r := frame.NewReader(p, frame.Options{
			Now: func() int64 { return 0 },
			Gap: func(g frame.Gap) { got += fmt.Sprint(g.Bytes) },
		})
		for err == nil {
			var off []uint32
			if _, off, err = r.Read(nil, nil); len(off) > 0 {
				got += strings.Repeat("m", len(off))
			}
		}
		if got != want || r.Stats != (frame.Stats{}) {
			t.Errorf("%s: %s, want %s; %+v", name, got, want, r.Stats)
		}
	}
	f("f.heka", "m5m")
	f("f.json", "mm")
	f("%{Logger}.heka", "mm")
}

// TestRotateInDataTime wants nothing lost where ticks of the messages' timestamps
// meet lanes that render.
func TestRotateInDataTime(t *testing.T) {
	in := stagetest.Payloads("1", "2", "3")
	for i := range in {
		in[i].Timestamp = int64(i)*1e9 + 5e8
	}
	dir := t.TempDir()
	run(t, &stage.Env{DataTime: true}, len(in), in, "--rotate-every", "2s", filepath.Join(dir, "f.log"))
	if got, want := tree(t, dir), "f.log: 3 \nf.log.1: 1 2 \n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
