package position

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// childVar makes the test binary a child of one of the tests below.
const childVar = "HEKA_POSITION_CHILD"

func TestMain(m *testing.M) {
	if dir, ok := strings.CutPrefix(os.Getenv(childVar), "save "); ok {
		saveForever(dir)
	}
	os.Exit(m.Run())
}

// saveForever moves record 1 byte by byte, and says so after each Save.
func saveForever(dir string) {
	s, err := Open(dir, nil)
	for err == nil {
		r, _ := s.Get(1)
		r.ID, r.Offset = 1, r.Offset+1
		s.Put(r)
		if err = s.Save(); err == nil {
			fmt.Println(r.Offset)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// TestKill kills a process that saves all the time, with kill -9, and opens what it left.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	last := int64(0)
	for range 30 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVar+"=save "+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for n, kill := 0, 1+rand.IntN(15); lines.Scan(); n++ {
			if n == 0 {
				busyWith(t, dir, cmd.Process.Pid)
			}
			if n == kill {
				must(t, cmd.Process.Kill())
			}
			if last, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
				t.Fatal(lines.Text())
			}
		}
		_ = cmd.Wait()
		s, log := mustOpen(t, dir)
		r, _ := s.Get(1)
		if r.Offset != last && r.Offset != last+1 || s.Damaged() || log.Len() > 0 {
			t.Fatalf("found %d, saved %d, damaged %v, log %s", r.Offset, last, s.Damaged(), log)
		}
		must(t, s.Close())
	}
}

func busyWith(t *testing.T, dir string, pid int) {
	t.Helper()
	var busy *BusyError
	if _, err := Open(dir, nil); !errors.As(err, &busy) || busy.PID != pid {
		t.Errorf("opened beside process %d: %v", pid, err)
	}
}

// apart runs the test that calls it once more, in a process with mounts of its own, and
// reports whether this is that process; root says that it must be the real one.
func apart(t *testing.T, root bool) bool {
	t.Helper()
	if os.Getenv(childVar) == t.Name() {
		return true
	}
	if root && os.Getuid() != 0 {
		t.Skip("mounting a file system takes root")
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

func mountTmpfs(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skip("no tmpfs: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fill makes files of a page, or empty ones, until there is no room, and returns how to
// make room again.
func fill(t *testing.T, dir string, size int) (free func()) {
	t.Helper()
	full := filepath.Join(dir, "full")
	must(t, os.Mkdir(full, 0o700))
	for i := 0; ; i++ {
		err := os.WriteFile(filepath.Join(full, strconv.Itoa(i)), make([]byte, size), 0o600)
		if errors.Is(err, syscall.ENOSPC) {
			return func() { must(t, os.RemoveAll(full)) }
		}
		must(t, err)
	}
}

// fullDisk: with no room Save says so and leaves what there is; with room it saves. A start
// on a full disk works.
func fullDisk(t *testing.T, mount string, size int) {
	dir := filepath.Join(mount, "state")
	s, _ := mustOpen(t, dir)
	for _, r := range records(50) {
		s.Put(r)
	}
	must(t, s.Save())
	before := contents(t, dir)
	for round := range 2 {
		free := fill(t, mount, size)
		if round == 1 {
			s, _ = mustOpen(t, dir)
		}
		s.Put(Record{ID: 99, Offset: int64(round + 1)})
		for range 2 {
			err := s.Save()
			want := fmt.Sprintf("write positions %q: no space left on device", s.path(currentName))
			if !errors.Is(err, syscall.ENOSPC) || err.Error() != want {
				t.Fatalf("round %d: %v, want %s", round, err, want)
			}
		}
		if after := contents(t, dir); after != before {
			t.Fatalf("round %d: was %q, is %q", round, before, after)
		}
		free()
		must(t, s.Save())
		must(t, s.Close())
		before = contents(t, dir)
	}
	s, log := mustOpen(t, dir)
	if r, ok := s.Get(99); !ok || r.Offset != 2 || log.Len() > 0 {
		t.Errorf("found %+v, log %s", r, log)
	}
}

func TestFullDisk(t *testing.T) {
	if apart(t, false) {
		fullDisk(t, mountTmpfs(t, "size=128k"), 4096)
	}
}

func TestNoInodes(t *testing.T) {
	if apart(t, false) {
		fullDisk(t, mountTmpfs(t, "size=1m,nr_inodes=16"), 0)
	}
}

func TestReadOnly(t *testing.T) {
	if !apart(t, false) {
		return
	}
	mount := mountTmpfs(t, "size=1m")
	s, _ := mustOpen(t, mount)
	must(t, s.Save())
	must(t, s.Close())
	must(t, syscall.Mount("", mount, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	_, err := Open(mount, nil)
	if !errors.Is(err, syscall.EROFS) || !strings.HasPrefix(err.Error(), "lock positions") {
		t.Errorf("Open: %v", err)
	}
}

// TestNoPermission: the folder is another user's.
func TestNoPermission(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o500))
	if os.Getuid() == 0 {
		if os.Getenv(childVar) == "" {
			asNobody(t)
			return
		}
		dir = "/"
	}
	for _, dir := range []string{dir, filepath.Join(dir, "state")} {
		if _, err := Open(dir, nil); !errors.Is(err, syscall.EACCES) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// asNobody runs the test once more as a user without rights.
func asNobody(t *testing.T) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), childVar+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPowerCut saves on an ext4 of its own that writes back late, is killed at each place of
// a Save, and starts from a copy of the device as it was then: all that was not synced is
// gone.
func TestPowerCut(t *testing.T) {
	if !apart(t, true) {
		return
	}
	image := filepath.Join(t.TempDir(), "image")
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, 4<<20))
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", image).CombinedOutput(); err != nil {
		t.Skipf("no ext4: %v %s", err, out)
	}
	dir := mountImage(t, image)
	saved := int64(10)
	run(t, dir, &faultyDisk{safe: true}, saved)
	for crash, crashed := 1, true; crashed; crash++ {
		_, crashed = run(t, dir, &faultyDisk{safe: true, crash: crash}, saved+1)
		cut := filepath.Join(t.TempDir(), "cut")
		must(t, exec.Command("cp", image, cut).Run())
		found, _ := run(t, mountImage(t, cut), &faultyDisk{}, 0)
		if found != saved && found != saved+1 {
			t.Fatalf("place %d: found %d, saved %d", crash, found, saved)
		}
		if found, _ = run(t, dir, &faultyDisk{safe: true}, saved+10); found < saved {
			t.Fatalf("place %d: found %d without a power cut, saved %d", crash, found, saved)
		}
		saved += 10
	}
	if saved < 100 {
		t.Errorf("only %d places", saved/10)
	}
}

func mountImage(t *testing.T, image string) string {
	t.Helper()
	dir := t.TempDir()
	mount := exec.Command("mount", "-o", "loop,commit=60", image, dir)
	if out, err := mount.CombinedOutput(); err != nil {
		t.Skipf("no loop mount: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir
}
