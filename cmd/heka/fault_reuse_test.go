package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"heka/lib/oracle"
)

// mount makes a file system at dir/name for a test, and returns where it is. It is a
// test of root's; without, it is left out unless faults are wanted.
func mount(t *testing.T, dir, name string, options ...string) string {
	t.Helper()
	at := filepath.Join(dir, name)
	err := os.MkdirAll(at, 0o755)
	if err == nil {
		var out []byte
		if out, err = exec.Command("mount", append(options, at)...).CombinedOutput(); err != nil {
			err = fmt.Errorf("mount %v: %w: %s", options, err, out)
		}
	}
	if err != nil && !faults {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		poll(t, patience, "unmounted", func() bool { return syscall.Unmount(at, 0) == nil })
	})
	return at
}

// ext4 makes a file system of its own, of some megabytes, in a file.
func ext4(t *testing.T, dir, name string, megabytes int, options string) (at, image string) {
	t.Helper()
	image = filepath.Join(dir, name+".img")
	write(t, image, nil)
	if err := os.Truncate(image, int64(megabytes)<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", image).CombinedOutput(); err != nil {
		if !faults {
			t.Skip(err)
		}
		t.Fatalf("mkfs.ext4: %v: %s", err, out)
	}
	return mount(t, dir, name, "-o", "loop"+options, image), image
}

// TestInodeReuse is T06: files of one name and one size, each made behind the last,
// with its inode. Each is read once.
func TestInodeReuse(t *testing.T) {
	if raceDetector {
		t.Skip("many runs: they are done without the race detector")
	}
	f := func(name string, rounds int, read func(s *scene, path string) (stop func())) {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			dir := s.dir
			if faults {
				dir, _ = ext4(t, s.dir, "fs", 32, "")
			}
			path := filepath.Join(dir, "f")
			var stop func()
			inodes, last := 0, uint64(0)
			lines := s.sized(100, rounds)
			for n := range rounds {
				if n > 0 {
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
				}
				write(t, path, lines[n])
				var st syscall.Stat_t
				if err := syscall.Stat(path, &st); err != nil {
					t.Fatal(err)
				}
				if st.Ino == last {
					inodes++
				}
				last = st.Ino
				stop = read(s, path)
				if got := s.check.Lines(); got != int64(n+1) {
					t.Fatalf("%d lines came of %d files", got, n+1)
				}
			}
			stop()
			r := s.well(oracle.Allow{})
			t.Logf("%d files, %d with the inode of the one before, %d lines", rounds, inodes, r.Lines)
		})
	}
	f("run by run", full(50, 1000), func(s *scene, path string) func() {
		l := s.run("heka-tail --state s " + path)
		l.wait(patience, 0)
		s.drained()
		return func() {}
	})
	var l *line
	f("followed", full(50, 1000), func(s *scene, path string) func() {
		if l == nil || l.t != s.t {
			l = s.run("heka-tail -f --from-start --state s " + path)
		}
		s.some(l)
		return func() { s.stop(l) }
	})
	f("followed in turns", full(10, 100), func(s *scene, path string) func() {
		l := s.run("heka-tail -f --from-start --state s " + path)
		s.some(l)
		s.stop(l)
		return func() {}
	})
}

// some waits for one line more than there were when it was called last.
func (s *scene) some(l *line) {
	s.t.Helper()
	s.seen++
	poll(s.t, stuck, "one line more", func() bool { return s.check.Lines() >= s.seen })
}

// sized returns n lines that have size bytes each, with their ends.
func (s *scene) sized(size, n int) (all [][]byte) {
	s.t.Helper()
	lines := bytes.SplitAfter(s.lines(300*n), []byte("\n"))
	sources := s.ledger.Sources()
	src := sources[len(sources)-1]
	for seq, line := range lines[:300*n] {
		if len(line) == size && len(all) < n {
			all = append(all, line)
		} else {
			s.ledger.Lost(src, int64(seq), int64(seq)) // it is in no file
		}
	}
	if len(all) < n {
		s.t.Fatalf("only %d lines of %d bytes", len(all), size)
	}
	return all
}

// TestTiny is T08: files of 1 to 20 bytes, with a restart between any two looks, and
// rotation to names that are read, too.
func TestTiny(t *testing.T) {
	if raceDetector {
		t.Skip("many runs: they are done without the race detector")
	}
	for _, size := range full([]int{1, 2, 3, 7, 20}, []int{1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 19, 20}) {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			expect := func(what string, want ...string) {
				t.Helper()
				for _, again := range []bool{false, true} {
					if again {
						want = nil
					}
					l := run(t, dir, "heka-tail --state s f -o text", false)
					l.wait(patience, 0)
					if what != "written over" {
						l.silent()
					}
					out, _ := readAll(l)
					if got := string(out); got != strings.Join(want, "") {
						t.Errorf("%s, again %v: %q, want %q", what, again, got, want)
					}
				}
			}
			line := func(c string) string { return strings.Repeat(c, size-1) + "\n" }
			write(t, path, []byte(line("a")))
			expect("new", line("a"))
			appendTo(t, path, []byte(line("b")))
			expect("grown", line("b"))
			appendTo(t, path, []byte(line("b")))
			expect("grown by the same", line("b"))
			rename(t, path, path+".1")
			write(t, path, []byte(line("a")))
			expect("rotated, and begun alike", line("a"))
			appendTo(t, path+".1", []byte(line("c")))
			appendTo(t, path, []byte(line("d")))
			expect("both grown", line("c"), line("d"))
			rename(t, path+".1", path+".2")
			rename(t, path, path+".1")
			write(t, path, nil)
			expect("rotated again, empty")
			appendTo(t, path, []byte(line("e")))
			expect("no more empty", line("e"))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, bytes.ToUpper(b))
			if size > 1 {
				expect("written over", line("E"))
			}
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
