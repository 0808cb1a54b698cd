package target

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

var ctx = context.Background()

func content(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, f *File, s string) {
	t.Helper()
	if err := f.Write(ctx, []byte(s)); err != nil {
		t.Fatal(err)
	}
}

func TestFileOpensLate(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	f := NewFile(OS{}, name, FileOptions{})
	if err := errors.Join(f.Sync(), f.Close(), f.Rotate(1)); err != nil || f.Moved() {
		t.Error(err)
	}
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that nothing was written to is there: %v", err)
	}
}

func TestFileAppends(t *testing.T) {
	f := func(opt FileOptions, was, want string) {
		t.Helper()
		name := filepath.Join(t.TempDir(), "out")
		if was != "" {
			if err := os.WriteFile(name, []byte(was), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		file := NewFile(OS{}, name, opt)
		write(t, file, "a\n")
		if err := errors.Join(file.Sync(), file.Close()); err != nil {
			t.Fatal(err)
		}
		write(t, file, "b\n")
		if file.Size() != int64(len(want)) {
			t.Errorf("size %d", file.Size())
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, name); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(FileOptions{}, "", "a\nb\n")
	f(FileOptions{}, "was\n", "was\na\nb\n")
	f(FileOptions{}, "torn", "torna\nb\n")
	f(FileOptions{Lines: true}, "torn", "torn\na\nb\n")
	f(FileOptions{Lines: true}, "whole\n", "whole\na\nb\n")
	f(FileOptions{Truncate: true}, "was\n", "a\nb\n")
}

func TestFilePermissions(t *testing.T) {
	old := unix.Umask(0o022)
	defer unix.Umask(old)
	dir := t.TempDir()
	file := NewFile(OS{}, filepath.Join(dir, "a/b/out"), FileOptions{Perm: 0o600, Mkdir: true})
	write(t, file, "x")
	defer file.Close()
	info, err := os.Stat(filepath.Join(dir, "a/b/out"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if info, err = os.Stat(filepath.Join(dir, "a/b")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	err = NewFile(OS{}, filepath.Join(dir, "c/out"), FileOptions{}).Write(ctx, []byte("x"))
	var path *fs.PathError
	if !errors.As(err, &path) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func TestFileMoved(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	file := NewFile(OS{}, name, FileOptions{Truncate: true})
	write(t, file, "one\n")
	if file.Moved() {
		t.Error("moved at once")
	}
	if err := os.Rename(name, name+".old"); err != nil {
		t.Fatal(err)
	}
	if !file.Moved() {
		t.Error("renamed, and not moved")
	}
	write(t, file, "two\n")
	file.Close()
	write(t, file, "three\n")
	if err := os.WriteFile(name+".new", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil || !file.Moved() {
		t.Errorf("replaced, and not moved; %v", err)
	}
	file.Close()
	if got := content(t, name+".old"); got != "one\ntwo\n" {
		t.Errorf("%q", got)
	}
}

func TestFileRotate(t *testing.T) {
	f := func(keep int, want string) {
		t.Helper()
		dir := t.TempDir()
		file := NewFile(OS{}, filepath.Join(dir, "out"), FileOptions{})
		for _, s := range []string{"1", "2", "3", "4"} {
			write(t, file, s)
			if err := file.Rotate(keep); err != nil {
				t.Fatal(err)
			}
		}
		write(t, file, "5")
		file.Close()
		got := ""
		names, err := os.ReadDir(dir)
		for _, e := range names {
			got += e.Name() + "=" + content(t, filepath.Join(dir, e.Name())) + " "
		}
		if err != nil || strings.TrimSpace(got) != want {
			t.Errorf("%v %q, want %q", err, got, want)
		}
	}
	f(0, "out=5 out.1=4 out.2=3 out.3=2 out.4=1")
	f(1, "out=5 out.1=4")
	f(2, "out=5 out.1=4 out.2=3")
}

func TestRotated(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		if got := Rotated(name, 2); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f("out.log", "out.log.2")
	f("out.log.gz", "out.log.2.gz")
	f("out.json.zst", "out.json.2.zst")
}

func TestFileInRoot(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	file := NewFile(root, "a/b", FileOptions{Mkdir: true})
	write(t, file, "x")
	if err := errors.Join(file.Sync(), file.Rotate(0)); err != nil {
		t.Fatal(err)
	}
	write(t, file, "y")
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		t.Fatal(err)
	}
	if content(t, dir+"/a/b") != "y" || content(t, dir+"/a/b.1") != "x" {
		t.Error("not in place")
	}
	if err := os.Symlink("/tmp", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	if err := NewFile(root, "link/x", FileOptions{Mkdir: true}).Write(ctx, []byte("x")); err == nil {
		t.Error("a link led out of the directory")
	}
}

func TestNamedPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	file := NewFile(OS{}, name, FileOptions{})
	go func() { done <- file.Write(short, []byte("x")) }()
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("nobody reads: %v", err)
	}
	go func() {
		if err := file.Open(ctx); err != nil {
			done <- err
			return
		}
		_, err := file.f.Write([]byte("hello"))
		done <- errors.Join(err, file.Close())
	}()
	if got := content(t, name); got != "hello" {
		t.Errorf("%q", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
