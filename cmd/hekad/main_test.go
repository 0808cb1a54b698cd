package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"heka/lib/session"
	"heka/lib/stage/stagetest"
)

var update = stagetest.Update(flag.CommandLine)

// bin is the folder of the programs, built once: hekad, heka, and a link to heka for each
// of the programs that it stands in for.
var bin string

// patience is how long anything may take, also on a busy machine under the race detector.
const patience = time.Minute

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "4") // daemons wait more than they work
	flag.Parse()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "hekad-bin")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		bin = dir
		os.Setenv("GORACE", "atexit_sleep_ms=0")
		args := []string{"build"}
		if raceDetector() {
			args = append(args, "-race")
		}
		build := exec.Command("go", append(args, "-o", dir, ".", "../heka")...)
		if out, err := build.CombinedOutput(); err != nil {
			panic(string(out))
		}
		for _, name := range session.Programs() {
			if err := os.Symlink("heka", filepath.Join(dir, name)); err != nil {
				panic(err)
			}
		}
		return m.Run()
	}())
}

// raceDetector reports whether this test was built with it: then the programs are, too.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// environment is what the programs run in, with more.
func environment(more ...string) []string {
	env := append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"HEKA_HOSTNAME=host.example", "TZ=UTC", "LC_ALL=C", "COLUMNS=100", "NO_COLOR=1", "HEKA_OVER=100ms")
	return append(env, more...)
}
