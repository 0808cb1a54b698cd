package spool

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childVar names the test that a process with mounts of its own is to run.
const childVar = "HEKA_SPOOL_TEST"

// apart runs the test that calls it once more, in a process with mounts of its own, and
// reports whether this is that process.
func apart(t *testing.T) bool {
	t.Helper()
	if os.Getenv(childVar) == t.Name() {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), childVar+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: gid, Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		t.Skip("no mounts of our own: ", err)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skip(string(out))
	}
	return false
}

// TestFullDisk fills a real disk under a spool, as others do who write there: B04. It
// is opened on a full disk, goes on when there is room, and makes room itself.
func TestFullDisk(t *testing.T) {
	if !apart(t) {
		return
	}
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("no tmpfs: ", err)
	}
	defer syscall.Unmount(mount, syscall.MNT_DETACH)
	dir := filepath.Join(mount, "spool")
	opt := Options{Max: 10 << 20, Segment: 64 << 10}
	s := mustOpen(t, dir, opt)
	put2(t, s, 0, 300, 3, 1000)
	ballast := filepath.Join(mount, "ballast")
	fillDisk(t, ballast)
	on := make(chan error, 1000)
	n := 300
	for ; n < 330; n += 3 {
		must(t, s.Append(t.Context(), batch(n, n+3, 3000), func(err error) { on <- err }))
	}
	eventually(t, "a full disk", func() bool { return errors.Is(s.Stats().LastErr, syscall.ENOSPC) })
	for _, name := range files(t, dir, "0", suffix) { // cut back to whole entries
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		f, err := os.Open(filepath.Join(dir, name))
		must(t, err)
		c := &scanner{f: f, base: mustBase(t, name), size: info.Size()}
		eventually(t, name+" to be whole", func() bool {
			info, err := os.Stat(f.Name())
			must(t, err)
			c.size, c.buf = info.Size(), nil
			good, err := tail(c)
			return err == nil && good == c.size
		})
		f.Close()
	}
	same(t, read(t, s, "a", 329), numbers(0, 330)) // which removes what was read
	for n = 300; n < 330; n += 3 {
		must(t, <-on)
	}
	fillDisk(t, ballast+"2")
	must(t, s.Append(t.Context(), batch(330, 333, 100<<10), func(err error) { on <- err }))
	eventually(t, "a full disk", func() bool { return s.Stats().Errors > 0 })
	must(t, os.Remove(ballast))
	began := time.Now()
	must(t, <-on)
	if d := time.Since(began); d > 5*time.Second && os.Getenv("HEKA_FAULTS") != "" {
		t.Errorf("it took %v to go on", d)
	}
	must(t, s.Close())
	fillDisk(t, ballast+"3")
	s = mustOpen(t, dir, opt)
	same(t, unique(read(t, s, "a", 332)), numbers(330, 333))
	must(t, os.Remove(ballast+"2"))
	put(t, s, 333, 336)
	must(t, s.Close())
}

func mustBase(t testing.TB, name string) int64 {
	base, ok := parseName(name)
	if !ok {
		t.Fatal(name)
	}
	return base
}

// fillDisk writes to a file until there is no room.
func fillDisk(t testing.TB, path string) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	for _, size := range []int{4096, 1} {
		for err == nil {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		err = nil
	}
	must(t, f.Close())
}
