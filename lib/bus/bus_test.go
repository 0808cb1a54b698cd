package bus_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/bus"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source publishes messages: a batch for each word, which is its payload and its type,
// of one content.
type source struct {
	env   *stage.Env
	words []string
	from  int // the first word that is not acknowledged

	mu    sync.Mutex
	acked []stage.Range
}

func (s *source) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	for i := s.from; i < len(s.words); i++ {
		b := s.env.Pool.Get()
		for j, w := range strings.Split(s.words[i], ",") {
			m := msg.Builder{Type: []byte(w), Payload: []byte(w)}
			msg.PutUuid(&m.Uuid, 8<<12|77<<16, 1<<63|uint64(i*100+j+1))
			b.Off = append(b.Off, uint32(len(b.Buf)))
			b.Buf = m.Append(b.Buf)
		}
		b.Ack = stage.Range{Source: 1, From: int64(i), To: int64(i + 1)}
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) Acked(r stage.Range) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked = append(s.acked, r)
}

func (s *source) Settle() error { return nil }

// all returns what is acknowledged, in order.
func (s *source) all() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.acked, func(a, b stage.Range) int { return int(a.From - b.From) })
	for _, r := range s.acked {
		if r.From == n {
			n = r.To
		}
	}
	return n
}

// sink takes messages, and fails at some.
type sink struct {
	mu   sync.Mutex
	got  []string
	fail func(payload string) error
	gate chan struct{} // nil: open
}

func (s *sink) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	var v msg.View
	for {
		b, err := in.Read()
		if err != nil {
			if err.Error() == "EOF" {
				return nil
			}
			return err
		}
		if s.gate != nil {
			select {
			case <-s.gate:
			case <-ctx.Done():
				b.Release()
				return ctx.Err()
			}
		}
		for i := range b.Off {
			b.View(i, &v)
			p := string(v.Payload())
			if s.fail != nil {
				if err := s.fail(p); err != nil {
					b.Release()
					return err
				}
			}
			s.mu.Lock()
			s.got = append(s.got, p)
			s.mu.Unlock()
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

func (s *sink) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.got, " ")
}

func offer(expr string, queue int64, full bus.Full) bus.Offer {
	o := bus.Offer{Queue: queue, Full: full}
	if expr != "" {
		e, err := match.Parse(expr)
		if err != nil {
			panic(err)
		}
		o.Match = e
	}
	return o
}

// start runs a node's pipeline; what it returns waits for its end.
func start(t *testing.T, ctx context.Context, env *stage.Env, stages ...stage.Stage) func() error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- stage.Run(ctx, env, stages...) }()
	return func() error {
		t.Helper()
		select {
		case err := <-done:
			return err
		case <-time.After(time.Minute):
			t.Fatal("the pipeline does not end")
			return nil
		}
	}
}

func newEnv() *stage.Env { return &stage.Env{Pool: stage.NewPool(16)} }

// TestWays wants messages to go to those whose expressions select them, in order, and
// to be acknowledged when all have them.
func TestWays(t *testing.T) {
	f := func(words string, want map[string]string) {
		t.Helper()
		b := bus.New(bus.Options{MaxLoops: 4})
		env := newEnv()
		src := &source{env: env, words: strings.Fields(words)}
		in := b.Attach("in", bus.Offer{None: true}, nil)
		sinks := map[string]*sink{}
		var waits []func() error
		var ports []*bus.Port
		for expr := range want {
			p := b.Attach(expr, offer(expr, 1<<20, bus.Block), nil)
			s := &sink{}
			sinks[expr] = s
			ports = append(ports, p)
			e := newEnv()
			waits = append(waits, start(t, t.Context(), e, p.Inlet(e), s))
		}
		if err := start(t, t.Context(), env, src, in.Outlet())(); err != nil {
			t.Fatal(err)
		}
		for i, p := range ports {
			p.Close()
			if err := waits[i](); err != nil {
				t.Fatal(err)
			}
		}
		for expr, s := range sinks {
			if got := s.all(); got != want[expr] {
				t.Errorf("%s of %q: %q, want %q", expr, words, got, want[expr])
			}
		}
		if got := src.all(); got != int64(len(src.words)) {
			t.Errorf("%q: %d acknowledged, want all", words, got)
		}
	}
	f("a b a,b c", map[string]string{"TRUE": "a b a b c", "Type == 'a'": "a a", "Type == 'x'": ""})
	f("a", map[string]string{"Type == 'x'": ""})
	f("a,b,c", map[string]string{"Type == 'a' || Type == 'c'": "a c"})
	f("", map[string]string{"": ""})
}

// TestNotBefore wants nothing acknowledged that one of the nodes still has.
func TestNotBefore(t *testing.T) {
	b := bus.New(bus.Options{MaxLoops: 4})
	env := newEnv()
	src := &source{env: env, words: []string{"a", "b"}}
	in := b.Attach("in", bus.Offer{None: true}, nil)
	slow := &sink{gate: make(chan struct{})}
	p, q := b.Attach("slow", offer("Type == 'b'", 1<<20, bus.Block), nil), b.Attach("fast", offer("", 1<<20, bus.Block), nil)
	e, e2 := newEnv(), newEnv()
	fast := &sink{}
	w, w2 := start(t, t.Context(), e, p.Inlet(e), slow), start(t, t.Context(), e2, q.Inlet(e2), fast)
	end := start(t, t.Context(), env, src, in.Outlet())
	wait(t, func() bool { return fast.all() == "a b" && src.all() == 1 })
	close(slow.gate)
	if err := end(); err != nil || src.all() != 2 {
		t.Error(err, src.all())
	}
	p.Close()
	q.Close()
	if err := errors.Join(w(), w2()); err != nil {
		t.Error(err)
	}
}

func wait(t *testing.T, ok func() bool) {
	t.Helper()
	for range 60_000 {
		if ok() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it does not come")
}

// TestAgain wants what a pipeline had not acknowledged to come again when it is started
// again, and a message that kills it again and again to be given up.
func TestAgain(t *testing.T) {
	b := bus.New(bus.Options{MaxLoops: 4})
	env := newEnv()
	src := &source{env: env, words: strings.Fields("a b,c,poison,d e")}
	in := b.Attach("in", bus.Offer{None: true}, nil)
	var mu sync.Mutex
	var letters []string
	p := b.Attach("node", offer("", 1<<20, bus.Block), func(rec []byte, why string) error {
		var v msg.View
		v.Reset(rec[msg.HeaderSize:])
		mu.Lock()
		defer mu.Unlock()
		letters = append(letters, string(v.Payload()))
		return nil
	})
	dead := func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(letters, " ")
	}
	boom := errors.New("boom")
	s := &sink{fail: func(payload string) error {
		if payload == "poison" {
			return boom
		}
		return nil
	}}
	end := start(t, t.Context(), env, src, in.Outlet())
	runs := 0
	for ; runs < 10; runs++ {
		e := newEnv()
		w := start(t, t.Context(), e, p.Inlet(e), s)
		if runs >= 4 { // it has killed often enough: it will be given up
			wait(t, func() bool { return src.all() == 3 })
			p.Close()
		}
		err := w()
		if err == nil {
			break
		}
		if !errors.Is(err, boom) || dead() != "" {
			t.Fatal(err, dead())
		}
		p.Died()
	}
	if err := end(); err != nil || src.all() != 3 {
		t.Error(err, src.all())
	}
	if dead() != "poison" {
		t.Errorf("dead: %q after %d runs", dead(), runs)
	}
	for _, w := range []string{"a", "b", "c", "d", "e"} {
		if !slices.Contains(s.got, w) {
			t.Errorf("%s is missing: %s", w, s.all())
		}
	}
}

// TestBroken wants a pipeline that dies of whatever it is given to cost one message at
// most.
func TestBroken(t *testing.T) {
	b := bus.New(bus.Options{MaxLoops: 4})
	env := newEnv()
	src := &source{env: env, words: strings.Fields("a b c")}
	in := b.Attach("in", bus.Offer{None: true}, nil)
	p := b.Attach("node", offer("", 1<<20, bus.Block), func([]byte, string) error { return nil })
	ctx, cancel := context.WithCancel(t.Context())
	end := start(t, ctx, env, src, in.Outlet())
	s := &sink{fail: func(string) error { return errors.New("boom") }}
	for range 20 {
		e := newEnv()
		if err := start(t, t.Context(), e, p.Inlet(e), s)(); err == nil {
			t.Fatal("it has not failed")
		}
		p.Died()
	}
	if n := p.Stats().Dead; n != 1 {
		t.Errorf("%d messages were given up", n)
	}
	cancel()
	end()
}

// TestPoisons wants all messages given up that kill, also one behind the other, and no
// other.
func TestPoisons(t *testing.T) {
	b := bus.New(bus.Options{MaxLoops: 4})
	env := newEnv()
	src := &source{env: env, words: strings.Fields("a x1,x2 x3 b,c x4,d")}
	in := b.Attach("in", bus.Offer{None: true}, nil)
	var dead []string
	p := b.Attach("node", offer("", 1<<20, bus.Block), func(rec []byte, _ string) error {
		var v msg.View
		v.Reset(rec[msg.HeaderSize:])
		dead = append(dead, string(v.Payload()))
		return nil
	})
	end := start(t, t.Context(), env, src, in.Outlet())
	s := &sink{fail: func(word string) error {
		if strings.HasPrefix(word, "x") {
			return errors.New("boom")
		}
		return nil
	}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	over := make(chan error, 1)
	go func() { over <- end(); p.Close() }()
	for range 100 {
		e := newEnv()
		if start(t, ctx, e, p.Inlet(e), s)() == nil {
			break
		}
		p.Died()
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
	slices.Sort(dead)
	if got := strings.Join(dead, " "); got != "x1 x2 x3 x4" {
		t.Errorf("given up: %s", got)
	}
}

// mute reads and acknowledges nothing until its input ends.
type mute struct{}

func (mute) Run(_ context.Context, in stage.Reader, _ stage.Writer) error {
	for {
		b, err := in.Read()
		if err != nil {
			return err
		}
		b.Release()
	}
}

// TestBereft wants a pipeline that fails to end, though a node behind it holds what it
// has emitted, in its hands or in a queue that is full.
func TestBereft(t *testing.T) {
	f := func(queue int64) {
		b := bus.New(bus.Options{MaxLoops: 4})
		env := newEnv()
		src := &source{env: env, words: strings.Fields("a b c")}
		in := b.Attach("in", bus.Offer{None: true}, nil)
		p := b.Attach("held", offer("", queue, bus.Block), nil)
		held := newEnv()
		ctx, cancel := context.WithCancel(t.Context())
		end := start(t, ctx, held, p.Inlet(held), mute{})
		boom := errors.New("boom")
		fails := stage.Chain{src, failing{boom}}
		ended := start(t, t.Context(), env, fails, in.Outlet())
		if err := ended(); !errors.Is(err, boom) {
			t.Errorf("ended with %v", err)
		}
		cancel()
		end()
	}
	f(1 << 20)
	f(1)
}

// failing passes on what it reads, and fails at the end.
type failing struct{ err error }

func (f failing) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err != nil {
			return f.err
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// TestPolicies wants what does not fit to go, and to be counted, or its source to wait.
func TestPolicies(t *testing.T) {
	f := func(full bus.Full, want string) {
		t.Helper()
		b := bus.New(bus.Options{MaxLoops: 4})
		env := newEnv()
		src := &source{env: env, words: strings.Fields("a b c d e f g h")}
		in := b.Attach("in", bus.Offer{None: true}, nil)
		p := b.Attach("node", offer("", 1300, full), nil) // room for four or so
		end := start(t, t.Context(), env, src, in.Outlet())
		if full == bus.Block {
			wait(t, func() bool { return in.Stats().BlockedBy == "node" })
		} else {
			wait(t, func() bool { return p.Stats().Dropped == 4 })
		}
		s := &sink{}
		e := newEnv()
		w := start(t, t.Context(), e, p.Inlet(e), s)
		if err := end(); err != nil || src.all() != 8 {
			t.Error(full, err, src.all())
		}
		p.Close()
		if err := w(); err != nil || s.all() != want {
			t.Errorf("%s: %v, %q, want %q; %+v", full, err, s.all(), want, p.Stats())
		}
	}
	f(bus.Block, "a b c d e f g h")
	f(bus.DropNew, "a b c d")
	f(bus.DropOld, "e f g h")
}

// TestMarks wants a node that was ahead when the daemon was killed to be given only
// what it has not had.
func TestMarks(t *testing.T) {
	marks := bus.NewMarks()
	words := strings.Fields("a b c,d e")
	life := func(slow *sink, fast *sink, ends bool) {
		t.Helper()
		b := bus.New(bus.Options{MaxLoops: 4, Marks: marks})
		env := newEnv()
		src := &source{env: env, words: words}
		in := b.Attach("in", bus.Offer{None: true, Ordered: true}, nil)
		p, q := b.Attach("slow", offer("", 1<<20, bus.Block), nil), b.Attach("fast", offer("", 1<<20, bus.Block), nil)
		ctx, kill := context.WithCancel(t.Context())
		defer kill()
		e, e2 := newEnv(), newEnv()
		w, w2 := start(t, ctx, e, p.Inlet(e), slow), start(t, ctx, e2, q.Inlet(e2), fast)
		end := start(t, ctx, env, src, in.Outlet())
		if ends {
			if err := end(); err != nil {
				t.Fatal(err)
			}
			p.Close()
			q.Close()
			w()
			w2()
			return
		}
		wait(t, func() bool { return q.Stats().In == 5 && !q.Stats().Waiting })
		kill()
		end()
		w()
		w2()
	}
	fast := &sink{}
	life(&sink{gate: make(chan struct{})}, fast, false)
	path := t.TempDir() + "/marks"
	if err := marks.Save(path); err != nil {
		t.Fatal(err)
	}
	var err error
	if marks, err = bus.LoadMarks(path); err != nil {
		t.Fatal(err)
	}
	slow := &sink{}
	words = append(words, "f")
	life(slow, fast, true)
	if slow.all() != "a b c d e f" || fast.all() != "a b c d e f" {
		t.Errorf("%q, %q", slow.all(), fast.all())
	}
}

// echo makes a message of each message, of the same type.
type echo struct{}

func (echo) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	return stage.Copy(in, out)
}

// TestLoops wants a circle of nodes to end, and nothing to get stuck in one.
func TestLoops(t *testing.T) {
	b := bus.New(bus.Options{MaxLoops: 4})
	env := newEnv()
	var words []string
	for range 300 {
		words = append(words, "a")
	}
	src := &source{env: env, words: words}
	in := b.Attach("in", bus.Offer{None: true}, nil)
	p, q := b.Attach("p", offer("", 2000, bus.Block), nil), b.Attach("q", offer("", 2000, bus.Block), nil)
	e, e2 := newEnv(), newEnv()
	w, w2 := start(t, t.Context(), e, p.Inlet(e), echo{}, p.Outlet()), start(t, t.Context(), e2, q.Inlet(e2), echo{}, q.Outlet())
	if err := start(t, t.Context(), env, src, in.Outlet())(); err != nil || src.all() != 300 {
		t.Fatal(err, src.all())
	}
	p.Close()
	q.Close()
	if err := errors.Join(w(), w2()); err != nil {
		t.Error(err)
	}
	if n := p.Stats().Looped + q.Stats().Looped; n < 600 {
		t.Errorf("%d messages were given up for looping", n)
	}
}
