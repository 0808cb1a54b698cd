package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write writes a file of a test.
func write(t *testing.T, path, text string, perm os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), perm); err != nil {
		t.Fatal(err)
	}
}

// newRunner returns a runner, and a folder for sessions. In place of heka stands a
// script that says by which name it was called, and what to do.
func newRunner(t *testing.T, heka string) (*Runner, string) {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if heka != "" {
		write(t, filepath.Join(bin, "heka"), "#!/bin/sh\n"+heka, 0o755)
	}
	t.Setenv("PATH", "/usr/bin:/bin")
	r, err := NewRunner(bin, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	if r.HasHeka() != (heka != "") {
		t.Fatalf("heka is %q", r.heka)
	}
	return r, filepath.Join(dir, "sessions")
}

// run returns the text of the outcomes, and what is wrong with them.
func run(t *testing.T, r *Runner, dir, text string) (got, wrong string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := Parse(filepath.Join(dir, "a.session"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Run(context.Background(), s)
	if err != nil {
		return "", strings.ReplaceAll(err.Error(), dir, "DIR")
	}
	for i, o := range out {
		got += whole(o.Text(), o.Status)
		wrong += s.Check(s.Commands[i], o, false)
	}
	return got, strings.ReplaceAll(wrong, dir, "DIR")
}

func TestRun(t *testing.T) {
	t.Setenv("HEKA_STRICT", "1")
	r, dir := newRunner(t, "")
	write(t, filepath.Join(dir, "beside"), "b\n", 0o600)
	write(t, filepath.Join(dir, "both"), "beside\n", 0o400)
	write(t, filepath.Join(dir, "other.session"), "", 0o600)
	write(t, filepath.Join(dir, "folder", "in"), "", 0o600)
	f := func(cmd, want string) {
		t.Helper()
		got, wrong := run(t, r, dir, "$ "+cmd+"\n"+want+"-- both --\nmine\n-- d/f --\n1\n")
		if got != want || wrong != "" {
			t.Errorf("%s: got %q, want %q; %s", cmd, got, want, wrong)
		}
	}
	f("echo o; echo e >&2; exit 3", "o\ne\n[status 3]\n")
	f("ls -R; cat both d/f", ".:\nbeside\nboth\nd\n\n./d:\nf\nmine\n1\n")
	f("env | grep -E '^(HEKA|TZ|NO_COLOR)' | sort", "HEKA_CLOCK=data\nHEKA_HOSTNAME=host.example\nNO_COLOR=1\nTZ=UTC\n")
	f("kill -9 $$", "[status 137]\n")
	f("pwd; cat", "$PWD\n")
	f(`echo '{"Uuid":"01234567-89ab-7def-8123-456789abcdef"}'`, "{\"Uuid\":\"-\"}\n")
	f("printf x", "x\n")
	f("echo a >f \\\n> && cat f", "a\n")
	f("no-such-program 2>/dev/null", "[status 127]\n")
}

func TestRunFails(t *testing.T) {
	r, dir := newRunner(t, "")
	f := func(text, want string) {
		t.Helper()
		if _, wrong := run(t, r, dir, text); wrong != want {
			t.Errorf("%q: %s", text, cmp.Diff(want, wrong))
		}
	}
	f("$ echo b\na\n", "DIR/a.session:1: not what was wanted\n  $ echo b\n- a\n+ b\n")
	f("$ echo o; (echo 2; echo 1) >&2\no\n1\n2\n", "")
	f("$ echo 2; echo 1\n1\n2\n", "DIR/a.session:1: not what was wanted\n  $ echo 2; echo 1\n- 1\n  2\n+ 1\n")
	f("\n$ echo a; \\\n> exit 2\na\n", "DIR/a.session:2: not what was wanted, and the status is 2\n"+
		"  $ echo a; \\\n  > exit 2\n  a\n+ [status 2]\n")
	f("$ printf 'a\\0b'\n", "DIR/a.session:1: it wrote records, or other bytes that are no text: "+
		"let it end in -o json, say\n  $ printf 'a\\0b'\n  a\\x00b\n")
	f("$ yes | head -c 17000000\n", "DIR/a.session:1: it wrote more than 16 MiB\n  $ yes | head -c 17000000\n"+
		strings.Repeat("  y\n", 10))
	f("$ sleep 9 & echo a\n", "DIR/a.session:1: it ended, and left behind processes that can still write\n"+
		"  $ sleep 9 & echo a\n  a\n")
}

// TestRunLate wants a command that takes too long to end with all that it started.
func TestRunLate(t *testing.T) {
	r, dir := newRunner(t, "")
	pid := filepath.Join(dir, "pid")
	r.Timeout = 2 * time.Second
	_, wrong := run(t, r, dir, "$ sh -c 'echo $$ >"+pid+"; echo said; exec sleep 100' | cat\nx\n$ false\n")
	if !strings.HasPrefix(wrong, "DIR/a.session:1: it takes too long: not done after 2s; what follows was not run\n") ||
		!strings.HasSuffix(wrong, "\n  said\n") || strings.Contains(wrong, "false") {
		t.Error(wrong)
	}
	b, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	gone := func() bool {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(b)) + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z ")
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !gone(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("the sleep lives on")
		}
	}
}

// TestRunStopped wants the end of ctx to end the session.
func TestRunStopped(t *testing.T) {
	r, dir := newRunner(t, "")
	write(t, filepath.Join(dir, "x"), "", 0o600)
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Parse(filepath.Join(dir, "a.session"), []byte("$ echo a >"+fifo+"; sleep 100\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		os.ReadFile(fifo) // until it runs
		cancel()
	}()
	if _, err := r.Run(ctx, s); err != context.Canceled {
		t.Error(err)
	}
}

// fake is a heka that gives the same answer in both ways, but for what the test asks
// for by the name of a file.
const fake = `case $(basename $0) in
heka) shift; set -- $1; shift; how=fused;;
*) how=pipes;;
esac
case $1 in
differ) echo all; echo $how;;
fail) [ $how = pipes ] || exit 65;;
hidden) echo bad >&2; [ $how = pipes ] || exit 65;;
late) [ $how = pipes ] || sleep 100;;
write) echo $how >left;;
*) echo "[$*]"; echo $how >&2;;
esac
`

func TestFused(t *testing.T) {
	r, dir := newRunner(t, fake)
	f := func(text, want string) {
		t.Helper()
		if _, wrong := run(t, r, dir, text); wrong != want {
			t.Errorf("%q: %s", text, cmp.Diff(want, wrong))
		}
	}
	f("$ heka-cat a b\n[a b]\npipes\n", "")
	f("$ heka-cat differ\nall\npipes\n", "DIR/a.session:1: not the same by pipes (-) and fused (+)\n"+
		"  $ heka-cat differ\n  all\n- pipes\n+ fused\n")
	f("$ heka-cat differ | cat\nall\npipes\n", "")
	f("$ heka-cat fail\n", "DIR/a.session:1: not the same by pipes (-) and fused (+)\n"+
		"  $ heka-cat fail\n+ [status 65]\n")
	f("$ heka-cat hidden\nbad\n", "DIR/a.session:1: not the same by pipes (-) and fused (+)\n"+
		"  $ heka-cat hidden\n+ [status 65]\n  bad\n")
	f("$ heka-cat hidden | heka-cat hidden\nbad\nbad\n", "")
	f("$ heka-cat write\n$ cat left\npipes\n", "DIR/a.session:2: not the same by pipes (-) and fused (+)\n"+
		"  $ cat left\n- pipes\n+ fused\n")
	r.Mode = Pipes
	f("$ heka-cat differ\nall\npipes\n", "")
	r.Mode = Fused
	f("$ heka-cat differ\nall\nfused\n$ heka-cat x | cat\n[x]\npipes\n", "")
	r.Mode, r.Timeout = Both, 3*time.Second
	f("$ heka-cat late\n$ heka-cat differ\nall\npipes\n",
		"DIR/a.session:1: fused: it takes too long: not done after 3s\n  $ heka-cat late\n")
}

func TestBeside(t *testing.T) {
	r, dir := newRunner(t, "")
	write(t, filepath.Join(dir, "big"), "", 0o600)
	if err := os.Truncate(filepath.Join(dir, "big"), maxBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, r, dir, "$ true\n"); err != "the files beside it in DIR have more than 16 MiB" {
		t.Error(err)
	}
	if err := os.Truncate(filepath.Join(dir, "big"), maxBytes); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, r, dir, "$ true\n"); err != "" {
		t.Error(err)
	}
	for i := range maxFiles {
		write(t, filepath.Join(dir, strings.Repeat("x", i+1)), "", 0o600)
	}
	if _, err := run(t, r, dir, "$ true\n"); err != "more than 64 files stand beside it in DIR" {
		t.Error(err)
	}
}

func TestFusible(t *testing.T) {
	f := func(line string, want bool) {
		t.Helper()
		if got := Fusible(line); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
	f("heka-cat a.heka", true)
	f("heka-tail 'a b' | heka-decode json >out", true)
	f("heka-tail a | cat", false)
	f("heka-tail a; heka-tail b", false)
	f("heka-tail a 2>&1", false)
	f("heka-test .", false)
	f("heka-oracle check", false)
	f("heka-cat --help", false)
	f("heka tail a", false)
	f("heka-tail $a", false)
	f("", false)
}
