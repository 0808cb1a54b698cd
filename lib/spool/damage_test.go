package spool

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"heka/lib/stage"
)

// scratch returns a folder in memory if there is one: thousands of spools are opened.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "spool")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// written is a spool of some segments, and where in them its messages are.
type written struct {
	names   []string
	data    map[string][]byte
	entries []span
}

type span struct {
	name     string
	from, to int64 // in the file
	messages []int
}

// write makes a spool of blocks of two messages, some blocks a segment.
func write(t testing.TB, blocks int, opt Options) written {
	t.Helper()
	dir := scratch(t)
	s := mustOpen(t, dir, opt)
	for n := range blocks {
		put2(t, s, 2*n, 2*n+2, 2, 70)
	}
	must(t, s.Close())
	w := written{data: map[string][]byte{}, names: files(t, dir, "0", suffix)}
	n := 0
	for _, name := range w.names {
		b, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		w.data[name] = b
		for at := int64(0); at < int64(len(b)); {
			_, size, ok := parseStamp(b[at:])
			if !ok {
				t.Fatal("no stamp")
			}
			w.entries = append(w.entries, span{name, at, at + size, []int{n, n + 1}})
			n += 2
			at += size
		}
	}
	if n != 2*blocks {
		t.Fatalf("%d messages", n)
	}
	return w
}

// survivors returns the messages that are no part of from..to of a file.
func (w *written) survivors(name string, from, to int64) []int {
	var all []int
	for _, e := range w.entries {
		if e.name != name || e.to <= from || e.from >= to {
			all = append(all, e.messages...)
		}
	}
	return all
}

// found is what a spool gave that was opened on damaged files.
type found struct {
	got   []int
	stats Stats
	log   string
	dir   string
}

// open puts the files into dir, but for what change does to them, and reads them.
func (w *written) open(t testing.TB, dir string, change map[string][]byte) found {
	t.Helper()
	must(t, os.Mkdir(dir, 0o700))
	for _, name := range w.names {
		b := w.data[name]
		if c, ok := change[name]; ok {
			b = c
		}
		if b != nil {
			must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
		}
	}
	var log bytes.Buffer
	opt := small
	opt.Log = slog.New(slog.NewTextHandler(&log, nil))
	s, err := Open(dir, opt)
	if err != nil {
		t.Errorf("%s: %v", dir, err)
		return found{}
	}
	defer s.Close()
	f := found{dir: dir}
	src := s.Source(&stage.Env{Pool: pool}, "a").(*source)
	src.start()
	defer src.end()
	for end := s.end(); src.pos < end; {
		b := pool.Get()
		if err := src.gather(b); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
		for i := range b.Off {
			n := number(t, b, i)
			f.got = append(f.got, n)
			if !bytes.Equal(b.Record(i), record(nil, n, 70)) {
				t.Errorf("%s: message %d is not what it was", dir, n)
			}
		}
		b.Release()
	}
	f.stats = s.Stats()
	f.log = log.String()
	return f
}

// TestDamageAnywhere damages each byte of a spool of three segments in several ways, and
// wants all messages of the blocks that were not hit, in order, as they were: B03.
func TestDamageAnywhere(t *testing.T) {
	w := write(t, 8, Options{Max: 1 << 20, Segment: 620})
	if len(w.names) != 3 {
		t.Fatalf("%d segments", len(w.names))
	}
	dir := scratch(t)
	var cases atomic.Int64
	last := w.names[2]
	try := func(how, name string, at int64, b []byte, from, to int64) {
		n := cases.Add(1)
		sub := filepath.Join(dir, fmt.Sprint(n))
		f := w.open(t, sub, map[string][]byte{name: b})
		want := w.survivors(name, from, to)
		if !slices.Equal(f.got, want) {
			t.Errorf("%s %s at %d: got %s, want %s", how, name, at, brief(f.got), brief(want))
		}
		torn := name == last && len(b) < len(w.data[name])
		if lost := 16 - len(want); lost > 0 && !torn && f.stats.Damaged == 0 {
			t.Errorf("%s %s at %d: nothing was said: %+v", how, name, at, f.stats)
		}
		if torn && f.stats.Damaged > 0 {
			t.Errorf("%s %s at %d: torn is no damage: %+v", how, name, at, f.stats)
		}
		must(t, os.RemoveAll(sub))
	}
	step := int64(1)
	if testing.Short() {
		step = 7
	}
	var wg sync.WaitGroup
	for _, name := range w.names {
		whole := w.data[name]
		size := int64(len(whole))
		wg.Go(func() {
			for at := int64(0); at < size; at += step {
				try("cut", name, at, whole[:at:at], at, size)
				try("flip", name, at, change(whole, at, func(b []byte) { b[0] ^= 1 << (at % 8) }), at, at+1)
				zeros := change(whole, at, func(b []byte) { clear(b) })
				from, to := differ(whole, zeros)
				try("zeros from", name, at, zeros, from, to)
				zeros = change(whole, at, func(b []byte) { clear(b[:min(len(b), 16)]) })
				if from, to = differ(whole, zeros); from < to {
					try("zeros", name, at, zeros, from, to)
				}
				if size-at >= 64 {
					swapped := change(whole, at, func(b []byte) {
						copy(b, append(bytes.Clone(b[32:64]), b[:32]...))
					})
					if from, to := differ(whole, swapped); from < to {
						try("swap", name, at, swapped, from, to)
					}
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d cases", cases.Load())
}

func change(b []byte, at int64, f func([]byte)) []byte {
	b = bytes.Clone(b)
	f(b[at:])
	return b
}

// differ returns the range in which a and b are not the same.
func differ(a, b []byte) (from, to int64) {
	for from < int64(len(a)) && a[from] == b[from] {
		from++
	}
	for to = int64(len(a)); to > from && a[to-1] == b[to-1]; to-- {
	}
	return from, to
}

// TestSegmentsSwapped: the names of segments mean nothing if what is in them says
// something else; two for one place are not both read; one that is missing is missed.
func TestSegmentsSwapped(t *testing.T) {
	w := write(t, 8, Options{Max: 1 << 20, Segment: 620})
	a, b, c := w.names[0], w.names[1], w.names[2]
	dir := scratch(t)
	i := 0
	f := func(want []int, damaged bool, change map[string][]byte) {
		t.Helper()
		i++
		got := w.open(t, filepath.Join(dir, fmt.Sprint(i)), change)
		same(t, got.got, want)
		if damaged != (got.stats.Damaged > 0) || got.log == "" {
			t.Errorf("case %d: %+v\n%s", i, got.stats, got.log)
		}
	}
	everything := numbers(0, 16)
	f(everything, false, map[string][]byte{a: w.data[b], b: w.data[a]})
	f(everything, false, map[string][]byte{a: w.data[c], c: w.data[a]})
	f(everything, false, map[string][]byte{a: w.data[b], b: w.data[c], c: w.data[a]})
	f(w.survivors(b, 0, 1<<20), true, map[string][]byte{b: w.data[a]}) // two for one place
	f(w.survivors(b, 0, 1<<20), true, map[string][]byte{b: nil})
	f(w.survivors(b, 0, 1<<20), true, map[string][]byte{b: {}})
	f(w.survivors(b, 0, 1<<20), true, map[string][]byte{b: make([]byte, len(w.data[b]))})
}

// TestBlocksElsewhere: a good block that stands where it was not written is damage, not
// a message out of its turn.
func TestBlocksElsewhere(t *testing.T) {
	w := write(t, 8, Options{Max: 1 << 20})
	name := w.names[0]
	a, b := w.entries[1], w.entries[3]
	if a.to-a.from != b.to-b.from {
		t.Fatal("blocks of two sizes")
	}
	whole := w.data[name]
	dir := scratch(t)
	moved := bytes.Clone(whole)
	copy(moved[a.from:], whole[b.from:b.to])
	f := w.open(t, filepath.Join(dir, "twice"), map[string][]byte{name: moved})
	same(t, f.got, w.survivors(name, a.from, a.to))
	if f.stats.Damaged != 1 {
		t.Errorf("%+v", f.stats)
	}
	copy(moved[b.from:], whole[a.from:a.to])
	f = w.open(t, filepath.Join(dir, "swapped"), map[string][]byte{name: moved})
	same(t, f.got, []int{0, 1, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15})
	if f.stats.Damaged != 2 {
		t.Errorf("%+v", f.stats)
	}
}

// TestQuotedBlocks: a message may quote a segment, even one that is made for the very place
// where it comes to stand. It is not taken for one when what is around it is damaged.
func TestQuotedBlocks(t *testing.T) {
	w := write(t, 1, Options{Max: 1 << 20})
	quote := w.data[w.names[0]]
	data := quoted(t, quote)
	at := bytes.Index(data, quote)
	st, _, _ := parseStamp(quote)
	st.offset = int64(at)
	st.put(quote)
	data = quoted(t, quote)
	if at != bytes.Index(data, quote) {
		t.Fatal("the quote moved")
	}
	_, first, _ := parseStamp(data)
	for at := first; at < first+entryHead+blockHead; at++ {
		bad := bytes.Clone(data)
		bad[at] ^= 4
		sub := t.TempDir()
		must(t, os.WriteFile(filepath.Join(sub, segmentName(0)), bad, 0o600))
		s := mustOpen(t, sub, small)
		same(t, all(t, s, "a"), numbers(0, 6))
		must(t, s.Close())
	}
}

// quoted returns a segment whose second block has a message that quotes.
func quoted(t *testing.T, quote []byte) []byte {
	dir := scratch(t)
	s := mustOpen(t, dir, Options{Max: 1 << 20})
	put(t, s, 0, 3)
	b := pool.Get()
	b.Off = append(b.Off, 0)
	b.Buf = quoting(b.Buf, quote)
	on := make(chan error, 1)
	must(t, s.Append(t.Context(), b, func(err error) { on <- err }))
	must(t, <-on)
	put(t, s, 3, 6)
	must(t, s.Close())
	data, err := os.ReadFile(filepath.Join(dir, segmentName(0)))
	must(t, err)
	return data
}

// TestQuarantine: what could not be read is in a file of its own, byte for byte, and
// counted once whoever reads.
func TestQuarantine(t *testing.T) {
	w := write(t, 8, Options{Max: 1 << 20, Segment: 620})
	name := w.names[1]
	second := func(e span) bool { return e.name == name && e.from > 0 }
	e := w.entries[slices.IndexFunc(w.entries, second)]
	bad := change(w.data[name], e.from+100, func(b []byte) { b[0]++ })
	dir := filepath.Join(scratch(t), "spool")
	f := w.open(t, dir, map[string][]byte{name: bad})
	st := f.stats
	if st.Damaged != 1 || st.DamagedBytes != e.to-e.from || !strings.Contains(f.log, "level=WARN") {
		t.Errorf("%+v\n%s", st, f.log)
	}
	aside := files(t, dir, damagedPrefix, "")
	if len(aside) != 1 {
		t.Fatal(aside)
	}
	b, err := os.ReadFile(filepath.Join(dir, aside[0]))
	must(t, err)
	if !bytes.Equal(b, bad[e.from:e.to]) {
		t.Error("what is put aside is not what was there")
	}
	s := mustOpen(t, dir, small)
	for _, reader := range []string{"a", "b", "c"} {
		same(t, all(t, s, reader), w.survivors(name, e.from, e.to))
	}
	if st := s.Stats(); st.Damaged != 1 {
		t.Errorf("%+v", st)
	}
}

// TestTailOnly: Open does not read what is before the tail.
func TestTailOnly(t *testing.T) {
	w := write(t, 30, Options{Max: 1 << 30})
	b := w.data[w.names[0]]
	dir := t.TempDir()
	path := filepath.Join(dir, segmentName(0))
	must(t, os.WriteFile(path, b, 0o600))
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	c := &scanner{f: f, size: int64(len(b)), few: true}
	good, err := tail(c)
	must(t, err)
	if good != int64(len(b)) {
		t.Errorf("tail at %d of %d", good, len(b))
	}
}
