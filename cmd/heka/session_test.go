package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heka/cmd/heka-test/test"
	golden "heka/lib/session"
)

// sessionFolders are those whose sessions are run, with what is below them.
var sessionFolders = []string{
	"lib/sandbox/scripts", "cmd/heka-test",
	"heka-tail", "heka-decode", "heka-route", "heka-filter", "heka-out",
}

// TestSessionFiles runs each golden session, by pipes and fused, as heka-test does.
// With -update those are rewritten that got something else.
func TestSessionFiles(t *testing.T) {
	r, err := golden.NewRunner(bin, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	r.Timeout = patience
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range sessionFolders {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, golden.Suffix) {
				return err
			}
			name, _ := filepath.Rel(root, path)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				v := test.One(t.Context(), r, path, *update)
				if v.Updated {
					t.Log("updated")
				}
				if v.Wrong != "" {
					t.Error(v.Wrong)
				}
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestSessionPrograms wants lib/session to know all of our programs, and heka to
// stand in for them where it alone is there.
func TestSessionPrograms(t *testing.T) {
	var names []string
	for _, w := range front.Wings {
		names = append(names, w.Name)
	}
	slices.Sort(names)
	if got := golden.Programs(); !slices.Equal(got, names) {
		t.Errorf("lib/session knows %v, heka is %v", got, names)
	}
	dir := t.TempDir()
	if err := os.Link(filepath.Join(bin, "heka"), filepath.Join(dir, "heka")); err != nil {
		t.Fatal(err)
	}
	text := "$ heka version; heka-inject --payload x | heka-cat -o text\nheka (devel)\nx\n"
	name := filepath.Join(t.TempDir(), "a"+golden.Suffix)
	write(t, name, []byte(text))
	r, err := golden.NewRunner(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if v := test.One(t.Context(), r, name, false); v.Wrong != "" {
		t.Error(v.Wrong)
	}
}
