package service

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/position"
	"heka/lib/stage"
)

// childEnv makes the test binary something else: see TestMain.
const childEnv = "HEKA_TEST_SERVICE"

// TestMain is also what tests run as child processes.
func TestMain(m *testing.M) {
	switch what, arg, _ := strings.Cut(os.Getenv(childEnv), " "); what {
	case "":
		os.Exit(m.Run())
	case "lock":
		_, err := Take(arg)
		fmt.Println(err)
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "sockets":
		showSockets()
	case "signals":
		showSignals()
	}
}

// child runs the test binary as what; wrap is what stands in front of it.
func child(t *testing.T, what string, wrap ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrap, self)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childEnv+"="+what)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestTake(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "state")
	l, err := Take(dir)
	if err != nil || l.PidError != nil {
		t.Fatal(err, l.PidError)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	for _, name := range []string{"lock", "pid"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.TrimSpace(string(b)) != fmt.Sprint(os.Getpid()) {
			t.Errorf("%s: %q %v", name, b, err)
		}
	}
	_, err = Take(dir)
	var b *position.BusyError
	if !errors.As(err, &b) || b.PID != os.Getpid() ||
		err.Error() != fmt.Sprintf("state folder %q is in use by process %d", dir, os.Getpid()) {
		t.Errorf("second: %v", err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the pid file is left: %v", err)
	}
	if l, err = Take(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "lock")); err != nil || l.Held() {
		t.Errorf("%v: a lock without a file is held", err)
	}
	l.Release()
}

// TestKilled wants the folder of a process that was killed to be free, and that of one
// that lives not.
func TestKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	cmd := child(t, "lock "+dir)
	stdin, _ := cmd.StdinPipe()
	defer stdin.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 6)
	if _, err := io.ReadFull(out, line); string(line) != "<nil>\n" {
		t.Fatalf("%q %v", line, err)
	}
	_, err = Take(dir)
	var b *position.BusyError
	if !errors.As(err, &b) || b.PID != cmd.Process.Pid {
		t.Errorf("while it lives: %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	l, err := Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
}

func TestTakeRefuses(t *testing.T) {
	f := func(want string, prepare func(dir string) error) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "s")
		if err := prepare(dir); err != nil {
			t.Fatal(err)
		}
		l, err := Take(dir)
		if err == nil {
			l.Release()
			t.Errorf("taken; want %s", want)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
	}
	mode := func(mode os.FileMode) func(string) error {
		return func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode)) }
	}
	f("(mode 0777); chmod 700 it", mode(0o777))
	f("(mode 0720); chmod 700 it", mode(0o720))
	f("(mode 0777); chmod 700 it", mode(0o777|os.ModeSticky))
	f("is no folder", func(dir string) error { return os.WriteFile(dir, nil, 0o600) })
	f("lock state folder", func(dir string) error {
		return errors.Join(os.Mkdir(dir, 0o700), os.Symlink("elsewhere", filepath.Join(dir, "lock")))
	})
	if os.Geteuid() == 0 {
		f("belongs to user 12345", func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, 12345, 12345))
		})
	}
}

// TestUsage wants what a person has done wrong to be a usage error.
func TestUsage(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	var usage *stage.UsageError
	if _, err := Take(dir); !errors.As(err, &usage) || usage.Hint == "" {
		t.Errorf("%v", err)
	}
}

// TestPidFails wants a pid file that can't be written to be told of, and the lock to hold.
func TestPidFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Mkdir(filepath.Join(dir, "pid"), 0o700)); err != nil {
		t.Fatal(err)
	}
	l, err := Take(dir)
	if err != nil || l.PidError == nil || !l.Held() {
		t.Fatal(err, l)
	}
	l.file.Close()
}
