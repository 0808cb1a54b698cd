package head

import (
	"context"
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

var in = []string{"t=1 s=a", "t=2 s=b", "t=3 s=a", "t=4 s=a", "t=5 s=c", "t=6"}

func TestHead(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f("2", `@1 s="a"`, `@2 s="b"`)
	f("1", `@1 s="a"`)
	f("", `@1 s="a"`, `@2 s="b"`, `@3 s="a"`, `@4 s="a"`, `@5 s="c"`, "@6")
	f("1 by .s", `@1 s="a"`, `@2 s="b"`, `@5 s="c"`, "@6")
	f("2 by .s", `@1 s="a"`, `@2 s="b"`, `@3 s="a"`, `@5 s="c"`, "@6")
	f("1 by .s --max-keys 1", `@1 s="a"`, `@2 s="b"`)
}

// endless is a source that goes on until nobody reads any more.
type endless struct{ env *stage.Env }

func (s endless) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	record := verbtest.Lines("t=1 s=a")[0].Append(nil)
	for {
		if err := c.AddRecord(record); err != nil {
			return err
		}
	}
}

func TestHeadEndsThePipeline(t *testing.T) {
	env := &stage.Env{}
	st, err := verbtest.Make(Kind, env, "3")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	sink := stagetest.Sink(func(b *stage.Batch) error {
		n += b.Len()
		return nil
	})
	if err := stage.Run(context.Background(), env, endless{env}, st, sink); err != nil || n != 3 {
		t.Errorf("%d messages, %v", n, err)
	}
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("0", `"0"`, "at least 1")
	f("ten", `"ten"`, "no whole number")
	f("5 .s", `".s"`, "by .s")
	f("5 by s", `"s"`, ".s")
	f("5 every 10s", `"every"`, "by")
	f("5 by .s --max-keys 0", `"--max-keys 0"`)
}

func BenchmarkHeadBy(b *testing.B) {
	v, _ := match.ParseVar(".status")
	g := keys.NewGroups[int](keys.New(v), 100, func() {})
	s := &keyed{n: 10, groups: g}
	verbtest.Bench(b, func(m *msg.View) { s.first(m) })
}

func TestNoAllocs(t *testing.T) {
	v, _ := match.ParseVar(".status")
	s := &keyed{n: 10, groups: keys.NewGroups[int](keys.New(v), 100, func() {})}
	verbtest.NoAllocs(t, func(m *msg.View) { s.first(m) })
}

// TestHeadAcknowledges wants a batch that is cut not acknowledged.
func TestHeadAcknowledges(t *testing.T) {
	f := func(words string, want int64) {
		t.Helper()
		st, err := verbtest.Make(Kind, &stage.Env{}, words)
		if err != nil {
			t.Fatal(err)
		}
		b := stage.NewPool(1).Get()
		for _, m := range verbtest.Lines("t=1", "t=2", "t=3") {
			b.Off = append(b.Off, uint32(len(b.Buf)))
			b.Buf = m.Append(b.Buf)
		}
		b.Ack = stage.Range{Source: 1, To: 1}
		told, err := stagetest.Told(t.Context(), st, b)
		if err != nil || told[len(told)-1] != want {
			t.Errorf("head %s: %v, %v; want %d", words, told, err, want)
		}
	}
	f("1", 0)
	f("3", 1)
	f("1 by .s", 1) // those that it chose not to let through are done with
}
