package supervise

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestGroup looks at what is written into groups, in a folder that stands for the kernel's:
// what the kernel makes of it is not seen here.
func TestGroup(t *testing.T) {
	dir := t.TempDir()
	s := &Spec{Name: "a/b", Limits: Limits{Memory: 64 << 20, CPU: 0.5, Tasks: 9, Cgroup: dir}}
	g, err := newGroup(s, false)
	if err != nil {
		t.Fatal(err)
	}
	f := func(file, want string) {
		t.Helper()
		if got, err := os.ReadFile(filepath.Join(g.dir, file)); string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", file, got, err, want)
		}
	}
	f("memory.max", "67108864")
	f("cpu.max", "50000 100000")
	f("pids.max", "9")
	if filepath.Dir(g.dir) != dir {
		t.Errorf("the group is at %s", g.dir)
	}
	os.WriteFile(filepath.Join(g.dir, "memory.events"), []byte("oom 1\noom_kill 1\n"), 0o600)
	if !g.outOfMemory() {
		t.Error("no memory, and not seen")
	}
	g.remove()
	if _, err := newGroup(&Spec{Limits: Limits{Cgroup: "/no/such"}}, false); err == nil {
		t.Error("a group in no folder")
	}
}

func TestOwnCgroup(t *testing.T) {
	dir := t.TempDir()
	yes := func(string) bool { return true }
	if _, err := own(dir, yes); !errors.Is(err, ErrNoCgroup) {
		t.Errorf("no control group: %v", err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("cgroup.controllers", "cpu pids\n")
	if _, err := own(dir, yes); !errors.Is(err, ErrNoCgroup) {
		t.Errorf("no memory: %v", err)
	}
	write("cgroup.controllers", "cpuset cpu io memory pids\n")
	if _, err := own(dir, func(string) bool { return false }); !errors.Is(err, ErrNoCgroup) {
		t.Errorf("not delegated: %v", err)
	}
	if got, err := own(dir, yes); got != dir || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	p, _ := os.ReadFile(filepath.Join(dir, "hekad", "cgroup.procs"))
	c, _ := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
	if string(p) != strconv.Itoa(os.Getpid()) || string(c) != "+memory +cpu +pids " {
		t.Errorf("got %q, %q", p, c)
	}
	if p := cgroupPath([]byte("9:name=systemd:/\n0::/a/b\n")); p != "/a/b" {
		t.Errorf("got %q", p)
	}
}
