package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

// TestKilled is T13: kill -9, again and again, while lines are written and the file is
// rotated. Nothing is lost, and what comes again is what was read since positions were
// saved last.
func TestKilled(t *testing.T) {
	const rate = 2000
	f := func(name, command string, opt oracle.Rotation) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.log(opt)
			first := s.run(command)
			s.fresh(first)
			s.stop(first)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			wrote := make(chan error, 1)
			go func() {
				wrote <- oracle.Plan{Rate: rate, Every: 150 * time.Millisecond}.Run(ctx, s.w, s.r)
			}()
			random := rand.New(rand.NewPCG(seed, 0))
			longest := full(900*time.Millisecond, 3*time.Second)
			for range full(8, 200) {
				l := s.run(command)
				after := 300*time.Millisecond + time.Duration(random.Int64N(int64(longest-300*time.Millisecond)))
				s.until(l, after)
				s.kill(l)
				// A content of which nothing was delivered before a kill, and that has another
				// name by then, may be told as gone although its lines come: wanted with all
				// faults, and not held yet.
				if faults || !strings.Contains(l.said(), "the file is gone") {
					s.nothingWrong(l)
				}
			}
			cancel()
			if err := <-wrote; err != nil {
				t.Fatal(err)
			}
			l := s.run(command)
			s.come(l)
			s.fresh(l)
			s.stop(l)
			// Saved once a second, and all that was written while nobody read may be read
			// between the start and the first save. A busy machine comes to fewer saves.
			window := int64(rate * (longest.Seconds()*2 + full(30.0, 3)))
			// A content that is copied or packed before its position was saved once is not
			// known in its new file: its lines come again with that file's uuids.
			moved := opt.Pack != "" || slices.Contains(opt.Hows, oracle.Copy)
			// A file that is packed in the very moment at which a killed run starts again may
			// come behind the next: wanted with all faults, and not held yet.
			late := opt.Pack != "" && !faults
			r := s.well(oracle.Allow{
				Repeats: true, MaxRun: window, Damage: true, Moved: moved, Order: late,
			})
			t.Logf("%d rotations; %d lines came %d times again, at most %d in a row; %d bytes of torn records",
				s.r.Count(), r.Wrote, r.Duplicate, r.LongestRun, r.Damage)
		})
	}
	const command = "heka-tail -f --from-start --state s logs/app.log"
	f("create", command, hows(oracle.Create))
	f("copy", command, hows(oracle.Copy))
	f("gz", command, oracle.Rotation{Hows: []oracle.How{oracle.Create}, Pack: "gz"})
	f("date xz delayed", command, oracle.Rotation{Hows: []oracle.How{oracle.Date}, Pack: "xz", Delay: true})
	f("mixed", command+" | heka-filter where TRUE",
		hows(oracle.Create, oracle.Double, oracle.Copy, oracle.Late, oracle.Partial))
}

// until waits until so much time has gone by, or the first process has ended.
func (s *scene) until(l *line, after time.Duration) {
	s.t.Helper()
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.procs[0].done:
		s.t.Fatalf("ended by itself: %v; %s", l.procs[0].cmd.ProcessState, l.said())
	}
}

// TestKilledToFile is T13 with a consumer that is a process of its own and appends to
// a file.
func TestKilledToFile(t *testing.T) {
	s := newScene(t)
	s.log(hows(oracle.Create))
	const command = "heka-tail -f --from-start --state s logs/app.log | heka-out --fsync never out.heka"
	s.write(1)
	for n := range full(4, 40) {
		l := run(t, s.dir, command, false)
		before := position(t, s.path("out.heka"))
		if n == 0 { // what is rotated away before it was seen is not followed
			poll(t, stuck, "the file is made", func() bool { return position(t, s.path("out.heka")) > 0 })
		}
		s.plan(oracle.Plan{Lines: 600, Rate: 2000, EveryLines: 150})
		poll(t, stuck, "the file grows", func() bool { return position(t, s.path("out.heka")) > before })
		l.procs[0].cmd.Process.Kill()
		l.wait(patience, -1, 0)
		if said := l.said(); said != "" {
			t.Logf("run %d: %s", n, said)
		}
	}
	l := run(t, s.dir, command, false)
	s.write(1)
	out, err := os.Open(s.path("out.heka"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	ctx, cancel := context.WithCancel(context.Background())
	read := make(chan error, 1)
	go func() { read <- s.check.Read(oracle.NewGrowing(ctx, out)) }()
	s.come(l)
	l.signal(syscall.SIGTERM)
	l.wait(patience, 0)
	cancel()
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	s.well(oracle.Allow{Repeats: true})
}

// position returns how long a file is, 0 if there is none.
func position(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return st.Size()
}

// TestKilledAtCalls is R1: killed by the kernel at the n-th call of each kind that a
// save of the positions consists of.
func TestKilledAtCalls(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil && !faults {
		t.Skip("strace is not installed")
	}
	if raceDetector {
		t.Skip("strace and the race detector are slow together")
	}
	script := filepath.Join(t.TempDir(), "traced")
	write(t, script, []byte("#!/bin/sh\ncall=$1 n=$2; shift 2\n"+
		"exec strace -f -qq -o /dev/null -e trace=\"$call\" -e inject=\"$call\":signal=KILL:when=\"$n\" "+
		bin+"/heka-tail \"$@\"\n"))
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(bin, script)
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t)
	s.log(hows(oracle.Create))
	l := s.run("heka-tail -f --from-start --state s logs/app.log")
	s.fresh(l)
	s.stop(l)
	for _, call := range []string{"fsync", "renameat,renameat2,rename", "unlinkat", "openat", "pwrite64", "write"} {
		for n := 1; n <= full(2, 12); n++ {
			s.plan(oracle.Plan{Lines: 50, EveryLines: 50})
			l := s.run(fmt.Sprintf("%s %s %d -f --from-start --state s logs/app.log", rel, call, n))
			poll(t, stuck, fmt.Sprintf("killed at %s %d, or all has come", call, n), func() bool {
				return l.ended() || s.check.Complete()
			})
			syscall.Kill(-l.procs[0].cmd.Process.Pid, syscall.SIGTERM) // who is there yet
			poll(t, stuck, "ended", l.ended)
			s.drained()
			if said := l.said(); strings.Contains(said, "panic") || strings.Contains(said, "usage") {
				t.Fatalf("%s %d: %s", call, n, said)
			}
		}
	}
	l = s.run("heka-tail -f --from-start --state s logs/app.log")
	s.come(l)
	s.fresh(l)
	s.stop(l)
	r := s.well(oracle.Allow{Repeats: true, Damage: true})
	t.Logf("%d lines, %d came again", r.Wrote, r.Duplicate)
}

// TestSecondOwner is B10: a second process on the same positions is refused, and told
// who has them; a lock that a killed one left is no obstacle.
func TestSecondOwner(t *testing.T) {
	s := newScene(t)
	s.log(oracle.Rotation{})
	write(t, s.path("other"), []byte("x\n"))
	s.write(10)
	const command = "heka-tail -f --from-start --state s logs/app.log"
	first := s.run(command)
	s.come(first)
	for _, other := range []string{command, "heka-tail --state s other", "heka run 'heka-tail --state s other'"} {
		l := run(t, s.dir, other, false)
		l.wait(patience, 75, 100)
		pid := fmt.Sprint(first.procs[0].cmd.Process.Pid)
		if said := l.said(); !strings.Contains(said, pid) {
			t.Errorf("%s: %q does not name the process %s", other, said, pid)
		}
		if out, _ := readAll(l); len(out) > 0 {
			t.Errorf("%s: wrote %q", other, out)
		}
	}
	s.fresh(first)
	s.kill(first)
	l := s.run(command)
	s.fresh(l)
	s.stop(l)
	if said := l.said(); said != "" {
		t.Errorf("stderr: %s", said)
	}
	s.well(oracle.Allow{Repeats: true, Damage: true})
}

// readAll returns all that comes out of a line that has ended.
func readAll(l *line) ([]byte, error) {
	var b bytes.Buffer
	_, err := b.ReadFrom(l.out)
	return b.Bytes(), err
}
