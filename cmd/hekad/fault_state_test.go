package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

// TestFullDisk is B04: the file system of the state fills up while a sink is down. What
// was read stays where it is safe, sources wait, and when there is room again all goes on
// by itself.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if err := os.Mkdir(s.path("state"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", s.path("state"), "tmpfs", 0, "size=3m,mode=700"); err != nil {
		t.Skipf("a file system that is small can't be mounted: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(s.path("state"), syscall.MNT_DETACH) })
	s.config(`
[hekad]
grace = "2s"
[app]
run = "heka-tail -f --from-start logs/app.log"
[near]
run = "heka-out near.heka"
from = ["app"]
[far]
run = "heka-out heka://` + s.path("far.sock") + `"
from = ["app"]
spool = "64MiB"
`)
	s.log("app", oracle.Create)
	s.sink("near.heka")
	s.sink("far.heka")
	s.write("app", 1)
	p := s.run()
	p.come("near.heka")
	s.begin(oracle.Plan{Bytes: 3e6, Every: 300 * time.Millisecond})
	s.poll("the disk is full", func() bool {
		var st syscall.Statfs_t
		return syscall.Statfs(s.path("state"), &st) == nil && st.Bavail*uint64(st.Bsize) < 300<<10
	})
	p.lives(3 * time.Second)
	s.quiet()
	p.kill() // amid it
	p = s.run()
	p.lives(2 * time.Second)
	if err := syscall.Mount("tmpfs", s.path("state"), "tmpfs", syscall.MS_REMOUNT, "size=256m,mode=700"); err != nil {
		t.Fatal(err)
	}
	p.come("near.heka")
	far := s.taker("far")
	defer far.end()
	p.come("far.heka")
	s.write("app", 1)
	p.come("near.heka")
	p.come("far.heka")
	p.stop()
	far.end()
	s.nobody()
	for _, name := range []string{"near.heka", "far.heka"} {
		r := s.well(name, oracle.Allow{Repeats: true, Damage: true})
		t.Logf("%s: %d lines came %d times again, at most %d in a row", name, r.Wrote, r.Duplicate, r.LongestRun)
	}
}

// TestSpoolAtCap is B07: a sink is down and its spool full. Its policy is kept to: the
// source waits, or what is given up is counted; and no more disk is taken.
func TestSpoolAtCap(t *testing.T) {
	t.Parallel()
	f := func(policy string) {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			const limit = 2 * mega
			s := newScene(t)
			s.config(`
[hekad]
grace = "2s"
[app]
run = "heka-tail -f --from-start logs/app.log"
[far]
run = "heka-out heka://` + s.path("far.sock") + `"
from = ["app"]
spool = "2MiB"
full = "` + policy + `"
[near]
run = "heka-out near.heka"
from = ["app"]
`)
			s.log("app", oracle.Create)
			s.sink("near.heka")
			s.sink("far.heka")
			s.write("app", 1)
			p := s.run()
			p.come("near.heka")
			for range 30 {
				if err := s.logs["app"].w.WriteBytes(limit / 10); err != nil {
					t.Fatal(err)
				}
			}
			if policy == "block" {
				p.lives(3 * time.Second)
				if s.sinks["near.heka"].check.Complete() {
					t.Error("the source does not wait")
				}
			} else {
				p.come("near.heka")
			}
			if n := size(t, s.path("state/spool/far")); n > 2*limit {
				t.Errorf("%d bytes in the spool", n)
			}
			dropped := s.number("far", "dropped")
			far := s.taker("far")
			defer far.end()
			s.poll("what is in the spool has come", func() bool {
				r := s.sinks["far.heka"].check.Report()
				return r.Missing <= s.number("far", "dropped") && s.number("far", "spool") == 0
			})
			p.come("near.heka")
			p.stop()
			far.end()
			s.well("near.heka", oracle.Allow{})
			k := s.sinks["far.heka"]
			k.ended()
			r := k.check.Report()
			// What the sink had in its hands when it was dropped has come all the same.
			exact := r.Missing == dropped || policy == "drop-old" && r.Missing < dropped && r.Missing > 0
			if !exact || policy == "block" && dropped > 0 || policy != "block" && dropped == 0 {
				t.Errorf("%d lines missing, %d dropped", r.Missing, dropped)
			}
			if r.Missing = 0; r.Err(oracle.Allow{}) != nil {
				t.Errorf("%v", r.Err(oracle.Allow{}))
			}
		})
	}
	f("block")
	f("drop-new")
	f("drop-old")
}

// size returns how many bytes the files in a folder have.
func size(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTooLong is B09: messages that are longer than a sink's other end takes go to the
// dead letters, and all others go on.
func TestTooLong(t *testing.T) {
	t.Parallel()
	f := func(name, how string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.config(`
[app]
run = "heka-tail -f --from-start logs/app.log"
[far]
run = "heka-out heka://` + s.path("far.sock") + `"
from = ["app"]
` + how)
			s.log("app", oracle.Create)
			s.sink("far.heka")
			s.write("app", 1)
			c := exec.Command(filepath.Join(bin, "heka"), "run", "heka-tail heka://"+s.path("far.sock")+
				" --max-record 16KiB | heka-out far.heka")
			c.Dir, c.Env = s.dir, environment(s.token)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			far := &taker{c}
			defer far.end()
			p := s.run()
			p.come("far.heka")
			s.write("app", 3000)
			check := s.sinks["far.heka"].check
			s.poll("all came, or died", func() bool {
				return check.Report().Missing == s.number("far", "dead")
			})
			s.poll("the rest came", func() bool { return s.ledger.Wrote()-check.Lines() == s.number("far", "dead") })
			p.stop()
			far.end()
			dead := s.letters("far")
			if len(dead) == 0 {
				t.Fatal("no line was too long")
			}
			for _, line := range bytes.SplitAfter(bytes.TrimSuffix(dead, []byte("\n")), []byte("\nsrc=")) {
				if len(line) < 15<<10 {
					t.Errorf("a line of %d bytes is dead", len(line))
				}
			}
		})
	}
	f("fused", "")
	f("apart", "isolate = true")
}

// TestSecondDaemon is B10: a second daemon on a state folder is refused and told who has
// it; one that was killed is no obstacle.
func TestSecondDaemon(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.config(`
[app]
run = "heka-tail -f --from-start logs/app.log"
[out]
run = "heka-out out.heka"
from = ["app"]
spool = "16MiB"
`)
	s.log("app", oracle.Create)
	s.sink("out.heka")
	s.write("app", 10)
	p := s.run()
	p.come("out.heka")
	second := s.run()
	second.ends(patience, 75)
	if pid := fmt.Sprint(p.cmd.Process.Pid); !strings.Contains(second.said.String(), pid) {
		t.Errorf("%q does not name the process %s", second.said.String(), pid)
	}
	s.write("app", 10)
	p.come("out.heka")
	p.kill()
	s.write("app", 10)
	p = s.run()
	p.come("out.heka")
	p.stop()
	s.nobody()
	s.well("out.heka", oracle.Allow{Repeats: true, Damage: true})
}

// TestStateRemoved is B11: any file of the state is removed between two runs, but what
// holds messages. The daemon starts, and nothing is lost or written over.
func TestStateRemoved(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.config(`
[hekad]
grace = "1s"
[app]
run = "heka-tail -f --from-start logs/app.log"
[far]
run = "heka-out heka://` + s.path("far.sock") + `"
from = ["app"]
spool = "64MiB"
[near]
run = "heka-out near.heka"
from = ["app"]
`)
	s.log("app")
	s.sink("near.heka")
	s.sink("far.heka")
	s.write("app", 50)
	p := s.run()
	p.come("near.heka")
	removed := map[string]bool{}
	for {
		s.write("app", 20)
		p.come("near.heka")
		if len(removed)%2 == 0 {
			p.kill()
		} else {
			p.stop(0, 75)
		}
		name := ""
		filepath.WalkDir(s.path("state"), func(path string, d fs.DirEntry, _ error) error {
			rel, _ := filepath.Rel(s.path("state"), path)
			if d.Type().IsRegular() && !removed[rel] && !strings.HasSuffix(rel, ".heka") && name == "" {
				name = rel
			}
			return nil
		})
		if name == "" {
			break
		}
		removed[name] = true
		if err := os.Remove(s.path("state", name)); err != nil {
			t.Fatal(err)
		}
		p = s.run()
	}
	t.Logf("removed %v", removed)
	p = s.run()
	far := s.taker("far")
	defer far.end()
	p.come("far.heka")
	p.come("near.heka")
	p.stop()
	far.end()
	s.nobody()
	s.well("near.heka", oracle.Allow{Repeats: true, Damage: true})
	s.well("far.heka", oracle.Allow{Repeats: true, Damage: true})
}

// TestRetained is B14: what a spool keeps though it was delivered can be played again,
// complete and in order.
func TestRetained(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.config(`
[app]
run = "heka-tail -f --from-start logs/app.log"
[out]
run = "heka-out out.heka"
from = ["app"]
spool = "64MiB"
retain = "1h"
`)
	s.log("app", oracle.Create)
	s.sink("out.heka")
	s.write("app", 1)
	p := s.run()
	p.come("out.heka")
	for range 5 {
		s.write("app", 500)
		p.come("out.heka")
		p.stop()
		p = s.run()
	}
	s.write("app", 1)
	p.come("out.heka")
	p.stop()
	segments, _ := filepath.Glob(s.path("state/spool/out/*.heka"))
	if len(segments) == 0 {
		t.Fatal("nothing is kept")
	}
	c := exec.Command(filepath.Join(bin, "heka-replay"),
		append([]string{"--speed", "max", "--from", "-1h", "-o", "heka"}, segments...)...)
	c.Env = environment()
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	again := oracle.NewChecker(s.ledger)
	if err := again.Read(bytes.NewReader(out)); err != nil {
		t.Fatal(err)
	}
	r := again.Report()
	if err := r.Err(oracle.Allow{}); err != nil {
		t.Errorf("not what was written: %v\n%+v", err, r)
	}
	s.well("out.heka", oracle.Allow{})
}
