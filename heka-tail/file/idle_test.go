package file

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"testing"

	"heka/heka-tail/internal/source"
	"heka/lib/position"
	"heka/lib/stage"
)

// still is a follower that does nothing of itself.
func still(t *testing.T, budget int, store *position.Store, args ...string) *reader {
	t.Helper()
	env := &stage.Env{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	st, err := parse(env, args...)
	if err != nil {
		t.Fatal(err)
	}
	tl := st.(*tail)
	tl.pace = quick
	tl.sink = source.NewSink(env, dropped{tl})
	tl.sink.Store, tl.sink.Spec = store, tl.spec
	c := newCensus(tl.layout(tl.args, false), &logOnce{log: env.Logger()})
	r := &reader{tail: tl, census: c, sink: tl.sink, log: c.log, live: true, pace: quick, budget: budget}
	t.Cleanup(r.close)
	c.all()
	for _, s := range c.allStreams() {
		if err := r.plan(s); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// dropped acknowledges what it gets.
type dropped struct{ tail *tail }

func (d dropped) Write(b *stage.Batch) error {
	d.tail.Acked(b.Ack)
	b.Release()
	return nil
}

// drain reads until there is nothing more to do.
func (r *reader) drain(t *testing.T) (steps int) {
	t.Helper()
	for s := r.census.next(); s != nil; s = r.census.next() {
		if err := r.one(s); err != nil {
			t.Fatal(err)
		}
		if steps++; steps > 1e6 {
			t.Fatal("there is always something to do")
		}
	}
	return steps
}

// Files that do not grow cost nothing, also when there are more of them than may be
// open.
func TestIdle(t *testing.T) {
	f := func(budget int) {
		t.Helper()
		dir := t.TempDir()
		for i := range 40 {
			write(t, fmt.Sprintf("%s/%d.log", dir, i), "1\nhalf")
		}
		r := still(t, budget, nil, "-f", "--from-start", dir+"/*.log")
		r.drain(t)
		if r.open > budget {
			t.Errorf("%d files are open, with a budget of %d", r.open, budget)
		}
		turn, steps := r.turn, 0
		for range 10 {
			r.census.all()
			r.restless()
			steps += r.drain(t)
		}
		if n := r.turn - turn; n > uint64(10*min(budget, 40)) {
			t.Errorf("budget %d: %d reads, %d steps, of nothing", budget, n, steps)
		}
	}
	f(4)
	f(100)
}

// What is known of files that have gone is forgotten, and so is what may be
// acknowledged of them.
func TestForgets(t *testing.T) {
	dir := t.TempDir()
	store, err := position.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r := still(t, 100, store, "-f", dir+"/a.log")
	for i := range 50 {
		write(t, dir+"/a.log", fmt.Sprintf("%d\n", i)) // another content each time
		r.census.all()
		r.drain(t)
		if i%10 == 9 {
			os.Remove(dir + "/a.log")
		}
	}
	if n := r.sink.Waiting(); n > 10 {
		t.Errorf("%d contents may be acknowledged", n)
	}
	if n := len(store.All()); n > 10 {
		t.Errorf("%d positions", n)
	}
}

func BenchmarkManyFiles(b *testing.B) {
	dir := b.TempDir()
	for i := range 10000 {
		if err := os.WriteFile(fmt.Sprintf("%s/a.log.%d.gz", dir, i), packGzip("1\n"), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		env := &stage.Env{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		st, _ := parse(env, dir+"/a.log*")
		tl := st.(*tail)
		tl.sink = source.NewSink(env, dropped{tl})
		c := newCensus(tl.layout(tl.args, false), &logOnce{log: env.Logger()})
		r := &reader{tail: tl, census: c, sink: tl.sink, log: c.log, pace: quick, budget: 100}
		c.all()
		for _, s := range c.allStreams() {
			if err := r.plan(s); err != nil {
				b.Fatal(err)
			}
		}
	}
}
