package spool

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// failing is a disk that fails at a step for as long as it is told.
func failing(step string, err error) (*testDisk, *atomic.Bool) {
	on := &atomic.Bool{}
	return &testDisk{fast: true, torn: true, fail: func(s string) error {
		if s == step && on.Load() {
			return err
		}
		return nil
	}}, on
}

func mustOpenOn(t testing.TB, dir string, opt Options, d disk) *Spool {
	t.Helper()
	s, err := open(dir, opt, d)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// eventually waits until f says so.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// TestDiskFails fails each step of writing for a while, and wants all messages once it
// does not, without a word to who waits before: B04.
func TestDiskFails(t *testing.T) {
	for _, err := range []error{syscall.ENOSPC, syscall.EIO} {
		for _, step := range stepNames() {
			for _, sync := range []time.Duration{0, 5 * time.Millisecond, -1} {
				t.Run(step+" "+err.Error()+" "+sync.String(), func(t *testing.T) {
					diskFails(t, step, err, sync)
				})
			}
		}
	}
}

func diskFails(t *testing.T, step string, cause error, syncs time.Duration) {
	dir := t.TempDir()
	d, on := failing(step, cause)
	if step == "truncate" { // which only comes if a write fails
		inner := d.fail
		d.fail = func(s string) error {
			if s == "writeAt" {
				s = "truncate"
			}
			return inner(s)
		}
	}
	opt := Options{Max: 1 << 20, Segment: 500, Sync: syncs, saveEvery: 1}
	s := mustOpenOn(t, dir, opt, d)
	put(t, s, 0, 6)
	on.Store(true)
	var early atomic.Bool
	var wg sync.WaitGroup
	for n := 6; n < 30; n += 3 {
		wg.Add(1)
		must(t, s.Append(t.Context(), batch(n, n+3, 100), func(err error) {
			if err != nil {
				t.Error(err)
			}
			if on.Load() {
				early.Store(true)
			}
			wg.Done()
		}))
	}
	waits := false // whether messages do
	switch step {
	case "create", "writeAt", "truncate":
		waits = true
	case "sync", "sync of file":
		waits = syncs >= 0
	}
	if waits {
		eventually(t, "an error", func() bool { return s.Stats().Errors > 1 })
		if st := s.Stats(); !errors.Is(st.LastErr, cause) || st.Full {
			t.Errorf("%+v", st)
		}
	}
	if early.Load() && (step == "writeAt" || step == "sync of file" && syncs == 0) {
		t.Error("told to be on disk when the disk failed")
	}
	began := time.Now()
	on.Store(false)
	wg.Wait()
	if d := time.Since(began); d > 5*time.Second && os.Getenv("HEKA_FAULTS") != "" {
		t.Errorf("it took %v to go on", d)
	}
	same(t, unique(read(t, s, "a", 29)), numbers(0, 30))
	put(t, s, 30, 33)
	must(t, s.Close())
	s = mustOpen(t, dir, opt)
	put(t, s, 33, 36)
	same(t, read(t, s, "a", 35), numbers(30, 36))
}

// unique returns the numbers that are larger than all before them.
func unique(all []int) []int {
	var got []int
	for _, n := range all {
		if len(got) == 0 || n > got[len(got)-1] {
			got = append(got, n)
		}
	}
	return got
}

// TestRemoveFails: what can't be removed is tried again, and is not in the way.
func TestRemoveFails(t *testing.T) {
	d, on := failing("remove", syscall.EIO)
	s := mustOpenOn(t, t.TempDir(), small, d)
	on.Store(true)
	put(t, s, 0, 60)
	same(t, read(t, s, "a", 59), numbers(0, 60))
	eventually(t, "an error", func() bool { return s.Stats().Errors > 0 })
	put(t, s, 60, 63)
	on.Store(false)
	eventually(t, "one segment", func() bool { return s.Stats().Segments <= 1 })
}

// down appends three times what fits, while nobody reads, and returns how each ended.
func down(t *testing.T, full Full, opt Options) (s *Spool, ok, dropped, blocked int) {
	t.Helper()
	opt.Full = full
	s = mustOpen(t, t.TempDir(), opt)
	s.cursor("a")
	var mu sync.Mutex
	var wg sync.WaitGroup
	total := int(3*opt.Max/300/3) * 3
	for n := 0; n < total; n += 3 {
		wg.Add(1)
		b := batch(n, n+3, 300)
		told := func(err error) {
			mu.Lock()
			defer mu.Unlock()
			switch err {
			case nil:
				ok += 3
			case ErrDropped:
				dropped += 3
			default:
				blocked += 3
			}
			wg.Done()
		}
		for !s.TryAppend(b, told) {
			if full == Block && s.Stats().Full {
				b.Release()
				wg.Done()
				blocked += 3
				break
			}
			runtime.Gosched() // memory is full for a moment
		}
		if st := s.Stats(); st.Disk > opt.Max+opt.Segment {
			t.Fatalf("disk %d of %d", st.Disk, opt.Max)
		}
	}
	if full != Block {
		wg.Wait()
	}
	return s, ok, dropped, blocked
}

// TestFull: the sink is down, and three times comes what fits: B07.
func TestFull(t *testing.T) {
	opt := Options{Max: 256 << 10, Segment: 16 << 10}
	total := int(3*opt.Max/300/3) * 3
	s, _, dropped, _ := down(t, DropNew, opt)
	got := all(t, s, "a")
	st := s.Stats()
	bytes := 300 * st.Dropped * 9 / 10
	if len(got)+dropped < total || st.Dropped == 0 || st.DroppedBytes < bytes || got[0] != 0 {
		t.Errorf("drop-new: %d of %d, %d dropped: %s %+v", len(got), total, dropped, brief(got), st)
	}
	if int(st.Dropped)+len(got) != total {
		t.Errorf("drop-new: %d read and %d counted of %d", len(got), st.Dropped, total)
	}
	s, ok, dropped, _ := down(t, DropOld, opt)
	got = all(t, s, "a")
	st = s.Stats()
	if ok != total || dropped != 0 || len(got)+int(st.Dropped) != total || got[len(got)-1] != total-1 {
		t.Errorf("drop-old: %d of %d: %s %+v", len(got), total, brief(got), st)
	}
	if int64(len(got))*300 < opt.Max*3/4 {
		t.Errorf("drop-old: only %d are left", len(got))
	}
	s, _, _, blocked := down(t, Block, opt)
	st = s.Stats()
	if blocked == 0 || st.Dropped > 0 || st.Oldest.IsZero() || time.Since(st.Oldest) > patience {
		t.Errorf("block: %d blocked, %+v", blocked, st)
	}
	got = read(t, s, "a", 0)
	if got[0] != 0 {
		t.Errorf("block: %s", brief(got))
	}
}

// TestBlockedAppend waits until there is room, or its context ends, or the spool.
func TestBlockedAppend(t *testing.T) {
	opt := Options{Max: 200 << 10, Segment: 8 << 10}
	s := mustOpen(t, t.TempDir(), opt)
	s.cursor("a")
	n, told := 0, make(chan error, 10000)
	for s.TryAppend(batch(n, n+3, 1000), func(err error) { told <- err }) || !s.Stats().Full {
		n += 3
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Append(ctx, batch(n, n+3, 1000), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("err %v", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Append(t.Context(), batch(1<<20, 1<<20+1, 1000), nil); err != nil {
			t.Error(err)
		}
	})
	got := read(t, s, "a", 1<<20)
	wg.Wait()
	for i := range got {
		if i > 0 && got[i] <= got[i-1] {
			t.Fatalf("order: %s", brief(got))
		}
	}
	for n = 0; s.TryAppend(batch(n, n+3, 1000), func(err error) { told <- err }) || !s.Stats().Full; {
	}
	wg.Go(func() {
		if err := s.Append(t.Context(), batch(0, 1, 1000), nil); err != ErrClosed {
			t.Errorf("err %v", err)
		}
	})
	must(t, s.Close())
	wg.Wait()
	closed := 0
	for len(told) > 0 {
		if err := <-told; err == ErrClosed {
			closed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if closed == 0 {
		t.Error("what was not written was not told so")
	}
	err := s.Append(t.Context(), batch(0, 1, 10), nil)
	if s.TryAppend(batch(0, 1, 10), nil) || err != ErrClosed {
		t.Error("a closed spool takes messages")
	}
}

// TestLargerThanSpool: messages longer than a block, a segment, all of the spool.
func TestLargerThanSpool(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Max: 100 << 10, Segment: 10 << 10})
	var wg sync.WaitGroup
	wg.Go(func() {
		put2(t, s, 0, 3, 3, 300<<10)
		put2(t, s, 3, 303, 300, 1000)
		put2(t, s, 303, 304, 1, 50<<10)
	})
	same(t, read(t, s, "a", 303), numbers(0, 304))
	wg.Wait()
}

// TestRemovedUnderneath: somebody removes segments while the spool runs: B11.
func TestRemovedUnderneath(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, small)
	for n := range 20 {
		put(t, s, 3*n, 3*n+3)
	}
	names := files(t, dir, "0", suffix)
	for _, name := range names { // the one that is being written, too
		must(t, os.Remove(filepath.Join(dir, name)))
	}
	must(t, s.Append(t.Context(), batch(60, 63, 100), nil))
	put(t, s, 63, 66)
	got := read(t, s, "a", 65)
	same(t, got[len(got)-6:], numbers(60, 66))
	if st := s.Stats(); st.Damaged == 0 || st.Errors == 0 {
		t.Errorf("nothing was said: %+v", st)
	}
}
