package spool

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"heka/lib/stage"
)

// moment is what the disk had when something could have been killed, and what was
// promised by then.
type moment struct {
	step  string
	dir   string // a copy
	power string // a copy as a power cut leaves it
	done  []int  // messages that were told to be on disk
	read  []int  // that were delivered
}

// history runs a spool and keeps the moments.
type history struct {
	t    *testing.T
	dir  string
	disk *testDisk

	mu      sync.Mutex
	done    []int
	read    []int
	moments []moment
}

func newHistory(t *testing.T, dir string) *history {
	h := &history{t: t, dir: dir}
	h.disk = &testDisk{fast: true}
	h.disk.at = h.keep
	return h
}

func (h *history) keep(step string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := moment{step: step, done: slices.Clone(h.done), read: slices.Clone(h.read)}
	m.dir = copyDir(h.t, h.dir)
	m.power = copyDir(h.t, h.dir)
	h.disk.cutPower(h.t, h.dir, m.power)
	h.moments = append(h.moments, m)
}

// run appends from..to-1 and reads and acknowledges them meanwhile.
func (h *history) run(from, to int) {
	opt := Options{Max: 1 << 20, Segment: 500, saveEvery: 1}
	s, err := open(h.dir, opt, h.disk)
	must(h.t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := readUntil(h.t, s, "a", nil, func(got []int) bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.read = append(h.read, got...)
			return len(got) > 0 && got[len(got)-1] >= to-1
		})
		must(h.t, err)
	})
	for n := from; n < to; n += 2 {
		on := make(chan struct{})
		must(h.t, s.Append(context.Background(), batch(n, n+2, 100), func(err error) {
			h.mu.Lock()
			h.done = append(h.done, n, n+1)
			h.mu.Unlock()
			close(on)
		}))
		<-on
	}
	wg.Wait()
	must(h.t, s.Close())
}

// check starts from what a moment left.
func (m *moment) check(t *testing.T, dir, how string) {
	t.Helper()
	s, err := Open(dir, small)
	must(t, err)
	defer s.Close()
	got := all(t, s, "a")
	for i := range got {
		if i > 0 && got[i] != got[i-1]+1 {
			t.Errorf("%s, %s: read %s", m.step, how, brief(got))
			break
		}
	}
	for _, n := range m.done {
		if !slices.Contains(got, n) && !slices.Contains(m.read, n) {
			t.Errorf("%s, %s: message %d was on disk; read %s before, %s after",
				m.step, how, n, brief(m.read), brief(got))
			break
		}
	}
	if st := s.Stats(); st.Errors > 0 || st.Damaged > 0 {
		t.Errorf("%s, %s: %+v", m.step, how, st)
	}
	put(t, s, 1000, 1010) // and it goes on
	if again := all(t, s, "a"); !slices.Equal(again[len(again)-10:], numbers(1000, 1010)) {
		t.Errorf("%s, %s: then %s", m.step, how, brief(again))
	}
}

// TestCrash kills the spool, and cuts the power, before and after each step that lasts,
// and amid those that can be torn: B01. It checks that it has seen all steps.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	h := newHistory(t, dir)
	h.run(0, 12)
	h.run(12, 16) // on the tail of the run before
	last := files(t, dir, "0", suffix)
	path := filepath.Join(dir, last[len(last)-1])
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(b, b[:60]...), 0o600)) // damage at the tail, to be cut off
	must(t, os.WriteFile(filepath.Join(dir, segmentName(1<<40)), b, 0o600))
	h.disk.synced = nil
	before := len(h.moments)
	h.run(16, 20)
	steps := stepNames()
	for _, name := range steps {
		if !slices.Contains(h.disk.steps, name) {
			t.Errorf("the step %s was not taken", name)
		}
	}
	t.Logf("%d moments, steps %s", len(h.moments), strings.Join(h.disk.steps, ", "))
	for i, m := range h.moments {
		if i >= before {
			break // damaged on purpose: see below
		}
		m.check(t, m.dir, fmt.Sprint(i, " killed"))
		m.check(t, m.power, fmt.Sprint(i, " power cut"))
	}
	for _, m := range h.moments[before:] {
		m.checkDone(t, m.dir)
		m.checkDone(t, m.power)
	}
}

// checkDone is check of a spool that was damaged before.
func (m *moment) checkDone(t *testing.T, dir string) {
	t.Helper()
	s, err := Open(dir, small)
	must(t, err)
	defer s.Close()
	got := all(t, s, "a")
	for _, n := range m.done {
		if !slices.Contains(got, n) && !slices.Contains(m.read, n) {
			t.Errorf("%s: message %d is gone; read %s", m.step, n, brief(got))
		}
	}
}

// TestOrderedAfterClose: nothing comes twice after a Close.
func TestOrderedAfterClose(t *testing.T) {
	dir := t.TempDir()
	for round := range 4 {
		s := mustOpen(t, dir, small)
		put(t, s, 10*round, 10*round+10)
		same(t, read(t, s, "a", 10*round+9), numbers(10*round, 10*round+10))
		must(t, s.Close())
	}
}

// TestRestart: what was read and not acknowledged comes again, in one process and in
// the next.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, small)
	for n := 0; n < 30; n += 3 { // blocks of their own
		put(t, s, n, n+3)
	}
	env := &stage.Env{Pool: pool}
	src := s.Source(env, "a").(*source)
	src.start()
	var ranges []stage.Range
	for range 3 {
		b := pool.Get()
		from := src.pos
		e, ok, err := src.entryForTest()
		must(t, err)
		must(t, src.take(b, e, ok))
		ranges = append(ranges, src.sent(from))
		b.Release()
	}
	src.end()
	src.Acked(ranges[1]) // out of order
	same(t, all(t, s, "a"), numbers(0, 30))
	src.tracker.Start(0)
	src.start()
	for _, r := range ranges {
		src.pos = r.To
		src.sent(r.From)
	}
	src.end()
	src.Acked(ranges[1])
	src.Acked(ranges[0])
	same(t, all(t, s, "a"), numbers(6, 30))
	src.Acked(stage.Range{Source: 2, From: 0, To: 1 << 20}) // another source's
	must(t, s.Close())
	s = mustOpen(t, dir, small)
	same(t, all(t, s, "a"), numbers(6, 30))
	same(t, all(t, s, "b"), numbers(0, 30))
}

// entryForTest reads the head of the entry that is next.
func (r *source) entryForTest() (entry, bool, error) {
	if more, err := r.seek(); err != nil || !more {
		return entry{}, false, err
	}
	return r.c.entry(r.pos - r.c.base)
}
