package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const start = 1772366400e9 // 2026-03-01T12:00:00Z

// clock is a clock that goes on by waiting alone.
type clock struct {
	now   int64
	waits int
	stop  int // ends at this wait, if it is not 0
}

func (c *clock) Now() int64 { return c.now }

func (c *clock) Wait(_ context.Context, _ <-chan struct{}, t int64) bool {
	if c.waits++; c.waits == c.stop {
		return false
	}
	c.now = max(c.now, t)
	return true
}

func build(env *stage.Env, words ...string) (stage.Stage, error) {
	return stagetest.Make(Kind, env, words...)
}

// capture writes messages of these milliseconds after the start, in one block.
func capture(t *testing.T, ms ...int64) string {
	t.Helper()
	var out bytes.Buffer
	w := frame.NewBlockWriter(&out, frame.BlockOptions{})
	for i, at := range ms {
		m := msg.Message{Timestamp: start + at*1e6, Payload: fmt.Sprint(i), Severity: 7}
		w.Write(m.Append(nil), 1, m.Timestamp, m.Timestamp)
	}
	w.Flush()
	name := filepath.Join(t.TempDir(), "a.heka")
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// play runs a command line on a clock, and returns when each batch came and what
// was in it: "0:a,b 250:c", in milliseconds from the start. The timestamps of the
// messages, in milliseconds from when the replay began, are the letters.
func play(t *testing.T, c *clock, base int64, words ...string) string {
	t.Helper()
	env := &stage.Env{}
	st, err := build(env, words...)
	if err != nil {
		t.Fatal(err)
	}
	began := c.now
	st.(*replay).clock = c
	var got []string
	w := writer(func(b *stage.Batch) error {
		var in []string
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			in = append(in, fmt.Sprint((v.Timestamp()-base)/1e6))
		}
		got = append(got, fmt.Sprint((c.now-began)/1e6)+":"+strings.Join(in, ","))
		b.Release()
		return nil
	})
	env.Pool = stage.NewPool(4)
	if err := st.Run(context.Background(), nil, w); err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, " ")
}

type writer func(*stage.Batch) error

func (w writer) Write(b *stage.Batch) error { return w(b) }

func TestSpeed(t *testing.T) {
	name := capture(t, 0, 1, 500, 500, 200, 10000, 20000)
	f := func(want string, words ...string) {
		t.Helper()
		if got := play(t, &clock{now: 5e18}, start, append(words, name)...); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", words, got, want)
		}
	}
	f("0:0,1 500:500,500,200 10000:10000 20000:20000")
	f("0:0,1 50:500,500,200 1000:10000 2000:20000", "--speed", "10x")
	f("0:0 2:1 1000:500,500,200 20000:10000 40000:20000", "--speed", "0.5x")
	f("0:0,1,500,500,200,10000,20000", "--speed", "max")
	f("0:0,1 500:500,500,200 1500:10000 2500:20000", "--max-gap", "1s")
	f("0:500,500,200 9500:10000", "--from", "2026-03-01T12:00:00.2Z", "--to", "2026-03-01T12:00:20Z")
	f("0:0,1 500:500,500,200 500:0,1 1000:500,500,200", "--loop", "2", "--to", "2026-03-01T12:00:01Z",
		"--from", "2026-03-01T11:00:00Z", "--max-gap", "1h", "--speed", "1")
}

func TestLoopWithoutEnd(t *testing.T) {
	c := &clock{now: 1, stop: 4}
	got := play(t, c, start, "--loop", "0", capture(t, 0, 100))
	if got != "0:0 100:100 100:0 200:100 200:0 300:100 300:0" {
		t.Error(got)
	}
	if got := play(t, &clock{}, start, "--loop", "0", "--from", "now", capture(t, 0)); got != "" {
		t.Error("a window with nothing in it:", got)
	}
}

func TestRebase(t *testing.T) {
	const now = 1900000000e9
	got := play(t, &clock{now: now}, now, "--rebase-now", capture(t, 50, 60, 250))
	if got != "0:0 10:10 200:200" {
		t.Error(got)
	}
	got = play(t, &clock{now: now}, now, "--rebase-now", "--speed", "max", capture(t, 50, 60, 250))
	if got != "0:0,10,200" {
		t.Error(got)
	}
}

// TestExtremes has timestamps whose distance no int64 holds.
func TestExtremes(t *testing.T) {
	var out bytes.Buffer
	w := frame.NewBlockWriter(&out, frame.BlockOptions{})
	for _, ts := range []int64{math.MinInt64, math.MaxInt64, 0} {
		m := msg.Message{Timestamp: ts}
		w.Write(m.Append(nil), 1, ts, ts)
	}
	w.Flush()
	name := filepath.Join(t.TempDir(), "a.heka")
	os.WriteFile(name, out.Bytes(), 0o600)
	c := &clock{now: 5e18}
	play(t, c, 0, name)
	if c.now != math.MaxInt64 || c.waits != 1 {
		t.Error(c)
	}
	c = &clock{now: 5e18}
	play(t, c, 0, "--max-gap", "1s", name)
	if c.now != 5e18+1e9 {
		t.Error(c)
	}
}

// TestStop ends the machine's clock in the middle of a wait.
func TestStop(t *testing.T) {
	name := capture(t, 0, 3600_000)
	for _, kill := range []bool{false, true} {
		stop := make(chan struct{})
		ctx, cancel := context.WithCancel(context.Background())
		env := &stage.Env{Stop: stop}
		st, err := build(env, name)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		err = stage.Run(ctx, env, st, stagetest.Sink(func(b *stage.Batch) error {
			if n += b.Len(); kill {
				cancel()
			} else {
				close(stop)
			}
			return nil
		}))
		cancel()
		if n != 1 || kill != errors.Is(err, context.Canceled) {
			t.Error(n, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		_, err := build(&stage.Env{}, words...)
		var usage *stage.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", words, err, want)
		}
	}
	f("--speed fast: want", "--speed", "fast", "a")
	f("--speed 0x: want", "--speed", "0x", "a")
	f("--speed -1: want", "--speed", "-1", "a")
	f("--speed 1e3x: want", "--speed", "1e3x", "a")
	f("--speed : want", "--speed", "", "a")
	f("--max-gap 10: want", "--max-gap", "10", "a")
	f("--from \"x\" is no time", "--from", "x", "a")
	f("--loop -1: want", "--loop", "-1", "a")
	f("name a file", "--loop", "2")
	f("name a file", "--loop", "0", "-")
	f("is empty", "")
	f("- is given twice", "-", "a", "-")
}

func TestNoFile(t *testing.T) {
	env := &stage.Env{}
	st, err := build(env, filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatal(err)
	}
	var pe *os.PathError
	if err := stage.Run(context.Background(), env, st); !errors.As(err, &pe) {
		t.Error(err)
	}
}

// newPacer returns a pacer that is never early, and a full batch for it.
func newPacer() (*pacer, *stage.Batch) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	in := env.Pool.Get()
	for i := 0; len(in.Buf) < stage.BatchFull; i++ {
		m := msg.Message{Timestamp: start + int64(i), Payload: strings.Repeat("x", 400)}
		in.Off = append(in.Off, uint32(len(in.Buf)))
		in.Buf = m.Append(in.Buf)
	}
	c := &clock{now: int64(time.Hour)}
	r := &replay{env: env, speed: 1, rebase: true, maxGap: math.MaxInt64, clock: c}
	p := &pacer{replay: r, ctx: context.Background(), out: writer(func(b *stage.Batch) error {
		b.Release()
		return nil
	})}
	return p, in
}

func TestAllocs(t *testing.T) {
	p, in := newPacer()
	run := func() {
		if err := p.pace(in); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%g allocations a batch", n)
	}
}

// BenchmarkPace is of messages that are due with those before them.
func BenchmarkPace(b *testing.B) {
	p, in := newPacer()
	b.ReportAllocs()
	b.SetBytes(int64(len(in.Buf)))
	for b.Loop() {
		if err := p.pace(in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*in.Len()), "ns/msg")
}
