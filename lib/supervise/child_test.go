package supervise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"heka/lib/msg"
	"heka/lib/stage"
)

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
	case "words":
		return []stage.Stage{c.Source(env), words(env), c.Sink(env)}
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
