package target

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// childEnv names the file that this test binary, run again, writes under a limit:
// NAME:BYTES:WHAT. A limit of size cuts a write short as a full disk does.
const childEnv = "HEKA_TEST_LIMITED"

// writeLimited is the child: it writes until that fails, and says how.
func writeLimited(spec string) int {
	parts := strings.Split(spec, ":")
	limit, _ := strconv.ParseUint(parts[1], 10, 64)
	signal.Ignore(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		fmt.Println(err)
		return 1
	}
	opt := map[string]FileOptions{
		"records": {Whole: Records}, "lines": {Whole: Lines}, "unit": {},
	}[parts[2]]
	p := []byte(strings.Repeat("a line\n", 10))
	if parts[2] == "records" {
		p = nil
		for i := range 10 {
			p = append(p, record(int64(i), "0123456789")...)
		}
	}
	f := NewFile(OS{}, parts[0], opt)
	for range 100 {
		if err := f.Write(ctx, p); err != nil {
			var path *fs.PathError
			info, serr := os.Stat(parts[0])
			if !errors.As(err, &path) || !errors.Is(err, unix.EFBIG) ||
				serr == nil && info.Size() != f.Size() {
				fmt.Println("not as it should be:", err, serr, f.Size())
			}
			return 0
		}
	}
	fmt.Println("nothing failed")
	return 1
}

func TestFullDiskLeavesWholeUnits(t *testing.T) {
	f := func(was string, limit int, what string, want int) {
		t.Helper()
		name := filepath.Join(t.TempDir(), "out")
		if was != "" {
			if err := os.WriteFile(name, []byte(was), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(os.Args[0], "-test.run=none")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s:%d:%s", childEnv, name, limit, what))
		out, err := cmd.CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%v %s", err, out)
		}
		info, err := os.Stat(name)
		switch {
		case want == 0 && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("%s within %d: an empty file was left: %v", what, limit, err)
		case want > 0 && (err != nil || info.Size() != int64(want)):
			t.Errorf("%s within %d: %v, want %d bytes, %v", what, limit, info, want, err)
		}
	}
	n := len(record(0, "0123456789"))
	f("", 3, "lines", 0)
	f("", 7, "lines", 7)
	f("", 20, "lines", 14)
	f("", 100, "lines", 98)
	f("was", 20, "lines", 3+14)
	f("", 69, "unit", 0)
	f("", 100, "unit", 70)
	f("", n-1, "records", 0)
	f("", n, "records", n)
	f("", 25*n+5, "records", 25*n)
	f("", 25*n-1, "records", 24*n)
}

func TestDevFull(t *testing.T) {
	f := NewFile(OS{}, "/dev/full", FileOptions{})
	defer f.Close()
	err := f.Write(ctx, []byte("x"))
	var path *fs.PathError
	if !errors.As(err, &path) || err.Error() != "write /dev/full: no space left on device" {
		t.Error(err)
	}
}
