package tail

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"heka/heka-filter/internal/verbtest"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestTail(t *testing.T) {
	var in, out []string
	for i := range 50 {
		in = append(in, fmt.Sprintf("t=%d n=%d", i, i))
		out = append(out, fmt.Sprintf("@%d n=%d", i, i))
	}
	f := func(words string, n int) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, out[max(0, len(out)-n):])
	}
	f("", 10)
	f("1", 1)
	f("17", 17)
	f("50", 50)
	f("5000", 50)
}

func TestNothing(t *testing.T) { verbtest.Run(t, Kind, "5", nil, nil) }

func TestBoundOfBytes(t *testing.T) {
	var log verbtest.Log
	env := &stage.Env{Log: log.Logger()}
	st := &tail{env: env, n: 100, most: 10_000, ring: ring{max: 100}}
	var in []string
	for i := range 100 {
		in = append(in, fmt.Sprintf("n=%d Payload=%s", i, strings.Repeat("x", i*37%900)))
	}
	got, err := stagetest.RunErr(env, st, 7, verbtest.Lines(in...)...)
	if err != nil || len(got) < 5 || len(got) > 99 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	for i, m := range got {
		if n := int64(100 - len(got) + i); m.Fields[0].Value != n {
			t.Errorf("message %d is %v, want %d", i, m.Fields[0].Value, n)
		}
	}
	if st.ring.bytes > st.most {
		t.Errorf("%d bytes", st.ring.bytes)
	}
	held := 0
	for _, r := range st.ring.records {
		held += cap(r)
	}
	if held != st.ring.bytes {
		t.Errorf("%d bytes are held, %d counted", held, st.ring.bytes)
	}
	if n := env.Stats.Dropped.Load(); n != int64(100-len(got)) {
		t.Errorf("%d dropped", n)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("log has %d lines:\n%s", n, log.String())
	}
}

// ticks is a source of messages with a tick for a terminal behind each.
type ticks struct {
	env *stage.Env
	in  []msg.Message
}

func (s ticks) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	for i := range s.in {
		if err := c.AddRecord(s.in[i].Append(nil)); err != nil {
			return err
		}
		if err := c.Flush(); err != nil {
			return err
		}
		if err := out.Write(s.env.Pool.Tick(1e9, true)); err != nil {
			return err
		}
	}
	return nil
}

func TestSnapshots(t *testing.T) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	st, err := verbtest.Make(Kind, env, "2")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	sink := stagetest.Sink(func(b *stage.Batch) error {
		if b.Tick == 0 && b.Len() > 0 {
			got = append(got, fmt.Sprint(b.Len(), b.Interim))
		}
		return nil
	})
	in := verbtest.Lines("n=1", "n=2", "n=3")
	if err := stage.Run(context.Background(), env, ticks{env, in}, st, sink); err != nil {
		t.Fatal(err)
	}
	if s := strings.Join(got, ","); s != "1 true,2 true,2 true,2 false" {
		t.Errorf("batches %s", s)
	}
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("0", `"0"`, "at least 1")
	f("x", `"x"`, "such as 10")
	f("1 2", `"2"`, "one word too many")
	f("1 by .x", `"by"`, "no such clause")
	f("99999999999", `"99999999999"`, "at most")
}

func TestNoAllocs(t *testing.T) {
	s := &tail{env: &stage.Env{}, n: 100, most: maxBytes, ring: ring{max: 100}}
	verbtest.NoAllocsBatch(t, func(b *stage.Batch) *stage.Batch {
		s.keep(b)
		return b
	})
}

func BenchmarkTail(b *testing.B) {
	s := &tail{env: &stage.Env{}, n: 2000, most: maxBytes, ring: ring{max: 2000}}
	verbtest.BenchBatch(b, func(b *stage.Batch) *stage.Batch {
		s.keep(b)
		return b
	})
}
