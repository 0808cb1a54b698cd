package stage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func payloads(n int) []msg.Message {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprint(i))
	}
	return stagetest.Payloads(lines...)
}

func texts(ms []msg.Message) []string {
	var s []string
	for _, m := range ms {
		s = append(s, m.Payload)
	}
	return s
}

// suffix is the stage that writes something behind each payload.
func suffix(env *stage.Env, s string) stage.Parallel {
	return stage.Map(env, "suffix", func() stage.Func {
		var buf []byte
		return func(m *msg.View, b *msg.Builder) error {
			buf = append(append(buf[:0], m.Payload()...), s...)
			b.Payload = buf
			return nil
		}
	})
}

// TestOrder wants the order of the input from any number of lanes.
func TestOrder(t *testing.T) {
	const n = 3000
	for _, lanes := range []int{1, 2, 3, 7} {
		for _, size := range []int{1, 10, n} {
			env := &stage.Env{Lanes: lanes}
			st := stage.Chain{suffix(env, "a"), stage.Chain{suffix(env, "b")}, suffix(env, "c")}
			got, err := stagetest.RunErr(env, st, size, payloads(n)...)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i := range n {
				want = append(want, fmt.Sprint(i, "abc"))
				want[i] = strings.ReplaceAll(want[i], " ", "")
			}
			if d := cmp.Diff(want, texts(got)); d != "" {
				t.Fatalf("%d lanes, batches of %d:\n%s", lanes, size, d)
			}
		}
	}
}

var errOdd = errors.New("odd")

// odd is the stage that can't process payloads that end in an odd digit, and drops
// those that end in 0.
func odd(env *stage.Env) stage.Stage {
	return stage.Map(env, "odd", func() stage.Func {
		return func(m *msg.View, b *msg.Builder) error {
			p := m.Payload()
			b.Name([]byte("seen"))
			b.Bool(true)
			switch last := p[len(p)-1] - '0'; {
			case last == 0:
				return stage.ErrDrop
			case last%2 == 1:
				return errOdd
			}
			return nil
		}
	})
}

func TestBadMessages(t *testing.T) {
	env := &stage.Env{Lanes: 2}
	got := stagetest.Run(t, env, func() stage.Stage { return odd(env) }, payloads(5)...)
	if d := cmp.Diff([]string{"1", "2", "3", "4"}, texts(got)); d != "" {
		t.Fatal(d)
	}
	mark := []msg.Field{{Name: "heka.error", Value: "odd"}, {Name: "heka.error.by", Value: "odd"}}
	seen := []msg.Field{{Name: "seen", Value: true}}
	for i, want := range [][]msg.Field{mark, seen, mark, seen} {
		if d := cmp.Diff(want, got[i].Fields); d != "" {
			t.Errorf("message %d: %s", i, d)
		}
	}
	if n := env.Stats.Bad.Load(); n != 4 { // twice two
		t.Errorf("%d bad", n)
	}
}

func TestDeadLetters(t *testing.T) {
	var letters []string
	env := &stage.Env{Lanes: 1}
	env.Fail = func(rec []byte) error {
		v, err := msg.Parse(rec[msg.HeaderSize:])
		letters = append(letters, string(v.Payload()))
		return err
	}
	got, err := stagetest.RunErr(env, odd(env), 2, payloads(5)...)
	if d := cmp.Diff([]string{"2", "4"}, texts(got)); d != "" || err != nil {
		t.Error(d, err)
	}
	if d := cmp.Diff([]string{"1", "3"}, letters); d != "" {
		t.Error(d)
	}
}

// TestStrict wants what came before the first bad message, and nothing behind it.
func TestStrict(t *testing.T) {
	for _, lanes := range []int{1, 3} {
		env := &stage.Env{Lanes: lanes, Strict: true}
		got, err := stagetest.RunErr(env, odd(env), 2, stagetest.Payloads("2", "4", "6", "2", "5", "2", "4")...)
		if !errors.Is(err, stage.ErrBadData) || !errors.Is(err, errOdd) {
			t.Errorf("%d lanes: %v", lanes, err)
		}
		if d := cmp.Diff([]string{"2", "4", "6", "2"}, texts(got)); d != "" {
			t.Errorf("%d lanes: %s", lanes, d)
		}
	}
}

func TestSelect(t *testing.T) {
	env := &stage.Env{Lanes: 2}
	even := func() func(*msg.View) bool {
		return func(m *msg.View) bool { p := m.Payload(); return (p[len(p)-1]-'0')%2 == 0 }
	}
	got, err := stagetest.RunErr(env, stage.Chain{stage.Select(even), suffix(env, "!")}, 4, payloads(9)...)
	if d := cmp.Diff([]string{"0!", "2!", "4!", "6!", "8!"}, texts(got)); d != "" || err != nil {
		t.Error(d, err)
	}
}

// first is the stage that ends after one batch.
type first struct{}

func (first) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	b, err := in.Read()
	if err != nil {
		return err
	}
	return out.Write(b)
}

// endless is the source that never ends by itself.
type endless struct{ env *stage.Env }

func (s endless) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	m := payloads(1)[0]
	rec := m.Append(nil)
	for {
		if err := c.AddRecord(rec); err != nil {
			return err
		}
		if err := c.Flush(); err != nil {
			return err
		}
	}
}

// silent is the source that waits for its context.
type silent struct{}

func (silent) Run(ctx context.Context, _ stage.Reader, _ stage.Writer) error {
	<-ctx.Done()
	return ctx.Err()
}

type failing struct{ err error }

func (s failing) Run(_ context.Context, in stage.Reader, _ stage.Writer) error {
	if _, err := in.Read(); err != nil {
		return err
	}
	return s.err
}

// TestEndings wants every pipeline to end, with the right answer, when one of its
// stages does.
func TestEndings(t *testing.T) {
	boom := errors.New("boom")
	f := func(name string, want error, stages func(env *stage.Env) []stage.Stage) {
		t.Helper()
		for _, lanes := range []int{1, 2} {
			env := &stage.Env{Lanes: lanes}
			err := stage.Run(context.Background(), env, stages(env)...)
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
	}
	f("a stage wants no more", nil, func(e *stage.Env) []stage.Stage {
		return []stage.Stage{endless{e}, suffix(e, "x"), first{}, suffix(e, "y")}
	})
	f("a sink fails", boom, func(e *stage.Env) []stage.Stage {
		return []stage.Stage{endless{e}, suffix(e, "x"), failing{boom}}
	})
	f("a stage in the middle fails", boom, func(e *stage.Env) []stage.Stage {
		return []stage.Stage{endless{e}, failing{boom}, suffix(e, "x"), drain{}}
	})
	f("a source that waits is cancelled", nil, func(e *stage.Env) []stage.Stage {
		return []stage.Stage{silent{}, quits{}}
	})
	f("a lane fails while the source waits", errOdd, func(e *stage.Env) []stage.Stage {
		e.Strict = true
		return []stage.Stage{then{stagetest.Source(e, 1, payloads(2)...), silent{}}, odd(e), drain{}}
	})
	f("within a stage, a lane fails while the source waits", errOdd, func(e *stage.Env) []stage.Stage {
		e.Strict = true
		return []stage.Stage{then{stagetest.Source(e, 1, payloads(2)...), silent{}}, within{e, odd(e)}, drain{}}
	})
	f("a stage panics", stage.ErrBug, func(e *stage.Env) []stage.Stage {
		return []stage.Stage{endless{e}, stage.Map(e, "p", func() stage.Func {
			return func(*msg.View, *msg.Builder) error { panic("oops") }
		}), drain{}}
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := stage.Run(ctx, &stage.Env{}, silent{}, drain{}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// then is the source that is one and then another.
type then struct{ a, b stage.Stage }

func (s then) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	if err := s.a.Run(ctx, in, out); err != nil {
		return err
	}
	return s.b.Run(ctx, in, out)
}

// within is the stage that leaves everything to another.
type within struct {
	env *stage.Env
	st  stage.Stage
}

func (s within) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	b, err := in.Read()
	if err != nil {
		return err
	}
	return stage.Continue(ctx, s.env, b, in, out, s.st)
}

type drain struct{}

func (drain) Run(_ context.Context, in stage.Reader, _ stage.Writer) error { return stage.Drain(in) }

type quits struct{}

func (quits) Run(context.Context, stage.Reader, stage.Writer) error { return nil }

// window counts messages between ticks.
type window struct{ every int64 }

func (w window) Every() int64 { return w.every }

func (w window) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	env := &stage.Env{}
	c := stage.NewCollector(env, out)
	n := 0
	emit := func(at int64) error {
		b := msg.Builder{Timestamp: at, Payload: []byte(fmt.Sprint(n))}
		n = 0
		if err := c.Add(&b); err != nil {
			return err
		}
		return c.Flush()
	}
	for {
		b, err := in.Read()
		if err == io.EOF {
			return emit(0)
		}
		if err != nil {
			return err
		}
		n += b.Len()
		if b.Tick != 0 {
			if err := emit(b.Tick); err != nil {
				return err
			}
		}
		b.Release()
	}
}

// TestDataTime wants windows by the messages' timestamps, however they come in
// batches.
func TestDataTime(t *testing.T) {
	var in []msg.Message
	for _, s := range []int64{100, 101, 109, 110, 119, 120, 145, 146} {
		in = append(in, msg.Message{Timestamp: s * 1e9})
	}
	env := &stage.Env{DataTime: true, Lanes: 2}
	got := stagetest.Run(t, env, func() stage.Stage { return window{10e9} }, in...)
	var s []string
	for _, m := range got {
		s = append(s, fmt.Sprint(m.Timestamp/1e9, ":", m.Payload))
	}
	want := []string{"110:3", "120:2", "130:1", "140:0", "0:2"}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
}

// TestDataGap wants a gap of a century to cost a bounded number of windows.
func TestDataGap(t *testing.T) {
	in := []msg.Message{{Timestamp: 1e9}, {Timestamp: 3e18}}
	got := stagetest.Run(t, &stage.Env{DataTime: true}, func() stage.Stage { return window{1e9} }, in...)
	if len(got) > 1100 || got[len(got)-2].Timestamp != 3e18 {
		t.Errorf("%d windows", len(got))
	}
}

// TestTicks wants ticks of the machine's clock while nothing comes in.
func TestTicks(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	var last int64
	sink := stagetest.Sink(func(b *stage.Batch) error {
		if b.Tick == 0 {
			return nil
		}
		if b.Tick <= last || b.Tick%20e6 != 0 {
			t.Errorf("tick at %d after %d", b.Tick, last)
		}
		last = b.Tick
		if n++; n == 3 {
			cancel()
		}
		return nil
	})
	env := &stage.Env{Lanes: 2}
	stage.Run(ctx, env, silent{}, suffix(env, "x"), pass{20e6}, sink)
	if n < 3 {
		t.Errorf("%d ticks", n)
	}
}

// pass wants ticks and hands everything on.
type pass struct{ every int64 }

func (p pass) Every() int64 { return p.every }

func (p pass) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// TestBatches checks the counting of references, and that pools give back what is
// released.
func TestBatches(t *testing.T) {
	p := stage.NewPool(2)
	b := p.Get()
	m := payloads(1)[0]
	b.Off = append(b.Off, 0)
	b.Buf = m.Append(b.Buf)
	b.Off = append(b.Off, uint32(len(b.Buf)))
	b.Buf = m.Append(b.Buf)
	b.Ack = stage.Range{Source: 3, From: 1, To: 9}
	s := b.Retain().Select(b.Off[1:])
	if s.Len() != 1 || s.Ack != b.Ack {
		t.Errorf("%d records, %+v", s.Len(), s.Ack)
	}
	b.Release()
	if whole, ok := s.Bytes(); !ok || len(whole) != len(s.Record(0)) {
		t.Error("bytes of a selection")
	}
	s.Release()
	again := p.Get()
	if again != b || again.Len() != 0 || len(again.Buf) != 0 || again.Ack != (stage.Range{}) {
		t.Error("the batch did not come back clean")
	}
	again.Release()
	defer func() {
		if recover() == nil {
			t.Error("released twice, and no panic")
		}
	}()
	again.Release()
}
