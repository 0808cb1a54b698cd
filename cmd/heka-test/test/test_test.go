package test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"go.uber.org/goleak"

	"heka/lib/session"
	"heka/lib/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder makes a folder of files, the current one for the test, and returns it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

// call runs heka-test where no heka is, and returns what it writes.
func call(t *testing.T, args ...string) (out string, ok bool, err error) {
	t.Helper()
	t.Setenv("PATH", "/usr/bin:/bin")
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ok, err = run(context.Background(), "heka-test", args, t.TempDir(), "", f)
	b, rerr := os.ReadFile(f.Name())
	if rerr != nil {
		t.Fatal(rerr)
	}
	return string(b), ok, err
}

func TestRun(t *testing.T) {
	folder(t, map[string]string{
		"a.session": "$ echo a\na\n", "d/b.session": "$ echo c\nb\n$ echo b\nb\n", "d/c.txt": "",
		".hidden/d.session": "x", "named": "$ ls\n",
	})
	f := func(want string, wantOK bool, args ...string) {
		t.Helper()
		out, ok, err := call(t, args...)
		if d := cmp.Diff(want, out); d != "" || ok != wantOK || err != nil {
			t.Errorf("%q: %v, %v: %s", args, ok, err, d)
		}
	}
	const wrong = "d/b.session:1: not what was wanted\n  $ echo c\n- b\n+ c\n"
	f(wrong+"2 sessions, 1 failed\n", false)
	f(wrong+"2 sessions, 1 failed\n", false, "--pipes-only", "-j", "1", "d", ".", "a.session")
	f("ok      a.session: 1 command\n"+wrong+"failed  d/b.session\n2 sessions, 1 failed\n", false, "-v")
	f("1 session, 0 failed\n", true, "a.session")
	f("1 session, 0 failed\n", true, "--run", "^a")
	f(strings.ReplaceAll(strings.ReplaceAll(wrong, "- b", "\x1b[31m- b\x1b[0m"), "+ c", "\x1b[32m+ c\x1b[0m")+
		"1 session, 1 failed\n", false, "--color", "always", "--run", "d/b")
	f("1 session, 0 failed\n", true, "named")
}

func TestUpdate(t *testing.T) {
	dir := folder(t, map[string]string{
		"right.session": "$ echo '\\x'\n\\\\x\n", "wrong.session": "# c\n\n$ echo c\nb\n\n# d\n$ cat f\n-- f --\n1\n",
		"late.session": "$ echo b\na\n$ sleep 100\nx\n", "bad.session": "x\n",
	})
	if err := os.Symlink("wrong.session", "link.session"); err != nil {
		t.Fatal(err)
	}
	out, ok, err := call(t, "--update", "--timeout", "2s", "-j", "1")
	want := "bad.session:1: \"x\" stands in front of the first command: comments start with #\n" +
		"late.session:3: it takes too long: not done after 2s; what follows was not run\n  $ sleep 100\n" +
		"updated late.session\nupdated link.session\n5 sessions, 2 updated, 2 failed\n"
	if ok || err != nil {
		t.Error(ok, err)
	}
	if d := cmp.Diff(want, out); d != "" {
		t.Error(d)
	}
	files := func(want map[string]string) {
		t.Helper()
		for name, text := range want {
			b, err := os.ReadFile(name)
			if d := cmp.Diff(text, string(b)); d != "" || err != nil {
				t.Error(name, err, d)
			}
		}
	}
	files(map[string]string{
		"right.session": "$ echo '\\x'\n\\\\x\n", "bad.session": "x\n",
		"wrong.session": "# c\n\n$ echo c\nc\n\n# d\n$ cat f\n1\n-- f --\n1\n",
		"late.session":  "$ echo b\nb\n$ sleep 100\nx\n",
	})
	info, err := os.Lstat("wrong.session")
	if err != nil || info.Mode() != 0o640 {
		t.Error(info.Mode(), err)
	}
	if link, err := os.Readlink("link.session"); link != "wrong.session" {
		t.Error(link, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".heka-test*")); left != nil {
		t.Error("left behind:", left)
	}
	if out, ok, err := call(t, "--run", "wrong|right"); !ok || err != nil {
		t.Error(out, ok, err)
	}
}

func TestMistakes(t *testing.T) {
	folder(t, map[string]string{"a.session": "$ true\n", "d/x": ""})
	f := func(want string, args ...string) {
		t.Helper()
		out, _, err := call(t, args...)
		var usage *stage.UsageError
		if !errors.As(err, &usage) && !errors.Is(err, os.ErrNotExist) || out != "" ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q; %q", args, err, want, out)
		}
	}
	f("unknown flag: --x", "--x")
	f("no session in d", "d")
	f("a session is a file NAME.session", "d")
	f("stat none: no such file", "none", "a.session")
	f("--run z matches none of the 1 sessions, a.session is one", "--run", "z")
	f("--run: error parsing regexp", "--run", "(")
	f("exclude each other", "--pipes-only", "--fused-only")
	f("--fused-only: heka is not found", "--fused-only")
	f("--timeout -1s: want more than 0", "--timeout", "-1s")
	f("-j 257: want 0 to 256", "-j", "257")
	f("--color x: want auto, always or never", "--color", "x")
	_, _, err := call(t, "--color", "x", "-j", "-1")
	if u, ok := err.(interface{ Unwrap() []error }); !ok || len(u.Unwrap()) != 2 {
		t.Error("not all mistakes at once:", err)
	}
}

func TestInterrupted(t *testing.T) {
	dir := folder(t, map[string]string{"a.session": "$ true\n"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	r, err := session.NewRunner(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tr := &tester{Runner: r, out: &out}
	if ok, err := tr.all(ctx, []string{"a.session", "b.session"}, 2); ok || err != context.Canceled || out.Len() > 0 {
		t.Error(ok, err, out.String())
	}
}

// TestOptions wants the manual to have every flag, with the text of the help.
func TestOptions(t *testing.T) {
	doc, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(doc), "\n## OPTIONS\n")
	new(options).declare().VisitAll(func(f *pflag.Flag) {
		value, text := pflag.UnquoteUsage(f)
		want := "**--" + f.Name + "**"
		if f.Shorthand != "" {
			want = "**-" + f.Shorthand + "**, " + want
		}
		if value != "" {
			want += " *" + value + "*"
		}
		if want += "\n: " + text; !strings.Contains(list, "\n"+want) {
			t.Errorf("the README has no %q", want)
		}
	})
}

// TestProgram wants the exit statuses of the program itself.
func TestProgram(t *testing.T) {
	source, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"a.session": "$ true\n", "b.session": "$ false\n"})
	f := func(want int, args ...string) {
		t.Helper()
		c := exec.Command(filepath.Join(dir, "heka-test"), args...)
		out, err := c.CombinedOutput()
		if got := c.ProcessState.ExitCode(); got != want {
			t.Errorf("%q: status %d, want %d: %v %s", args, got, want, err, out)
		}
	}
	build := exec.Command("go", "build", "-o", dir, "heka/cmd/heka-test")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	f(0, "a.session")
	f(1, ".")
	f(2, "none")
	f(2, "--x")
	f(0, "--help")
}
