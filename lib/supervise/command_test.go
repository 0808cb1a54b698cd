package supervise

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
)

// line describes a command of sh.
func line(t testing.TB, text string) Spec {
	s := spec(t, "")
	s.Argv, s.Env = []string{text}, nil
	return s
}

func TestCommand(t *testing.T) {
	f := func(feed Feed, text string, n int, want ...string) {
		t.Helper()
		env := &stage.Env{}
		src := &counter{n: n, env: env}
		g := &gather{}
		c := Command(env, line(t, text), feed, true)
		if err := stage.Run(background(t), env, src, c, g); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if len(want) == 0 {
			g.check(t, n)
		} else if got := strings.Join(g.all, "|"); got != strings.Join(want, "|") {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	f(FeedJSON, "cat", 100)
	f(FeedHeka, "cat", 100)
	f(FeedText, "cat", 100)
	f(FeedText, "cat", 0)
	f(FeedText, "cat >/dev/null", 100, "")
	f(FeedText, "wc -l; echo '{}'", 3, "30", "")
	f(FeedText, `cat >/dev/null; echo '{"Type":"a","Payload":"b"}'; echo '{"x":1}'; echo '{'; echo plain`, 1,
		"b", `{"x":1}`, "{", "plain")
}

// TestCommandSource wants a command at the start of a pipeline to live on, until it is
// asked to stop.
func TestCommandSource(t *testing.T) {
	stop := make(chan struct{})
	env := &stage.Env{Stop: stop}
	g := &gather{}
	g.onto = func(*stage.Batch) error {
		if len(g.all) == 2 {
			close(stop)
		}
		return nil
	}
	s := line(t, "echo a; echo b; exec sleep 1000")
	if err := stage.Run(background(t), env, Command(env, s, FeedJSON, true), g); err != nil {
		t.Error(err)
	}
	if len(g.all) != 2 || g.all[0] != "a" || g.types[""] != 2 {
		t.Errorf("got %q", g.all)
	}
}

func TestCommandFails(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		env := &stage.Env{}
		src := &counter{n: 2, env: env}
		s := line(t, text)
		s.Grace = time.Second
		err := stage.Run(background(t), env, src, Command(env, s, FeedText, true))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
		if n := total(src.acked); n > 2 || n == 2 && want != "" && strings.Contains(text, "<&-") {
			t.Errorf("%s: %d batches acknowledged", text, n)
		}
	}
	f("cat >/dev/null; echo sorry >&2; exit 4", "ended with status 4: sorry")
	f("kill -SEGV $$", "was ended by signal 11")
	f("cat >/dev/null; sleep 1000", "it did nothing for 1s behind the end of its input")
	f("cat >/dev/null; exec >&-; sleep 1000", "it had closed its output")
	f("exec <&-; exit 7", "ended with status 7")
	env := &stage.Env{}
	s := spec(t, "")
	s.Argv = []string{"/no/such/program"}
	err := stage.Run(background(t), env, &counter{n: 1, env: env}, Command(env, s, FeedJSON, false))
	if err == nil || !strings.Contains(err.Error(), "start node: ") {
		t.Errorf("got %v", err)
	}
}

// TestCommandWantsNoMore wants a command that reads a part of its input to end the
// pipeline well, and what it did not read to stay unacknowledged.
func TestCommandWantsNoMore(t *testing.T) {
	env := &stage.Env{}
	src := &counter{n: -1, env: env}
	g := &gather{}
	err := stage.Run(background(t), env, unsettled{src}, Command(env, line(t, "head -3"), FeedText, true), g)
	if err != nil || strings.Join(g.all, " ") != "0.0 0.1 0.2" {
		t.Errorf("got %q, %v", g.all, err)
	}
	if n := total(src.acked); n == src.sent {
		t.Errorf("all of %d batches acknowledged", n)
	}
}

// unsettled is a counter that does not mind what was not acknowledged.
type unsettled struct{ *counter }

func (unsettled) Settle() error { return nil }

// TestPlugin runs the script of examples/plugin.
func TestPlugin(t *testing.T) {
	script, err := filepath.Abs("../../examples/plugin/slow.py")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not there")
	}
	env := &stage.Env{}
	s := spec(t, "")
	s.Argv, s.Env = []string{"python3", script, "0.5"}, nil
	g := &fields{}
	src := &messages{env: env, all: []msg.Message{
		{Payload: "a", Fields: []msg.Field{{Name: "request_time", Value: 0.25}}},
		{Payload: "b", Fields: []msg.Field{{Name: "request_time", Value: 0.75}}},
		{Payload: "c"},
	}}
	if err := stage.Run(background(t), env, src, Command(env, s, FeedJSON, false), g); err != nil {
		t.Fatal(err)
	}
	if len(g.all) != 1 || g.all[0].Payload != "b" || len(g.all[0].Fields) != 2 {
		t.Errorf("got %+v", g.all)
	}
}

// messages is a source of some messages.
type messages struct {
	env *stage.Env
	all []msg.Message
}

func (s *messages) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	b := s.env.Pool.Get()
	for i := range s.all {
		b.Off = append(b.Off, uint32(len(b.Buf)))
		b.Buf = s.all[i].Append(b.Buf)
	}
	return out.Write(b)
}

// TestParentKilled wants nothing to remain of a command, and of what it has started, when
// its parent was killed: what has left the group and the session, too.
func TestParentKilled(t *testing.T) {
	for _, what := range []string{"command", "child"} {
		dir := t.TempDir()
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		parent := exec.Command(exe)
		parent.Dir = dir
		parent.Env = append(os.Environ(), childEnv+"=parent "+what)
		parent.Stderr = t.Output()
		if err := parent.Start(); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { _, err := os.Stat(filepath.Join(dir, "up")); return err == nil })
		all := tree(parent.Process.Pid)[1:]
		if len(all) < 6 && what == "command" || len(all) < 1 {
			t.Errorf("%s: only the processes %v run", what, all)
		}
		parent.Process.Kill()
		parent.Wait()
		for _, pid := range all {
			until(t, func() bool { return gone(pid) })
		}
	}
}

// gone reports whether no process has the id, or a zombie that is another's to wait for.
func gone(pid int) bool {
	p, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(p), ") Z ")
}

// until waits until f is true.
func until(t *testing.T, f func() bool) {
	t.Helper()
	for range 6000 {
		if f() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("waited for a minute in vain")
}
