package supervise

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

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
		if errors.As(err, new(stage.Permanent)) != (how == "error") ||
			errors.Is(err, stage.ErrBug) != (how == "panic") {
			t.Errorf("%s: got an error that is something else: %v", how, err)
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
