package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/oracle"
)

// damages are what may have become of a file.
var damages = []struct {
	name string
	do   func(b []byte) []byte // nil: there is no file
}{
	{"removed", func([]byte) []byte { return nil }},
	{"empty", func([]byte) []byte { return []byte{} }},
	{"NULs", func(b []byte) []byte { return make([]byte, len(b)) }},
	{"half", func(b []byte) []byte { return b[:len(b)/2] }},
	{"without its end", func(b []byte) []byte { return b[:max(len(b)-1, 0)] }},
	{"NULs at the end", func(b []byte) []byte { return append(b[:len(b)/2:len(b)/2], make([]byte, len(b)-len(b)/2)...) }},
	{"longer", func(b []byte) []byte { return append(b[:len(b):len(b)], "more"...) }},
	{"a bit at the start", func(b []byte) []byte { return flip(b, 0) }},
	{"a bit in the head", func(b []byte) []byte { return flip(b, 6) }},
	{"a bit in the middle", func(b []byte) []byte { return flip(b, len(b)/2) }},
	{"a bit at the end", func(b []byte) []byte { return flip(b, len(b)-1) }},
	{"text", func([]byte) []byte { return []byte("{\"version\": 1}\n") }},
	{"another version", func(b []byte) []byte { return bytes.Replace(flip(b, 4), []byte("1"), []byte("0"), 1) }},
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	if at >= 0 && at < len(b) {
		b[at] ^= 4
	}
	return b
}

// stateFiles returns the files of a position store, those that hold something first.
func stateFiles(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("no file in %s", dir)
	}
	return all
}

// TestDamagedState is T14 and B11: each file of the store damaged in each way, alone
// and all at once. Nothing is lost: the copy before is used, or what is whole of a
// copy; if nothing is, the file is read from its beginning, and that is said.
func TestDamagedState(t *testing.T) {
	if raceDetector {
		t.Skip("many runs: they are done without the race detector")
	}
	const command = "heka-tail -f --state s logs/app.log"
	begun := func(t *testing.T) *scene {
		s := newScene(t)
		s.log(hows(oracle.Create))
		s.write(50)
		l := s.run(command + " --from-start")
		s.come(l)
		for range 2 {
			s.stop(l)
			s.rotate()
			s.write(50)
			l = s.run(command)
			s.come(l)
		}
		s.stop(l)
		l.silent()
		return s
	}
	names := len(stateFiles(t, begun(t).path("s")))
	for _, d := range damages {
		for n := range names + 1 { // the last is: all
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				s := begun(t)
				files := stateFiles(t, s.path("s"))
				hit := files
				if n < len(files) {
					hit = files[n : n+1]
				}
				size := 0
				for _, path := range hit {
					size += damage(t, path, d.do)
				}
				s.write(20)
				start := command
				if n == len(files) && d.name == "removed" {
					start += " --from-start" // nothing tells that this is not the first run
				}
				l := s.run(start)
				s.come(l)
				s.fresh(l)
				s.stop(l)
				r := s.well(oracle.Allow{Repeats: true})
				what := strings.Join(hit, " ")
				t.Logf("%s: %d lines again; %s", what, r.Duplicate, l.said())
				if n < len(files) {
					return
				}
				if d.name != "removed" && size > 0 && l.said() == "" {
					t.Errorf("%s: nothing was said", what)
				}
				l = s.run(command) // and all is well again
				s.fresh(l)
				s.stop(l)
				l.silent()
			})
		}
	}
}

// damage damages a file and returns how long it was.
func damage(t *testing.T, path string, do func([]byte) []byte) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if to := do(b); to != nil {
		write(t, path, to)
	} else if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	return len(b)
}

// TestStateVanishes removes the store while it is in use: reading goes on, and it is
// said, or the store made anew.
func TestStateVanishes(t *testing.T) {
	s := newScene(t)
	s.log(hows(oracle.Create))
	s.write(10)
	const command = "heka-tail -f --from-start --state s logs/app.log"
	l := s.run(command)
	s.come(l)
	if err := os.RemoveAll(s.path("s")); err != nil {
		t.Fatal(err)
	}
	s.write(10)
	s.rotate()
	s.fresh(l)
	l.signal(15)
	l.wait(patience, 0, 74, 75)
	s.drained()
	l = s.run(command)
	s.fresh(l)
	s.stop(l)
	s.well(oracle.Allow{Repeats: true})
}

// TestStateRefused wants a store that can't be written to be an error before anything
// is read.
func TestStateRefused(t *testing.T) {
	f := func(state string, want ...int) {
		t.Helper()
		dir := t.TempDir()
		write(t, filepath.Join(dir, "f"), []byte("one\n"))
		write(t, filepath.Join(dir, "file"), nil)
		l := run(t, dir, "heka-tail --state "+state+" f -o text", false)
		l.wait(5_000_000_000, want...)
		if out, _ := readAll(l); len(out) > 0 {
			t.Errorf("%s: wrote %q", state, out)
		}
		if l.said() == "" {
			t.Errorf("%s: nothing was said", state)
		}
	}
	f("file", 2, 74, 78)
	f("file/s", 2, 74, 78)
	f("/proc/s", 2, 74, 78)
	f("/dev/null", 2, 74, 78)
}
