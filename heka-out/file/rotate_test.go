package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestRotateSize(t *testing.T) {
	in := stagetest.Payloads("1", "2", "3", "4", "5", "6", "7")
	f := func(name, want string, words ...string) {
		t.Helper()
		dir := t.TempDir()
		env := &stage.Env{Columns: []string{"Payload"}}
		run(t, env, 1, in, append(words, filepath.Join(dir, name))...)
		if got := tree(t, dir); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f("a.log", "a.log: 7 \na.log.1: 4 5 6 \na.log.2: 1 2 3 \n", "--rotate-size", "6")
	f("a.log", "a.log: 7 \na.log.1: 4 5 6 \n", "--rotate-size", "6", "--keep", "1")
	f("a.csv", "a.csv: Payload 5 6 7 \na.csv.1: Payload 1 2 3 4 \n", "--rotate-size", "16")
	f("%{Logger}.csv", "test.csv: Payload 5 6 7 \ntest.csv.1: Payload 1 2 3 4 \n", "--rotate-size", "16")
}

// script is a source of messages and ticks: a payload, or "@" and seconds.
type script struct {
	env  *stage.Env
	step []string
	look func(string)
}

func (s script) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	for _, p := range s.step {
		var sec int64
		if _, err := fmt.Sscanf(p, "@%d", &sec); err == nil {
			if err := out.Write(s.env.Pool.Tick(sec*1e9, false)); err != nil {
				return err
			}
			continue
		}
		if strings.HasPrefix(p, "!") {
			s.look(p[1:])
			continue
		}
		c := stage.NewCollector(s.env, out)
		m := stagetest.Payloads(p)[0]
		if err := errors.Join(c.AddRecord(m.Append(nil)), c.Flush()); err != nil {
			return err
		}
	}
	return nil
}

// direct runs a sink without lanes and queues before it, so that what a step
// did is done when the next begins.
func direct(t *testing.T, s script, st stage.Stage) {
	t.Helper()
	if c, ok := st.(stage.Chain); ok {
		st = c[len(c)-1]
	}
	sink := st.(*sink)
	ctx := context.Background()
	w := writerFunc(func(b *stage.Batch) error {
		defer b.Release()
		if b.Tick != 0 {
			return sink.ticked(ctx, b)
		}
		return sink.write(ctx, b)
	})
	if err := errors.Join(s.Run(ctx, nil, w), sink.finish(ctx)); err != nil {
		t.Fatal(err)
	}
}

type writerFunc func(*stage.Batch) error

func (f writerFunc) Write(b *stage.Batch) error { return f(b) }

func TestRotateEvery(t *testing.T) {
	f := func(want string, steps ...string) {
		t.Helper()
		dir := t.TempDir()
		env := &stage.Env{Pool: stage.NewPool(4)}
		st, err := make1(env, "--rotate-every", "1h", dir+"/a.log")
		if err != nil {
			t.Fatal(err)
		}
		direct(t, script{env: env, step: steps}, st)
		if got := tree(t, dir); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f("a.log: b \na.log.1: a \n", "@3599", "a", "@3600", "@3601", "b", "@7000")
	f("a.log: c \na.log.1: a b \n", "a", "@3500", "b", "@7200", "c", "@7300")
	f("a.log.1: a \n", "@3500", "a", "@3600", "@7200", "@10800") // an empty one is not rotated
}

func TestTicksFlushAndReopen(t *testing.T) {
	dir := t.TempDir()
	env := &stage.Env{Pool: stage.NewPool(4)}
	st, err := make1(env, dir+"/a.heka")
	if err != nil {
		t.Fatal(err)
	}
	look := func(what string) {
		switch what {
		case "empty":
			if got := content(t, dir+"/a.heka"); got != "" {
				t.Errorf("%q", got)
			}
		case "one":
			if got := records(t, content(t, dir+"/a.heka")); len(got) != 1 {
				t.Errorf("%q", got)
			}
		case "move":
			if err := os.Rename(dir+"/a.heka", dir+"/b.heka"); err != nil {
				t.Fatal(err)
			}
		}
	}
	direct(t, script{env: env, look: look, step: []string{
		"a", "!empty", "@1", "!one", "!move", "b", "@2", "c",
	}}, st)
	if got := records(t, content(t, dir+"/b.heka")); strings.Join(got, "") != "ab" {
		t.Errorf("before the rename: %q", got)
	}
	if got := records(t, content(t, dir+"/a.heka")); strings.Join(got, "") != "c" {
		t.Errorf("after: %q", got)
	}
}

func TestSyncPolicies(t *testing.T) {
	for _, policy := range []string{"never", "batch", "1s", "close"} {
		for _, name := range []string{"a.log", "%{Logger}.heka"} {
			path := filepath.Join(t.TempDir(), name)
			run(t, &stage.Env{}, 1, stagetest.Payloads("a", "b"), "--fsync", policy, path)
			got := content(t, strings.ReplaceAll(path, "%{Logger}", "test"))
			if got != "a\nb\n" && strings.Join(records(t, got), "") != "ab" {
				t.Errorf("%q", got)
			}
		}
	}
}
