package main

import (
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/stage/stagetest"
)

var update = stagetest.Update(flag.CommandLine)

// bin is the folder of the programs, built once: heka, and a link for each of the
// others, as which it then runs; heka-oracle and heka-test.
var bin string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "heka-bin")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		bin = dir
		os.Setenv("GORACE", noRaceSleep)
		build := exec.Command("go", "build", "-o", dir, ".", "../heka-oracle", "../heka-test", "../heka-sbmgr")
		if raceDetector {
			build.Args = append(build.Args[:2], append([]string{"-race"}, build.Args[2:]...)...)
		}
		if out, err := build.CombinedOutput(); err != nil {
			panic(string(out))
		}
		for _, w := range front.Wings {
			if err := os.Symlink("heka", filepath.Join(dir, w.Name)); err != nil {
				panic(err)
			}
		}
		return m.Run()
	}())
}

// TestSessions runs the examples of every Markdown file of the project, in the
// folder testdata beside it, or in ours where there is none.
func TestSessions(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		name, _ := filepath.Rel(root, path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(filepath.Dir(path), "testdata")
			if _, err := os.Stat(data); err != nil {
				data = filepath.Join(root, "cmd/heka/testdata")
			}
			stagetest.Golden(t, path, data, bin, *update)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
