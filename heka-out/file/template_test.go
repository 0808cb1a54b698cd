package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func typed(types ...string) []msg.Message {
	in := stagetest.Payloads(types...)
	for i := range in {
		in[i].Type = types[i]
		in[i].Payload = fmt.Sprint(i)
	}
	return in
}

func TestTemplates(t *testing.T) {
	f := func(in []msg.Message, dest, want string, words ...string) {
		t.Helper()
		for _, size := range []int{1, 2, len(in)} {
			dir := t.TempDir()
			if err := os.Mkdir(dir+"/d", 0o755); err != nil {
				t.Fatal(err)
			}
			run(t, &stage.Env{}, size, in, append(words, filepath.Join(dir, dest))...)
			if got := tree(t, dir); got != want {
				t.Errorf("%s in batches of %d:\n%swant\n%s", dest, size, got, want)
			}
		}
	}
	f(typed("a", "b", "a"), "%{Type}.log", "a.log: 0 2 \nb.log: 1 \n")
	f(typed("a", "b", "a"), "d/%{Type}/%Y-%m.log", "d/a/2023-11.log: 0 2 \nd/b/2023-11.log: 1 \n")
	f(typed("a", "b"), "d/100%%.log", "d/100%.log: 0 1 \n")
	f(typed("../x", "/etc/passwd", "..", "", "a\x00b"), "d/%{Type}.log",
		"d/-.log: 3 \nd/__.log: 2 \nd/___x.log: 0 \nd/_etc_passwd.log: 1 \nd/a_b.log: 4 \n")
	f(typed("../../x"), "d/%{Type}/f.log", "d/___.._x/f.log: 0 \n")
}

func TestManyFiles(t *testing.T) {
	var types []string
	for range 3 {
		for i := range 2*maxOpen + 3 {
			types = append(types, fmt.Sprintf("t%03d", i))
		}
	}
	in := typed(types...)
	for _, name := range []string{"%{Type}.log", "%{Type}.heka", "%{Type}.csv"} {
		for _, size := range []int{1, 1000} {
			dir := t.TempDir()
			env := &stage.Env{Columns: []string{"Payload"}}
			run(t, env, size, in, "--fsync", "never", filepath.Join(dir, name))
			for i := range 2*maxOpen + 3 {
				path := filepath.Join(dir, strings.ReplaceAll(name, "%{Type}", types[i]))
				n := 2*maxOpen + 3
				lines := []string{fmt.Sprint(i), fmt.Sprint(i + n), fmt.Sprint(i + 2*n)}
				got, want := content(t, path), strings.Join(lines, "\n")+"\n"
				if strings.HasSuffix(name, ".heka") {
					got = strings.Join(records(t, got), "\n") + "\n"
				}
				if strings.TrimPrefix(got, "Payload\n") != want {
					t.Fatalf("%s: %q, want %q", path, got, want)
				}
			}
		}
	}
}

func TestMaxFiles(t *testing.T) {
	in := typed("a", "b", "c", "a", "d")
	dir := t.TempDir()
	var failed []string
	env := &stage.Env{Fail: func(rec []byte) error {
		v, err := msg.Parse(rec[msg.HeaderSize:])
		e, _ := v.Field("heka.error", 0)
		failed = append(failed, string(v.Payload())+" "+string(e.Text()))
		return err
	}}
	run(t, env, 2, in, "--max-files", "2", dir+"/%{Type}.log")
	if got := tree(t, dir); got != "a.log: 0 3 \nb.log: 1 \n" {
		t.Error(got)
	}
	want := "2 " + errTooMany.Error() + ", 4 " + errTooMany.Error()
	if got := strings.Join(failed, ", "); got != want || env.Stats.Bad.Load() != 2 {
		t.Errorf("%s; %d bad", got, env.Stats.Bad.Load())
	}
	err := runErr(&stage.Env{Strict: true}, 2, in, "--max-files", "2", dir+"/%{Type}.log")
	if !errors.Is(err, stage.ErrBadData) {
		t.Error(err)
	}
	env = &stage.Env{}
	if run(t, env, 2, in, "--max-files", "2", dir+"/%{Type}.log"); env.Stats.Bad.Load() != 2 {
		t.Errorf("%d bad", env.Stats.Bad.Load())
	}
}

func TestPathsFault(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Mkdir(dir+"/d", 0o755), os.WriteFile(dir+"/f", nil, 0o644),
		os.Symlink(outside, dir+"/link")); err != nil {
		t.Fatal(err)
	}
	env := &stage.Env{}
	run(t, env, 1, typed("link", "ok"), dir+"/%{Type}/x")
	run(t, env, 1, typed("f"), dir+"/%{Type}/x") // not a directory
	run(t, env, 1, typed("d"), dir+"/%{Type}")   // a directory
	if env.Stats.Bad.Load() != 3 || env.Stats.Out.Load() != 1 {
		t.Errorf("%d bad, %d out", env.Stats.Bad.Load(), env.Stats.Out.Load())
	}
	if got := tree(t, outside); got != "" {
		t.Errorf("a link led out: %s", got)
	}
}
