package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

// TestFullState is B04 for positions: the disk under them is full. Reading goes on, it
// is said, no position moves that is not saved, and when there is room they are saved.
func TestFullState(t *testing.T) {
	s := newScene(t)
	state := mount(t, s.dir, "s", "-t", "tmpfs", "-o", "size=64k", "none")
	s.log(hows(oracle.Create))
	s.write(100)
	const command = "heka-tail -f --from-start --state s logs/app.log"
	l := s.run(command)
	s.come(l)
	s.stop(l)
	l.silent()

	filler := filepath.Join(state, "filler")
	full, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for n := 4096; n > 0; { // to the last byte
		if _, err := full.Write(make([]byte, n)); err != nil {
			n /= 2
		}
	}
	full.Close()
	l = s.run(command)
	for range 3 {
		s.write(100)
		s.rotate()
		s.fresh(l)
	}
	poll(t, patience, "the full disk is reported", func() bool {
		return strings.Contains(l.said(), "no space left")
	})
	s.kill(l)
	before := s.check.Report()

	l = s.run(command) // on the full disk, from what was saved before
	s.fresh(l)
	r := s.well(oracle.Allow{Repeats: true, Damage: true})
	if again := r.Duplicate - before.Duplicate; again < 1 || again > 310 {
		t.Errorf("%d lines came again, want those since the disk was full, 303", again)
	}
	old := content(t, state)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.fresh(l)
	poll(t, patience, "positions are saved again", func() bool { return content(t, state) != old })
	poll(t, patience, "positions are at rest", func() bool {
		was := content(t, state)
		s.until(l, 3*time.Second)
		return content(t, state) == was
	})
	before = s.check.Report()
	s.kill(l)
	l = s.run(command)
	s.fresh(l)
	s.stop(l)
	if r := s.well(oracle.Allow{Repeats: true, Damage: true}); r.Duplicate != before.Duplicate {
		t.Errorf("%d lines came again although positions were saved", r.Duplicate-before.Duplicate)
	}
}

// content returns what is in the files of a folder.
func content(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for _, path := range stateFiles(t, dir) {
		if b, err := os.ReadFile(path); err == nil {
			fmt.Fprintf(&all, "%s\n%s\n", path, b)
		}
	}
	return all.String()
}

// TestPowerCut is R4: what is on the disk under the positions at some moment is what
// a machine finds that was cut off from power then. Nothing is lost.
func TestPowerCut(t *testing.T) {
	if !faults {
		t.Skip("file systems are mounted with HEKA_FAULTS=1 alone")
	}
	for _, how := range []oracle.How{oracle.Create, oracle.Copy} {
		t.Run(how.String(), func(t *testing.T) { powerCut(t, how) })
	}
}

func powerCut(t *testing.T, how oracle.How) {
	s := newScene(t)
	_, image := ext4(t, s.dir, "fs", 32, ",commit=60")
	s.log(hows(how))
	l := s.run("heka-tail -f --from-start --state fs/s logs/app.log")
	s.fresh(l)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	wrote := make(chan error, 1)
	go func() {
		wrote <- oracle.Plan{Rate: 2000, Every: 200 * time.Millisecond}.Run(ctx, s.w, s.r)
	}()
	var copies []string
	var came []int64
	for n := range 8 {
		s.until(l, 700*time.Millisecond)
		b, err := os.ReadFile(image)
		if err != nil {
			t.Fatal(err)
		}
		copies = append(copies, s.path(fmt.Sprintf("copy%d.img", n)))
		write(t, copies[n], b)
		came = append(came, s.check.Lines())
	}
	s.kill(l)
	cancel()
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	for n, image := range copies {
		name := fmt.Sprintf("copy%d", n)
		mount(t, s.dir, name, "-o", "loop", image)
		again := &scene{t: t, dir: s.dir, ledger: s.ledger.Clone(), w: s.w}
		again.ledger.Lost(s.w.Src(), 0, came[n]-1) // they came before the copy was made
		again.check = oracle.NewChecker(again.ledger)
		l := again.run("heka-tail -f --from-start --state " + name + "/s logs/app.log")
		again.come(l)
		again.stop(l)
		r := again.well(oracle.Allow{})
		t.Logf("copy %d: of %d lines %d had come, %d came now; %s", n, r.Wrote, came[n], r.Lines, l.said())
	}
}

// TestFewDescriptors follows five hundred files where sixty-four may be open.
func TestFewDescriptors(t *testing.T) {
	files := full(200, 500)
	script := filepath.Join(t.TempDir(), "limited")
	write(t, script, []byte("#!/bin/sh\nulimit -n 64; exec "+bin+"/heka-tail \"$@\"\n"))
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	limited, err := filepath.Rel(bin, script)
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t)
	if err := os.Mkdir(s.path("logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	var writers []*oracle.Writer
	var rotators []*oracle.Rotator
	for n := range files {
		s.logAt(s.path("logs", fmt.Sprintf("app-%03d.log", n)), hows(oracle.Create))
		writers, rotators = append(writers, s.w), append(rotators, s.r)
		s.write(1)
	}
	all := func(every int, do func(w *oracle.Writer, r *oracle.Rotator) error) {
		t.Helper()
		for n := 0; n < files; n += every {
			if err := do(writers[n], rotators[n]); err != nil {
				t.Fatal(err)
			}
		}
	}
	l := s.run(limited + " -f --from-start --state s 'logs/*.log'")
	s.come(l)
	for range full(3, 10) {
		all(1, func(w *oracle.Writer, _ *oracle.Rotator) error { return w.Write(2) })
		s.come(l)
		all(7, func(w *oracle.Writer, r *oracle.Rotator) error {
			if err := r.Rotate(); err != nil {
				return err
			}
			return w.Write(1)
		})
		s.come(l)
	}
	s.stop(l)
	all(3, func(w *oracle.Writer, _ *oracle.Rotator) error { return w.Write(3) })
	l = s.run(limited + " -f --from-start --state s 'logs/*.log'")
	s.come(l)
	s.fresh(l)
	s.stop(l)
	s.well(oracle.Allow{})
	if said := l.said(); strings.Contains(said, "too many open files") {
		t.Errorf("stderr: %s", said)
	}
}

// TestStoppedConsumer is a consumer that is stopped by a signal while files are
// written and rotated: nothing grows, and when it goes on all comes.
func TestStoppedConsumer(t *testing.T) {
	s := newScene(t)
	s.log(hows(oracle.Create))
	l := s.run("heka-tail -f --from-start --state s logs/app.log | heka-filter where TRUE")
	s.write(10)
	s.come(l)
	consumer := l.procs[1].cmd.Process
	if err := consumer.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.plan(oracle.Plan{
		For: full(2*time.Second, 30*time.Second), Bytes: 10e6, Every: 100 * time.Millisecond,
	})
	if err := consumer.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.come(l)
	s.fresh(l)
	s.stop(l)
	s.well(oracle.Allow{})
	l.silent()
	l.small(64 * mega)
}
