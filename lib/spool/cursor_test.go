package spool

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// TestCursorLost: cursors that are gone, or damaged, or of segments that are gone: B11.
func TestCursorLost(t *testing.T) {
	f := func(name string, want []int, warns bool, spoil func(dir string)) {
		t.Helper()
		dir := t.TempDir()
		s := mustOpen(t, dir, small)
		for n := range 20 {
			put(t, s, 3*n, 3*n+3)
		}
		readAck(t, s, "a", 59, func(n int) bool { return n < 30 })
		must(t, s.Close())
		spoil(dir)
		var log bytes.Buffer
		opt := small
		opt.Log = slog.New(slog.NewTextHandler(&log, nil))
		s = mustOpen(t, dir, opt)
		put(t, s, 60, 63)
		got := read(t, s, "a", 62)
		if len(got) < len(want) || got[len(got)-1] != 62 || len(want) > 0 && got[0] > want[0] {
			t.Errorf("%s: %s", name, brief(got))
		}
		if warns != strings.Contains(log.String(), "level=WARN") {
			t.Errorf("%s: log %s", name, &log)
		}
		must(t, s.Close())
	}
	all := func(prefix string) func(string) {
		return func(dir string) {
			for _, name := range files(t, dir, prefix, "") {
				must(t, os.Remove(filepath.Join(dir, name)))
			}
		}
	}
	f("nothing", numbers(30, 63), false, func(string) {})
	f("positions removed", numbers(30, 63), true, all("positions"))
	f("all but segments removed", numbers(30, 63), true, func(dir string) {
		all("positions")(dir)
		all("lock")(dir)
	})
	f("positions damaged", numbers(30, 63), true, func(dir string) {
		for _, name := range files(t, dir, "positions", "") {
			must(t, os.WriteFile(filepath.Join(dir, name), make([]byte, 100), 0o600))
		}
	})
	f("segments removed", numbers(60, 63), false, all("0"))
	f("first segment removed", nil, true, func(dir string) {
		must(t, os.Remove(filepath.Join(dir, files(t, dir, "0", suffix)[0])))
	})
}

// TestNeverOverwrites: whatever is gone, a new segment takes a new name, and a cursor never
// points behind messages that come after it.
func TestNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	next := 0
	for round := range 6 {
		s := mustOpen(t, dir, small)
		put(t, s, next, next+5)
		put(t, s, next+5, next+10)
		same(t, read(t, s, "a", next+9), numbers(next, next+10))
		next += 10
		must(t, s.Close())
		for _, name := range files(t, dir, "0", suffix) {
			path := filepath.Join(dir, name)
			switch round % 3 {
			case 0: // the power was cut and the tail is lost, but not the cursor
				b, err := os.ReadFile(path)
				must(t, err)
				_, size, _ := parseStamp(b)
				must(t, os.Truncate(path, size-int64(round)))
			case 1:
				must(t, os.Remove(path))
			}
		}
		// A file of that name is there, whoever put it there.
		s = mustOpen(t, dir, small)
		name := segmentName(s.end())
		taken := filepath.Join(dir, name)
		if _, err := os.Stat(taken); err != nil {
			must(t, os.WriteFile(taken, []byte("mine"), 0o600))
			put(t, s, next, next+3)
			b, err := os.ReadFile(taken)
			must(t, err)
			if s.segs[len(s.segs)-1].name == name || string(b) != "mine" {
				t.Errorf("round %d: %s was overwritten: %q", round, name, b)
			}
			same(t, read(t, s, "a", next+2), numbers(next, next+3))
			next += 3
			must(t, os.Remove(taken))
		}
		must(t, s.Close())
	}
}

// TestReaders: each has its own cursor, and what one has not read is kept; until it is
// forgotten.
func TestReaders(t *testing.T) {
	s := mustOpen(t, t.TempDir(), small)
	for n := range 20 {
		put(t, s, 3*n, 3*n+3)
	}
	s.cursor("slow")
	same(t, read(t, s, "fast", 59), numbers(0, 60))
	put(t, s, 60, 63)
	if st := s.Stats(); st.Bytes != st.Disk || st.Segments < 2 {
		t.Errorf("%+v", st)
	}
	same(t, read(t, s, "slow", 62), numbers(0, 63))
	s.cursor("slower")
	put(t, s, 63, 90)
	same(t, read(t, s, "fast", 89), numbers(60, 90))
	s.Forget("slow")
	s.Forget("slower")
	eventually(t, "one segment", func() bool { return s.Stats().Segments <= 1 })
	if st := s.Stats(); st.Bytes != 0 {
		t.Errorf("%+v", st)
	}
}

// TestCursorNeverGoesBack: two stages of one name may run for a while, when one is restarted.
func TestCursorNeverGoesBack(t *testing.T) {
	s := mustOpen(t, t.TempDir(), small)
	put(t, s, 0, 30)
	s.cursor("a")
	s.acked("a", 1000)
	s.acked("a", 500)
	if got := s.cursor("a"); got != 1000 {
		t.Errorf("cursor at %d", got)
	}
}

// TestRetain: what is acknowledged stays for a while, goes when its time is over, or
// when room is needed, and is a capture: B14.
func TestRetain(t *testing.T) {
	var now atomic.Int64
	now.Store(1e18)
	opt := Options{Max: 8000, Segment: 500, Retain: time.Hour,
		Now: func() time.Time { return time.Unix(0, now.Load()) }}
	dir := t.TempDir()
	s := mustOpen(t, dir, opt)
	put(t, s, 0, 12)
	same(t, read(t, s, "a", 11), numbers(0, 12))
	put(t, s, 12, 15)
	same(t, read(t, s, "a", 14), numbers(12, 15))
	same(t, capture(t, dir), numbers(0, 15))
	now.Add(int64(time.Hour - 1))
	put(t, s, 15, 18)
	same(t, capture(t, dir), numbers(0, 18))
	must(t, s.Close())
	s = mustOpen(t, dir, opt)
	same(t, read(t, s, "a", 17), numbers(15, 18))
	for n := 18; n < 90; n += 12 { // room
		put(t, s, n, n+12)
		same(t, read(t, s, "a", n+11), numbers(n, n+12))
	}
	left := capture(t, dir)
	if st := s.Stats(); st.Disk > opt.Max+opt.Segment || left[0] == 0 || len(left) < 20 {
		t.Errorf("%s %+v", brief(left), st)
	}
	put(t, s, 90, 93)
	eventually(t, "the clock of what is acknowledged to begin", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.segs[0].done != 0 || len(s.segs) == 1
	})
	now.Add(int64(time.Hour + 1))
	put(t, s, 93, 96)
	eventually(t, "what is acknowledged to go", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.segs[0].done == 0 || s.segs[0].done == now.Load()
	})
}

// capture reads the segments as heka-cat would, in the order of their names.
func capture(t testing.TB, dir string) (got []int) {
	t.Helper()
	var all bytes.Buffer
	for _, name := range files(t, dir, "0", suffix) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		all.Write(b)
	}
	r := frame.NewReader(&all, frame.Options{Now: func() int64 { return 0 }})
	for {
		b := pool.Get()
		var err error
		b.Buf, b.Off, err = r.Read(b.Buf, b.Off)
		for i := range b.Off {
			if msg.Check(b.Record(i)[msg.HeaderSize:]) != nil {
				t.Error("not a message")
			}
			got = append(got, number(t, b, i))
		}
		b.Release()
		if err != nil {
			break
		}
	}
	if r.Stats != (frame.Stats{}) {
		t.Errorf("%+v", r.Stats)
	}
	return got
}

// TestCompressed: blocks may be compressed, and are no larger for it.
func TestCompressed(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{Max: 1 << 20, Compress: true})
	put2(t, s, 0, 300, 100, 1000)
	if st := s.Stats(); st.Disk > 100<<10 {
		t.Errorf("%+v", st)
	}
	same(t, read(t, s, "a", 299), numbers(0, 300))
	same(t, capture(t, dir), numbers(0, 300))
}

// TestNothingToSpool: what has no records is done with at once.
func TestNothingToSpool(t *testing.T) {
	s := mustOpen(t, t.TempDir(), small)
	told := 0
	done := func(err error) {
		must(t, err)
		told++
	}
	must(t, s.Append(t.Context(), pool.Get(), done))
	must(t, s.Append(t.Context(), pool.Tick(1, false), done))
	text := pool.Get()
	text.Text, text.Buf = true, append(text.Buf, "text\n"...)
	must(t, s.Append(t.Context(), text, done))
	must(t, s.Append(t.Context(), pool.Gap(&frame.Gap{}), done))
	if !s.TryAppend(pool.Get(), done) || told != 5 || s.Stats().Disk != 0 {
		t.Errorf("told %d times, %+v", told, s.Stats())
	}
}
