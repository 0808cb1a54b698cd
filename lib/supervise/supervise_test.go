package supervise

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/msg"
	"heka/lib/stage"
)

// childEnv names what this test program is when a test starts it as a child.
const childEnv = "SUPERVISE_TEST_CHILD"

// floodEnv makes a flood ten times as long.
const floodEnv = "SUPERVISE_TEST_FLOOD"

func TestMain(m *testing.M) {
	Keep()
	if what, ok := os.LookupEnv(childEnv); ok {
		os.Exit(child(what))
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // children end at once
	goleak.VerifyTestMain(m)
}

// child is the program of a child.
func child(what string) int {
	if which, ok := strings.CutPrefix(what, "parent "); ok {
		return parent(which)
	}
	c, err := Serve()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 70
	}
	env := &stage.Env{Stop: c.Stop(), Fail: c.Dead}
	err = c.Close(stage.Run(context.Background(), env, stages(c, env, what)...))
	if err != nil {
		return 70
	}
	return 0
}

// parent is a program that has a child or a command, to be killed.
func parent(which string) int {
	env := &stage.Env{}
	exe, _ := os.Executable()
	s := Spec{
		Name: "node", Argv: []string{exe}, Env: append(os.Environ(), childEnv+"=up"),
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	var st stage.Stage = RemoteSource(env, s)
	if which == "command" {
		s.Argv = []string{"setsid sleep 1000 & (setsid sh -c 'sleep 1000 & sleep 1000' &); sleep 1000 & " +
			"sleep .2; touch up; exec sleep 1000"}
		st = Command(env, s, FeedJSON, true)
	}
	fmt.Fprintln(os.Stderr, stage.Run(context.Background(), env, st))
	return 0
}

// stages are those of the children of the tests.
func stages(c *Conn, env *stage.Env, what string) []stage.Stage {
	what, arg, _ := strings.Cut(what, " ")
	switch what {
	case "copy":
		return []stage.Stage{c.Source(env), c.Sink(env)}
	case "map":
		return []stage.Stage{c.Source(env), stage.Map(env, "test", func() stage.Func {
			return func(m *msg.View, b *msg.Builder) error {
				b.Type = c.Setup()
				return nil
			}
		}), c.Sink(env)}
	case "refuse":
		return []stage.Stage{c.Source(env), stage.Map(env, "test", func() stage.Func {
			return func(m *msg.View, b *msg.Builder) error { return errors.New("refused") }
		}), c.Sink(env)}
	case "done":
		return []stage.Stage{c.Source(env), c.Done(env)}
	case "source":
		var n int
		fmt.Sscan(arg, &n)
		return []stage.Stage{&counter{n: n, env: env}, c.Sink(env)}
	case "each":
		return []stage.Stage{c.Source(env), each(func(n int) error {
			return misbehave(arg, n)
		}), c.Sink(env)}
	}
	if what == "up" {
		os.WriteFile("up", nil, 0o600)
		return []stage.Stage{&counter{n: -1, env: env}, each(func(int) error { select {} }), c.Sink(env)}
	}
	panic("no child is called " + what)
}

// misbehave does what a child should not do, at its n-th batch.
func misbehave(how string, n int) error {
	switch how {
	case "error":
		return stage.Permanent{Err: errors.New("this can't work")}
	case "panic":
		panic("a mistake")
	case "exit":
		fmt.Fprintln(os.Stderr, "no more \x1b[31m")
		os.Exit(3)
	case "exit0":
		os.Exit(0)
	case "kill":
		if n == 3 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	case "hang":
		signal.Ignore(syscall.SIGTERM)
		select {}
	case "stop":
		if n == 3 {
			syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		}
	case "torn":
		syscall.Write(socketFd, []byte{msg.Sep, msg.KindMessage, 0, 1, 0, 0, 1, 0, 'x'})
		os.Exit(0)
	case "nonsense":
		syscall.Write(socketFd, []byte("this is no record at all"))
		select {}
	case "flood":
		line := []byte(strings.Repeat("f", 99) + "\n")
		times := 1 << 20
		if os.Getenv(floodEnv) != "" {
			times *= 10
		}
		for range times {
			os.Stderr.Write(line)
		}
	case "grow":
		all := bytes.Repeat([]byte("x"), 1<<20)
		for {
			all = append(all, all...)
		}
	}
	return nil
}

// each calls itself with the number of each batch.
type each func(n int) error

func (e each) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for n := 1; ; n++ {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := e(n); err != nil {
			b.Release()
			return err
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// counter is a source of n batches that keeps its position: it fails in Settle unless all
// of them have come through.
type counter struct {
	env   *stage.Env
	n     int // negative: without end
	small bool

	mu    sync.Mutex
	acked []stage.Range
	sent  int64
}

func (s *counter) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	var m msg.Message
	for i := 0; s.n < 0 || i < s.n; i++ {
		select {
		case <-s.env.Stop:
			return nil
		default:
		}
		b := s.env.Pool.Get()
		for k := range 10 {
			m.Payload = fmt.Sprintf("%d.%d", i, k)
			b.Off = append(b.Off, uint32(len(b.Buf)))
			b.Buf = m.Append(b.Buf)
		}
		b.Ack = stage.Range{Source: 7, From: int64(i), To: int64(i + 1), Hops: 2}
		s.env.Stats.In.Add(10)
		if err := out.Write(b); err != nil {
			return err
		}
		s.mu.Lock()
		s.sent++
		s.mu.Unlock()
	}
	return nil
}

func (s *counter) Acked(r stage.Range) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked = append(s.acked, r)
}

func (s *counter) Settle() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := total(s.acked); n != s.sent {
		return fmt.Errorf("%d of %d batches acknowledged: %v", n, s.sent, s.acked)
	}
	return nil
}

// total returns how many of the ranges' measure there are.
func total(list []stage.Range) (n int64) {
	for _, r := range list {
		n += r.To - r.From
	}
	return n
}

// gather is a sink that keeps payloads.
type gather struct {
	mu    sync.Mutex
	all   []string
	types map[string]int
	hops  map[uint8]int
	onto  func(*stage.Batch) error
}

func (g *gather) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	g.types, g.hops = map[string]int{}, map[uint8]int{}
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		g.add(b)
		if g.onto != nil {
			if err := g.onto(b); err != nil {
				b.Release()
				return err
			}
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

func (g *gather) add(b *stage.Batch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var v msg.View
	for i := range b.Off {
		b.View(i, &v)
		g.all = append(g.all, string(v.Payload()))
		g.types[string(v.Type())]++
	}
	g.hops[b.Ack.Hops]++
}

// check wants the payloads of n batches of a counter, in order.
func (g *gather) check(t *testing.T, n int) {
	t.Helper()
	if len(g.all) != 10*n {
		t.Errorf("got %d messages, want %d", len(g.all), 10*n)
		return
	}
	for i, p := range g.all {
		if want := fmt.Sprintf("%d.%d", i/10, i%10); p != want {
			t.Errorf("message %d: got %q, want %q", i, p, want)
			return
		}
	}
}

// spec describes a child of this program.
func spec(t testing.TB, what string) Spec {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Spec{
		Name: "node", Argv: []string{exe}, Env: append(os.Environ(), childEnv+"="+what),
		Log:   slog.New(slog.NewTextHandler(t.Output(), nil)),
		Grace: time.Minute,
	}
}

// background is a context with the time that a test may take.
func background(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestRemote(t *testing.T) {
	f := func(what string, n int, typ string) {
		t.Helper()
		env := &stage.Env{}
		s := spec(t, what)
		s.Setup = []byte("typed")
		src := &counter{n: n, env: env}
		g := &gather{}
		if err := stage.Run(background(t), env, src, Remote(env, s), g); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if what == "done" {
			n = 0
		}
		g.check(t, n)
		if n > 0 && (g.types[typ] != 10*n || len(g.hops) != 1 || g.hops[2] == 0) {
			t.Errorf("%s: types %v, hops %v", what, g.types, g.hops)
		}
	}
	f("copy", 0, "")
	f("copy", 1, "")
	f("copy", 2000, "")
	f("map", 2000, "typed")
	f("done", 2000, "")
}

func TestRemoteSource(t *testing.T) {
	env := &stage.Env{}
	g := &gather{}
	if err := stage.Run(background(t), env, RemoteSource(env, spec(t, "source 2000")), g); err != nil {
		t.Error(err)
	}
	g.check(t, 2000)
	if n := env.Stats.In.Load(); n != 20000 {
		t.Errorf("the child's counter came to %d", n)
	}
}

func TestRemoteSourceStop(t *testing.T) {
	stop := make(chan struct{})
	env := &stage.Env{Stop: stop}
	g := &gather{}
	var once sync.Once
	g.onto = func(*stage.Batch) error {
		if len(g.all) > 1000 {
			once.Do(func() { close(stop) })
		}
		return nil
	}
	if err := stage.Run(background(t), env, RemoteSource(env, spec(t, "source -1")), g); err != nil {
		t.Error(err)
	}
	g.check(t, len(g.all)/10)
}

func TestRemoteSourceUnacked(t *testing.T) {
	env := &stage.Env{}
	g := &gather{}
	g.onto = func(b *stage.Batch) error {
		b.Ack = stage.Range{}
		return nil
	}
	err := stage.Run(background(t), env, RemoteSource(env, spec(t, "source 20")), g)
	if err == nil || !strings.Contains(err.Error(), "0 of 20 batches acknowledged") {
		t.Errorf("got %v", err)
	}
}

func TestDies(t *testing.T) {
	f := func(how string, want string) {
		t.Helper()
		env := &stage.Env{}
		src := &counter{n: 2000, env: env}
		if how == "hang" {
			src.n = 1
		}
		g := &gather{}
		s := spec(t, "each "+how)
		s.Grace = time.Second
		err := stage.Run(background(t), env, src, Remote(env, s), g)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", how, err, want)
		}
	}
	f("error", "this can't work")
	f("panic", "a mistake in the program: a mistake")
	f("exit", `ended with status 3: no more \x1b[31m`)
	f("exit0", "ended with status 0 before")
	f("kill", "was ended by signal 9")
	f("torn", "ended with status 0 before")
	f("nonsense", "is no header")
	f("hang", "it did nothing for 1s behind the end of its input")
}

// fields is a sink that keeps messages.
type fields struct{ all []msg.Message }

func (g *fields) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			g.all = append(g.all, v.Message())
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

func BenchmarkCopy(b *testing.B) {
	env := &stage.Env{}
	s := spec(b, "copy")
	src := &bench{env: env, n: b.N, batch: benchBatch(500)}
	b.SetBytes(int64(len(src.batch)))
	b.ReportAllocs()
	if err := stage.Run(context.Background(), env, src, Remote(env, s)); err != nil {
		b.Fatal(err)
	}
}

// bench is a source of n batches that are all alike.
type bench struct {
	env   *stage.Env
	n     int
	batch []byte
}

func benchBatch(size int) []byte {
	m := msg.Message{Type: "nginx.access", Hostname: "host", Payload: strings.Repeat("x", size-60)}
	one := m.Append(nil)
	var all []byte
	for len(all) < stage.BatchFull {
		all = append(all, one...)
	}
	return all
}

func (s *bench) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	for i := range s.n {
		b := s.env.Pool.Get()
		b.Buf = append(b.Buf, s.batch...)
		for at := 0; at < len(b.Buf); {
			b.Off = append(b.Off, uint32(at))
			at += msg.HeaderSize + int(binary.BigEndian.Uint32(b.Buf[at+4:]))
		}
		b.Ack = stage.Range{From: int64(i), To: int64(i) + 1}
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}
