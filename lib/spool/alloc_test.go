package spool

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// TestAppendAllocs: what Append and the reader do for a batch costs no memory once
// there are buffers, nor what they do for a message.
func TestAppendAllocs(t *testing.T) {
	opt := Options{Max: 1 << 30, Sync: -1}
	s := mustOpen(t, t.TempDir(), opt)
	b := batch(0, 100, 500)
	on := make(chan error, 1)
	done := func(err error) { on <- err }
	src := s.Source(nil, "a").(*source)
	src.start()
	defer src.end()
	out := pool.Get()
	n := testing.AllocsPerRun(500, func() {
		if !s.TryAppend(b.Retain(), done) {
			t.Error("no room")
		}
		must(t, <-on)
		out.Buf, out.Off = out.Buf[:0], out.Off[:0]
		from := src.pos
		must(t, src.gather(out))
		if len(out.Off) != 100 {
			t.Error(len(out.Off), "messages")
		}
		src.Acked(src.sent(from))
	})
	if n > 0 {
		t.Errorf("%v allocations a batch of 100", n)
	}
}

// TestLargeBacklog: Open takes the same time and memory whatever there is. The segments
// are holes but for their heads: what is in them is not read.
func TestLargeBacklog(t *testing.T) {
	dir := t.TempDir()
	w := write(t, 4, Options{Max: 1 << 20})
	one := w.data[w.names[0]]
	const size, segments = 64 << 20, 320 // 20 GiB
	for i := range segments {
		base := int64(i) * size
		st, _, _ := parseStamp(one)
		st.offset = base
		st.put(one)
		path := dir + "/" + segmentName(base)
		must(t, os.WriteFile(path, one, 0o600))
		must(t, os.Truncate(path, size))
	}
	var was, is runtime.MemStats
	runtime.ReadMemStats(&was)
	began := time.Now()
	s := mustOpen(t, dir, Options{Max: 1 << 40})
	took := time.Since(began)
	runtime.ReadMemStats(&is)
	st := s.Stats()
	mem := is.TotalAlloc - was.TotalAlloc
	t.Log(took, strconv.FormatUint(mem>>10, 10)+" KiB", st.Segments, st.Disk)
	if took > patience || mem > 32<<20 || st.Segments != segments || st.Disk < (segments-1)*size {
		t.Errorf("%v, %d bytes of memory, %+v", took, mem, st)
	}
	put(t, s, 0, 3)
}
