package stage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// TestAcks wants each helper to carry acknowledgements on.
func TestAcks(t *testing.T) {
	f := func(name string, newStages func(env *stage.Env) []stage.Stage) {
		t.Run(name, func(t *testing.T) { stagetest.Acks(t, newStages, payloads(9)...) })
	}
	f("nothing", func(*stage.Env) []stage.Stage { return nil })
	f("Map", func(e *stage.Env) []stage.Stage { return []stage.Stage{suffix(e, "x")} })
	f("Map, messages dropped", func(e *stage.Env) []stage.Stage { return []stage.Stage{odd(e)} })
	f("Map, dead letters", func(e *stage.Env) []stage.Stage {
		e.Fail = func([]byte) error { return nil }
		return []stage.Stage{odd(e)}
	})
	none := func() func(*msg.View) bool { return func(*msg.View) bool { return false } }
	f("Select", func(*stage.Env) []stage.Stage { return []stage.Stage{stage.Select(none)} })
	f("Sift", func(*stage.Env) []stage.Stage { return []stage.Stage{stage.Sift(none())} })
	f("Output", func(e *stage.Env) []stage.Stage { return []stage.Stage{stage.Output(e, io.Discard)} })
	for _, format := range []string{"json", "csv", "text"} {
		f("Encode "+format, func(e *stage.Env) []stage.Stage {
			st, err := stage.Encode(e, format)
			if err != nil {
				t.Fatal(err)
			}
			return []stage.Stage{st, stage.OutputText(e, io.Discard)}
		})
	}
	f("Pass", func(*stage.Env) []stage.Stage { return []stage.Stage{passing{}} })
	f("ticks of data time", func(e *stage.Env) []stage.Stage {
		e.DataTime = true
		return []stage.Stage{suffix(e, "x"), pass{1}}
	})
	f("Continue", func(e *stage.Env) []stage.Stage {
		return []stage.Stage{within{e, stage.Chain{suffix(e, "x"), passing{}}}}
	})
	f("a function that sinks", func(e *stage.Env) []stage.Stage {
		return []stage.Stage{stagetest.Sink(func(*stage.Batch) error { return nil })}
	})
}

// passing gives up all records.
type passing struct{}

func (passing) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stage.Pass(b, out); err != nil {
			return err
		}
	}
}

// failsAt is a Writer whose n-th Write fails.
type failsAt struct{ n int }

func (w *failsAt) Write(p []byte) (int, error) {
	if w.n--; w.n == 0 {
		return 0, errOdd
	}
	return len(p), nil
}

// TestNotAcked wants what was not delivered not to be acknowledged, and the source
// settled all the same.
func TestNotAcked(t *testing.T) {
	f := func(name string, want []stage.Range, newStages func(env *stage.Env) []stage.Stage) {
		t.Helper()
		for _, lanes := range []int{1, 3} {
			env := &stage.Env{Lanes: lanes}
			p := stagetest.NewPositions(env, payloads(9)...)
			stage.Run(context.Background(), env, append([]stage.Stage{p}, newStages(env)...)...)
			if got := p.Ranges(); !slices.Equal(got, want) {
				t.Errorf("%s, %d lanes: acknowledged %v, want %v", name, lanes, got, want)
			}
			if err := p.Check(); err == nil || !bytes.Contains([]byte(err.Error()), []byte("want [")) {
				t.Errorf("%s, %d lanes: %v", name, lanes, err)
			}
		}
	}
	two := []stage.Range{{Source: 1, To: 10}, {Source: 2, To: 10}}
	f("a write fails", two, func(e *stage.Env) []stage.Stage {
		return []stage.Stage{suffix(e, "x"), stage.Output(e, &failsAt{n: 3})}
	})
	f("bad data under --strict", []stage.Range{{Source: 1, To: 10}}, func(e *stage.Env) []stage.Stage {
		e.Strict = true
		return []stage.Stage{odd(e), stage.Output(e, io.Discard)}
	})
	f("dead letters can't be written", []stage.Range{{Source: 1, To: 10}},
		func(e *stage.Env) []stage.Stage {
			e.Fail = func([]byte) error { return io.ErrShortWrite }
			return []stage.Stage{odd(e), stage.Output(e, io.Discard)}
		})
	f("a batch is cut", nil, func(*stage.Env) []stage.Stage { return []stage.Stage{cutting{}} })
}

// cutting lets the first batch through without its acknowledgement, and ends.
type cutting struct{}

func (cutting) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	b, err := in.Read()
	if err != nil {
		return err
	}
	return out.Write(b.Cut(b.Off[:0]))
}

// unsettled is a source that can't keep its positions.
type unsettled struct {
	stage.Stage
	err error
}

func (unsettled) Acked(stage.Range) {}

func (u unsettled) Settle() error {
	if u.err == nil {
		panic("oops")
	}
	return u.err
}

func TestSettle(t *testing.T) {
	boom := errors.New("boom")
	f := func(want error, settle error, st stage.Stage) {
		t.Helper()
		src := stagetest.Source(&stage.Env{}, 1, payloads(3)...)
		err := stage.Run(context.Background(), &stage.Env{}, unsettled{src, settle}, st)
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	f(boom, boom, drain{})
	f(errOdd, boom, failing{errOdd})
	f(stage.ErrBug, nil, drain{})
}

// TestDataTimeAcks wants a batch that ticks cut in pieces acknowledged with the last.
func TestDataTimeAcks(t *testing.T) {
	env := &stage.Env{DataTime: true, Pool: stage.NewPool(4)}
	var s string
	sink := stagetest.Sink(func(b *stage.Batch) error {
		s += fmt.Sprint(b.Len(), b.Tick/1e9, b.Ack.To, " ")
		return nil
	})
	stage.Run(context.Background(), env, timed{env}, pass{10e9}, sink)
	if want := "1 0 0 0 20 0 1 0 0 0 30 0 2 0 7 "; s != want {
		t.Errorf("%q, want %q", s, want)
	}
}

// timed gives one batch over three windows.
type timed struct{ env *stage.Env }

func (s timed) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	for _, sec := range []int64{11, 21, 31, 32} {
		if err := c.Add(&msg.Builder{Timestamp: sec * 1e9}); err != nil {
			return err
		}
	}
	if err := c.Acknowledge(stage.Range{Source: 1, To: 7}); err != nil {
		return err
	}
	return c.Flush()
}

// TestCollectorAcks wants ranges on what holds the last of them, or behind it.
func TestCollectorAcks(t *testing.T) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	var got []string
	c := stage.NewCollector(env, stagetest.Writer(func(b *stage.Batch) {
		got = append(got, fmt.Sprint(b.Len() > 0, b.Ack))
	}))
	large := msg.Builder{Payload: make([]byte, stage.BatchFull)}
	for _, err := range []error{
		c.Add(&large), c.Acknowledge(stage.Range{Source: 1, To: 5}),
		c.Add(&msg.Builder{}), c.Acknowledge(stage.Range{Source: 1, From: 5, To: 9}), c.Flush(),
		c.Flush(), c.Acknowledge(stage.Range{Source: 1, From: 9, To: 10}),
		c.Acknowledge(stage.Range{Source: 2, From: 1, To: 2}), c.Flush(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"true {0 0 0 0}", "true {1 0 9 0}", "false {1 9 10 0}", "false {2 1 2 0}"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestAcksHeld wants ranges that touch to become one, in whatever order they come.
func TestAcksHeld(t *testing.T) {
	f := func(want string, in ...stage.Range) {
		t.Helper()
		var a stage.Acks
		p := stage.NewPool(2)
		for _, r := range in {
			b := p.Tick(0, false)
			b.Ack = r
			a.Add(b)
			b.Release()
		}
		var got []stage.Range
		for range 2 { // the second time nothing is left
			a.Flush(stagetest.Writer(func(b *stage.Batch) { got = append(got, b.Ack) }))
		}
		if s := strings.ReplaceAll(fmt.Sprint(got), " 0}", "}"); s != want { // without hops
			t.Errorf("%v: %s, want %s", in, s, want)
		}
	}
	r := func(source uint32, from, to int64) stage.Range {
		return stage.Range{Source: source, From: from, To: to}
	}
	f("[]")
	f("[]", r(1, 5, 5), r(0, 0, 0))
	f("[{1 0 9}]", r(1, 0, 4), r(1, 4, 9))
	f("[{1 0 9}]", r(1, 4, 9), r(1, 0, 4))
	f("[{1 0 9}]", r(1, 0, 2), r(1, 7, 9), r(1, 2, 7))
	f("[{1 0 9}]", r(1, 0, 9), r(1, 2, 3))
	f("[{1 0 2} {1 3 9}]", r(1, 3, 9), r(1, 0, 2))
	f("[{1 0 4} {2 4 9}]", r(2, 4, 9), r(1, 0, 4))
	var a stage.Acks
	room := true
	for n := int64(0); room; n++ {
		b := stage.NewPool(1).Tick(0, false)
		if b.Ack = r(1, 2*n, 2*n+1); n > 5000 {
			t.Fatal("no bound")
		}
		room = a.Add(b)
	}
}

// TestAckAllocs wants nothing allocated for acknowledgements.
func TestAckAllocs(t *testing.T) {
	p, w := stage.NewPool(4), stagetest.Writer(nil)
	var a stage.Acks
	n := int64(0)
	run := func() {
		for range 3 {
			b := p.Get()
			b.Ack = stage.Range{Source: 1, From: n, To: n + 1}
			n++
			a.Add(b)
			stage.Pass(b, w)
		}
		a.Flush(w)
	}
	run()
	if n := testing.AllocsPerRun(100, run); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestGaps wants gaps in their places, fused and by records, and none in text.
func TestGaps(t *testing.T) {
	words := []string{"7", "a", "b", "5", "6", "c", "8"}
	show := func(src stage.Stage, env *stage.Env) string {
		var s string
		var v msg.View
		sink := stagetest.Sink(func(b *stage.Batch) error {
			for i := range b.Off {
				b.View(i, &v)
				s += string(v.Payload()) + " "
			}
			if b.Gap != nil {
				s += fmt.Sprint(*b.Gap, " ")
			}
			return nil
		})
		if err := stage.Run(context.Background(), env, src, suffix(env, "!"), pass{}, sink); err != nil {
			t.Error(err)
		}
		return s
	}
	newEnv := func() *stage.Env { return &stage.Env{Pool: stage.NewPool(4), Lanes: 2} }
	env, want := newEnv(), "{f 0 7 r} a! b! {f 0 5 r} {f 0 6 r} c! {f 0 8 r} "
	if got := show(gapped{env, words}, env); got != want {
		t.Errorf("fused: %s", got)
	}
	name := filepath.Join(t.TempDir(), "f.heka")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := stage.Run(t.Context(), env, gapped{env, words}, stage.Output(env, f)); err != nil {
		t.Fatal(err)
	}
	env = newEnv()
	if got := show(stage.Input(env, []string{name}, frame.Options{}), env); got != want {
		t.Errorf("by records: %s", got)
	}
	var text bytes.Buffer
	enc, err := stage.Encode(env, "logfmt")
	if err != nil {
		t.Fatal(err)
	}
	err = stage.Run(t.Context(), env, gapped{env, []string{"1", "2"}}, enc, stage.OutputText(env, &text))
	if err != nil || text.Len() > 0 {
		t.Errorf("as text: %v, %q", err, text.Bytes())
	}
}

// gapped is the source of messages and gaps: a word of digits is the length of one.
type gapped struct {
	env   *stage.Env
	words []string
}

func (s gapped) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	for _, w := range s.words {
		if g := (frame.Gap{Source: "f", Reason: "r"}); w[0] <= '9' {
			fmt.Sscan(w, &g.Bytes)
			if err := errors.Join(c.Flush(), out.Write(s.env.Pool.Gap(&g))); err != nil {
				return err
			}
		} else if err := c.AddRecord(stagetest.Payloads(w)[0].Append(nil)); err != nil {
			return err
		}
	}
	return c.Flush()
}
