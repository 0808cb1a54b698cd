package wall

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// TestMain makes this test the program behind the walls when it is asked to be.
func TestMain(m *testing.M) {
	if dir := os.Getenv("WALL_TEST_DIR"); dir != "" {
		behind(dir)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// behind says what it may do behind the walls.
func behind(dir string) {
	w := Wall{
		Memory: Room(8 << 20), Read: []string{filepath.Join(dir, "script")},
		Write: []string{filepath.Join(dir, "state", "x")},
	}
	if err := w.Enter(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	say := func(what string, err error) { fmt.Println(what, err == nil) }
	_, err := os.ReadFile("/etc/passwd")
	say("passwd", err)
	_, err = os.ReadFile(filepath.Join(dir, "script"))
	say("script", err)
	_, err = os.ReadDir(dir)
	say("folder", err)
	say("write script", os.WriteFile(filepath.Join(dir, "script"), nil, 0o600))
	say("link out", os.Link(filepath.Join(dir, "script"), filepath.Join(dir, "state", "l")))
	say("state", os.WriteFile(filepath.Join(dir, "state", "y"), nil, 0o600))
	say("rename", os.Rename(filepath.Join(dir, "state", "y"), filepath.Join(dir, "state", "x")))
	_, err = net.Dial("udp", "127.0.0.1:9")
	say("udp", err)
	_, err = net.Listen("unix", filepath.Join(dir, "state", "s"))
	say("unix", err)
	say("exec", exec.Command("/bin/true").Run())
	if os.Getenv("WALL_TEST_GROW") != "" {
		all := bytes.Repeat([]byte("x"), 1<<20)
		for {
			all = append(all, all...)
			fmt.Fprintln(os.Stderr, len(all))
		}
	}
}

const allowed = `passwd false
script true
folder false
write script false
link out false
state true
rename true
udp false
unix false
exec false
`

func start(t *testing.T, env ...string) (string, error) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("walls are Linux's")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), append(env, "WALL_TEST_DIR="+dir)...)
	out, err := cmd.Output()
	return string(out), err
}

func TestWalls(t *testing.T) {
	for _, env := range []string{"WALL_TEST=1", "HEKA_WALLED=1"} {
		out, err := start(t, env)
		if err != nil || out != allowed {
			t.Errorf("%s: got %v\n%s\nwant\n%s", env, err, out, allowed)
		}
	}
}

func TestMemory(t *testing.T) {
	if raced {
		t.Skip("the race detector's memory is beyond all bounds; cmd/heka tests whole programs")
	}
	out, err := start(t, "WALL_TEST_GROW=1")
	if err == nil || out != allowed {
		t.Errorf("a process that grows for ever: got %v\n%s", err, out)
	}
}
