package modules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heka/lib/sandbox/modules"
)

func TestFind(t *testing.T) {
	f := func(name, wantFile string) {
		t.Helper()
		source, file, ok := modules.Find(name)
		if file != wantFile || ok != (wantFile != "") || ok != (source != "") {
			t.Errorf("Find(%q) = %d bytes, %q, %t", name, len(source), file, ok)
		}
	}
	f("date_time", "date_time.lua")
	f("lpeg.date_time", "date_time.lua")
	f("lpeg.linux.sshd", "linux/sshd.lua")
	f("lsb.stats", "lsb/stats.lua")
	f("date_time.lua", "")
	f("linux/sshd", "")
	f("../modules", "")
	f("string", "")
	f("", "")
}

// TestFiles holds each file to a name, a comment that says what it exports, and
// lines of 100 columns.
func TestFiles(t *testing.T) {
	known := map[string]bool{}
	for _, name := range modules.Names() {
		_, file, ok := modules.Find(name)
		if !ok {
			t.Errorf("%s: not found", name)
		}
		known[file] = true
	}
	err := filepath.WalkDir("lua", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file := strings.TrimPrefix(filepath.ToSlash(p), "lua/")
		if !known[file] {
			t.Errorf("%s has no name", file)
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(file), ".lua")
		first, _, _ := strings.Cut(string(b), "\n")
		if !strings.HasPrefix(first, "-- ") || !strings.Contains(first, name+":") {
			t.Errorf("%s: first line %q", file, first)
		}
		for i, line := range slices.Collect(strings.Lines(string(b))) {
			if len(line) > 101 {
				t.Errorf("%s:%d: %d columns", file, i+1, len(line)-1)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
