package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"heka/lib/oracle"
)

// pack compresses a file by the program that people have, and removes it.
func pack(t *testing.T, program, path string) string {
	t.Helper()
	args := map[string][]string{"gzip": {path}, "xz": {path}, "zstd": {"-q", "--rm", path}}
	ends := map[string]string{"gzip": ".gz", "xz": ".xz", "zstd": ".zst"}
	if _, err := exec.LookPath(program); err != nil && !faults {
		t.Skip(err)
	}
	if out, err := exec.Command(program, args[program]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", program, err, out)
	}
	return path + ends[program]
}

var packPrograms = []string{"gzip", "xz", "zstd"}

// TestPackedHalfRead is T15: half of a file was read when it was rotated and packed.
// The other half is read from what it was packed to, whether its names are named or
// found; and a second time nothing is.
func TestPackedHalfRead(t *testing.T) {
	f := func(program, sources, follow string) {
		t.Run(program+" "+strings.ReplaceAll(sources+follow, "/", ""), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.log(oracle.Rotation{})
			s.write(4000)
			l := s.run("heka-tail --state s --limit 2000 " + sources)
			l.wait(patience, 0)
			s.drained()
			if n := s.check.Lines(); n != 2000 {
				t.Fatalf("%d lines came, want 2000", n)
			}
			s.r, _ = oracle.NewRotator(s.w, hows(oracle.Create))
			s.rotate()
			pack(t, program, s.path("logs/app.log.1"))
			s.write(1000)
			for range 2 {
				l = s.run("heka-tail " + follow + " --state s " + sources)
				s.come(l)
				if follow != "" {
					s.fresh(l)
					s.stop(l)
				} else {
					l.wait(patience, 0)
					s.drained()
				}
				l.silent()
			}
			s.well(oracle.Allow{})
		})
	}
	for _, program := range packPrograms {
		f(program, "'logs/app.log*'", "")
		f(program, "'logs/app.log*'", "-f --from-start")
		f(program, "logs/app.log", "-f --from-start")
	}
}

// TestPackedKilled is T15: killed in the middle of a packed file, again and again, and
// gone on with from there.
func TestPackedKilled(t *testing.T) {
	for _, program := range packPrograms {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.log(hows(oracle.Create))
			s.write(scaled(100_000))
			s.rotate()
			pack(t, program, s.path("logs/app.log.1"))
			s.write(100)
			for n := range full(3, 10) {
				l := s.run("heka-tail -f --from-start --state s 'logs/app.log*'")
				want := s.check.Lines() + int64(scaled(full(15_000, 6_000)))
				poll(t, stuck, "some thousand lines", func() bool {
					return s.check.Lines() >= want || s.check.Complete()
				})
				if n%2 == 0 {
					s.kill(l)
				} else {
					s.stop(l)
				}
			}
			l := s.run("heka-tail --state s 'logs/app.log*'")
			l.wait(patience, 0)
			s.drained()
			r := s.well(oracle.Allow{Repeats: true, Damage: true})
			t.Logf("%d lines, %d came again", r.Wrote, r.Duplicate)
		})
	}
}

// TestPackedCut is T15: a packed file that is cut short is reported; what is whole of
// it, and all others, are read, and read on.
func TestPackedCut(t *testing.T) {
	for _, program := range packPrograms {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.log(hows(oracle.Create))
			s.write(2000)
			s.rotate()
			s.write(2000)
			s.rotate()
			s.write(100)
			cut := pack(t, program, s.path("logs/app.log.1"))
			if err := os.Truncate(cut, position(t, cut)*2/3); err != nil {
				t.Fatal(err)
			}
			s.ledger.Lost(s.w.Src(), 2000, 3999)
			l := s.run("heka-tail --state s 'logs/app.log*'")
			l.wait(patience, 0, 74)
			s.drained()
			if said := l.said(); !strings.Contains(said, "app.log.1.") {
				t.Errorf("stderr does not name the file: %q", said)
			}
			r := s.check.Report()
			if r.Partial == 0 && r.Corrupt == 1 {
				t.Errorf("the line that is cut is not marked: %v", r.Samples)
			}
			if r.Missing > 0 || r.Foreign > 0 || r.Duplicate > 0 || r.Disorder > 0 {
				t.Errorf("%+v", r)
			}
			if program == "gzip" && r.Excused > 1999 {
				t.Errorf("nothing of the whole part was read: %d lines missing", r.Excused)
			}
			l = s.run("heka-tail -f --from-start --state s 'logs/app.log*'")
			s.fresh(l)
			s.stop(l)
			if r := s.check.Report(); r.Duplicate > 0 {
				t.Errorf("%d lines came again", r.Duplicate)
			}
		})
	}
}

// TestPackedMany is a history of rotated files, most of them packed, read from the
// start, in the order of their lines.
func TestPackedMany(t *testing.T) {
	f := func(format string, how oracle.How) {
		t.Run(fmt.Sprint(format, " ", how), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.log(oracle.Rotation{Hows: []oracle.How{how}, Pack: format, Delay: true})
			s.plan(oracle.Plan{Lines: 4000, EveryLines: 100})
			l := s.run(`heka-tail -f --from-start --state s --file-match 'app\.log([.-](?P<N>\d+))?(\.\w+)?' ` +
				priority(how) + " --name app logs")
			s.come(l)
			s.fresh(l)
			s.rotate()
			s.fresh(l)
			s.stop(l)
			s.well(oracle.Allow{})
		})
	}
	f("gz", oracle.Create)
	f("zst", oracle.Date)
}

// priority returns the flag for the order of what a way of rotation leaves.
func priority(how oracle.How) string {
	if how == oracle.Date {
		return "--priority N"
	}
	return "--priority ^N"
}
