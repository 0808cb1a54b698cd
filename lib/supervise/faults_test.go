package supervise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
)

// TestIgnoresTerm wants a process that ignores TERM, and one that is stopped, to be killed
// when their time is up.
func TestIgnoresTerm(t *testing.T) {
	f := func(st func(*stage.Env, Spec) stage.Stage, s Spec) {
		t.Helper()
		env := &stage.Env{}
		s.Grace = 100 * time.Millisecond
		pid := 0
		ctx, cancel := context.WithCancel(background(t))
		s.Started = func(p int) { pid = p; cancel() }
		err := stage.Run(ctx, env, unsettled{&counter{n: -1, env: env}}, st(env, s))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v: got %v", s.Argv, err)
		}
		if !gone(pid) {
			t.Errorf("%v: process %d is still there", s.Argv, pid)
		}
	}
	ours := func(env *stage.Env, s Spec) stage.Stage { return Remote(env, s) }
	sh := func(env *stage.Env, s Spec) stage.Stage { return Command(env, s, FeedJSON, true) }
	f(ours, spec(t, "each hang"))
	f(ours, spec(t, "each stop"))
	f(sh, line(t, "trap '' TERM; while :; do sleep 1000; done"))
	f(sh, line(t, "kill -STOP $$"))
}

// TestStopped wants a stopped child to make its sender wait, without growing.
func TestStopped(t *testing.T) {
	env := &stage.Env{}
	s := spec(t, "copy")
	pid := make(chan int, 1)
	s.Started = func(p int) { pid <- p }
	src := &counter{n: -1, env: env}
	ctx, cancel := context.WithCancel(background(t))
	c := Remote(env, s)
	done := make(chan error)
	go func() { done <- stage.Run(ctx, env, unsettled{src}, c) }()
	<-c.Ready()
	p := <-pid
	syscall.Kill(p, syscall.SIGSTOP)
	sent := func() int64 {
		src.mu.Lock()
		defer src.mu.Unlock()
		return src.sent
	}
	until(t, func() bool { // nothing moves any more
		was := sent()
		time.Sleep(300 * time.Millisecond)
		return sent() == was
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	was := sent()
	time.Sleep(300 * time.Millisecond)
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	syscall.Kill(p, syscall.SIGCONT)
	until(t, func() bool { return sent() > was })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestFlood wants a flood on stderr not to stop the child, nor fill the log.
func TestFlood(t *testing.T) {
	env := &stage.Env{}
	var log lockedBuffer
	s := spec(t, "each flood")
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	if os.Getenv("HEKA_FAULTS") != "" {
		s.Env = append(s.Env, floodEnv+"=10")
	}
	started := time.Now()
	g := &gather{}
	err := stage.Run(background(t), env, &counter{n: 1, env: env}, Remote(env, s), g)
	if err != nil {
		t.Error(err)
	}
	g.check(t, 1)
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	most := lineBurst + 2*lineRate*int(time.Since(started).Seconds()+2)
	if len(lines) < lineBurst || len(lines) > most {
		t.Errorf("%d lines logged, want %d to %d", len(lines), lineBurst, most)
	}
	left := 0
	for _, l := range lines {
		if !strings.Contains(l, "node=node pid=") {
			t.Errorf("a line without name: %s", l)
		}
		var n int
		if _, after, ok := strings.Cut(l, `msg="`); ok {
			if k, _ := fmt.Sscanf(after, "%d lines of stderr left out", &n); k == 1 {
				left += n - 1 // the line itself is one
			}
		}
	}
	if want := 1 << 20; left+len(lines) < want {
		t.Errorf("%d lines logged, %d said to be left out; %d written", len(lines), left, want)
	}
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestStderrLines(t *testing.T) {
	var log lockedBuffer
	e := newStderr(nil, &Spec{Name: "n", Log: slog.New(slog.NewTextHandler(&log, nil))})
	e.take([]byte("a\x1b[0m\r\n\n" + strings.Repeat("x", 5000)))
	e.take([]byte("y\nlast"))
	e.end()
	got := log.String()
	if n := strings.Count(got, "\n"); n != 3 {
		t.Errorf("got %d lines: %s", n, got)
	}
	for _, want := range []string{`a\x1b[0m`, strings.Repeat("x", 4096) + ` ..."`, "msg=last node=n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
}

// TestHuge wants records beyond any buffer to come through.
func TestHuge(t *testing.T) {
	env := &stage.Env{}
	src := &messages{env: env, all: []msg.Message{
		{Payload: strings.Repeat("a", 7<<20)}, {Payload: "b"}, {Payload: strings.Repeat("c", 3<<20)},
	}}
	f := func(st stage.Stage) {
		t.Helper()
		g := &fields{}
		if err := stage.Run(background(t), env, src, st, g); err != nil {
			t.Error(err)
			return
		}
		if len(g.all) != 3 || len(g.all[0].Payload) != 7<<20 || len(g.all[2].Payload) != 3<<20 {
			t.Errorf("got %d messages", len(g.all))
		}
	}
	f(Remote(env, spec(t, "copy")))
	f(Command(env, line(t, "cat"), FeedHeka, true))
	f(Command(env, line(t, "cat"), FeedJSON, true))
}

// TestMemory wants a child that grows for ever to be ended, with its limit named.
func TestMemory(t *testing.T) {
	f := func(st func(*stage.Env, Spec) stage.Stage, s Spec) {
		t.Helper()
		env := &stage.Env{}
		s.Limits.Memory, s.Log = 64<<20, nil
		err := stage.Run(background(t), env, unsettled{&counter{n: 1, env: env}}, st(env, s))
		var d *Died
		if !errors.As(err, &d) || !d.Memory {
			t.Errorf("got %v", err)
		}
	}
	if !raced {
		f(func(env *stage.Env, s Spec) stage.Stage { return Remote(env, s) }, spec(t, "each grow"))
	}
	f(func(env *stage.Env, s Spec) stage.Stage { return Command(env, s, FeedJSON, true) },
		line(t, "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done"))
	f(func(env *stage.Env, s Spec) stage.Stage { return Command(env, s, FeedJSON, true) },
		line(t, "x=$(head -c 100000000 /dev/zero | tr '\\0' x); sleep 1000; echo $x"))
}

func TestTasksAndFiles(t *testing.T) {
	run := func(l Limits, text string) (*gather, error) {
		env := &stage.Env{}
		s := line(t, text)
		s.Limits = l
		g := &gather{}
		err := stage.Run(background(t), env, Command(env, s, FeedJSON, true), g)
		return g, err
	}
	_, err := run(Limits{Tasks: 20}, "for i in 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2; do sleep 1000 & done; wait")
	if err == nil || !strings.Contains(err.Error(), "beyond its limit of 20") {
		t.Errorf("got %v", err)
	}
	g, err := run(Limits{Files: 33}, "ulimit -n; ulimit -c")
	if err != nil || strings.Join(g.all, " ") != "33 0" {
		t.Errorf("got %q, %v", g.all, err)
	}
}

// TestManyTimes wants nothing left of a hundred starts and stops.
func TestManyTimes(t *testing.T) {
	descriptors := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(all)
	}
	env := &stage.Env{}
	c, sh := Remote(env, spec(t, "copy")), Command(env, line(t, "cat"), FeedHeka, true)
	was := descriptors()
	for i := range 50 {
		for _, st := range []stage.Stage{c, sh} {
			g := &gather{}
			src := &counter{n: i % 3, env: env}
			if err := stage.Run(background(t), env, src, st, g); err != nil {
				t.Fatal(err)
			}
			g.check(t, i%3)
		}
	}
	if n := descriptors(); n > was+2 {
		t.Errorf("%d descriptors, %d before", n, was)
	}
	if left := tree(os.Getpid())[1:]; len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

// TestRestart wants Run to work again after a death, and Ready to be of the Run at hand.
func TestRestart(t *testing.T) {
	env := &stage.Env{}
	c := Remote(env, spec(t, "each kill"))
	for range 3 {
		ready := c.Ready()
		err := stage.Run(background(t), env, unsettled{&counter{n: 5000, env: env}}, c)
		var d *Died
		if !errors.As(err, &d) || d.Signal != syscall.SIGKILL {
			t.Fatalf("got %v", err)
		}
		select {
		case <-ready:
		default:
			t.Error("was not ready")
		}
		select {
		case <-c.Ready():
			t.Error("is ready before it runs")
		default:
		}
	}
}

// TestStuckReader wants a child whose output nobody reads to be blocked, and ended.
func TestStuckReader(t *testing.T) {
	env := &stage.Env{}
	ctx, cancel := context.WithCancel(background(t))
	n := 0
	g := each(func(int) error {
		if n++; n == 3 {
			cancel()
			<-ctx.Done()
		}
		return nil
	})
	err := stage.Run(ctx, env, RemoteSource(env, spec(t, "source -1")), g)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDeadLetters wants what a child gives up at the parent's Fail.
func TestDeadLetters(t *testing.T) {
	var dead []string
	env := &stage.Env{Fail: func(rec []byte) error {
		v, err := msg.Parse(rec[msg.HeaderSize:])
		dead = append(dead, string(v.Payload()))
		return err
	}}
	g := &gather{}
	err := stage.Run(background(t), env, &counter{n: 1, env: env}, Remote(env, spec(t, "refuse")), g)
	if err != nil || len(dead) != 10 || dead[9] != "0.9" || len(g.all) != 0 {
		t.Errorf("got %v, %q, %q", err, dead, g.all)
	}
	if n := env.Stats.Bad.Load(); n != 10 {
		t.Errorf("%d messages counted as bad", n)
	}
}
