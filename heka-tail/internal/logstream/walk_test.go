package logstream

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// tree makes the files in a new folder: a -> b is a link, a/ a folder.
func tree(t testing.TB, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		name, to, link := strings.Cut(f, " -> ")
		path := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case link:
			err = os.Symlink(to, path)
		case strings.HasSuffix(f, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, nil, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// walk gives what a walk finds, sorted.
func walk(t testing.TB, root, match string) (paths []string, errs []error) {
	t.Helper()
	l, err := New(Options{Root: root, FileMatch: match})
	if err != nil {
		t.Fatal(err)
	}
	for path, err := range l.Walk() {
		if err != nil {
			errs = append(errs, err)
		} else {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths, errs
}

func TestWalk(t *testing.T) {
	f := func(match, want string, files ...string) {
		t.Helper()
		paths, errs := walk(t, tree(t, files...), match)
		if got := strings.Join(paths, " "); got != want || errs != nil {
			t.Errorf("%q, %v; want %q", got, errs, want)
		}
	}
	f(".*", "")
	f(".*", "a.log b/c.log b/d/e.log", "a.log", "b/c.log", "b/d/e.log", "empty/")
	f(".*", "a.log link", "a.log", "link -> a.log", "nowhere -> x")
	// Folders behind links come once, under their own name if they have one here.
	f(".*", "a/x", "a/x", "b -> a", "a/up -> ..", "a/self -> .")
	f(".*", "l1/x", "l1 -> "+tree(t, "x", "round -> ."), "l2 -> nowhere")
	// What the expression rules out is not looked at.
	f(`nginx/access\.log.*`, "nginx/access.log nginx/old/x", "nginx/access.log", "nginx/old/x",
		"apache/access.log", "top")
	f(`/nginx/a/\d+`, "nginx/a/1", "nginx/a/1", "nginx/b/1")
	f(`nginx/(?P<Seq>\d+)|nginx/x`, "nginx/1", "nginx/1", "apache/1")
	f(`absent/\d+`, "", "a")
	f(`\.\./\.\./etc/.*`, "a", "a")
	f(`//etc/.*`, "a", "a")
}

func TestWalkErrors(t *testing.T) {
	root := tree(t, "a.log", "loop -> loop", "fifo/")
	if _, errs := walk(t, filepath.Join(root, "absent"), ".*"); len(errs) != 1 || !errors.Is(errs[0],
		fs.ErrNotExist) {
		t.Errorf("no root: %v", errs)
	}
	if _, errs := walk(t, filepath.Join(root, "a.log"), ".*"); len(errs) != 1 || !errors.Is(errs[0],
		syscall.ENOTDIR) {
		t.Errorf("the root is a file: %v", errs)
	}
	if err := syscall.Mkfifo(filepath.Join(root, "fifo", "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	paths, errs := walk(t, root, ".*")
	if fmt.Sprint(paths) != "[a.log]" || len(errs) != 1 || !errors.Is(errs[0], syscall.ELOOP) {
		t.Errorf("%q, %v", paths, errs)
	}
}

func TestWalkUnreadable(t *testing.T) {
	root := tree(t, "a.log", "secret/b.log", "z/c.log", "link -> secret/b.log")
	if err := os.Chmod(filepath.Join(root, "secret"), 0); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // who reads everything: this thread becomes nobody to the file system
		if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
			t.Fatal(err)
		}
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := syscall.Setfsuid(65534); err != nil {
			t.Skip(err)
		}
		defer syscall.Setfsuid(0)
	}
	paths, errs := walk(t, root, ".*")
	if fmt.Sprint(paths) != "[a.log z/c.log]" || len(errs) != 2 ||
		!errors.Is(errs[0], fs.ErrPermission) || !errors.Is(errs[1], fs.ErrPermission) {
		t.Errorf("%q, %v", paths, errs)
	}
}

func TestWalkStops(t *testing.T) {
	root := tree(t, "a", "b", "c/d", "e -> c")
	l, err := New(Options{Root: root, FileMatch: ".*"})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		seen := 0
		for range l.Walk() {
			if seen++; seen > n {
				break
			}
		}
		if seen != n+1 {
			t.Errorf("%d files, after a stop at %d", seen, n+1)
		}
	}
}

// A tree of several hosts, from the disk to the streams.
func TestWalkAndPlace(t *testing.T) {
	root := tree(t, "a.example/2026/10/access.log.1", "a.example/2026/10/access.log",
		"a.example/2026/11/access.log",
		"b.example/2026/11/access.log.10", "b.example/2026/11/access.log.9",
		"b.example/2026/11/error.log", "notes.txt")
	paths, errs := walk(t, root, ".*")
	if errs != nil {
		t.Fatal(errs)
	}
	got := order(t, Options{Root: root,
		FileMatch: `(?P<Host>[^/]+)/(?P<Year>\d+)/(?P<Month>\d+)/access\.log\.?(?P<Seq>\d*)`,
		Priority:  []string{"Year", "Month", "^Seq"}, Differentiator: []string{"Host"}}, paths...)
	want := "a.example: a.example/2026/10/access.log.1 a.example/2026/10/access.log " +
		"a.example/2026/11/access.log\n" +
		"b.example: b.example/2026/11/access.log.10 b.example/2026/11/access.log.9\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func BenchmarkWalk10000(b *testing.B) {
	files := slices.Clone(many())
	root := tree(b, files...)
	l, err := New(Options{Root: root, FileMatch: ".*"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range l.Walk() {
			n++
		}
		if n == 0 {
			b.Fatal(n)
		}
	}
}
