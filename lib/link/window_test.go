package link

import (
	"slices"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
)

// gathered is a batch of n records that acknowledges as many.
func gathered(pool *stage.Pool, at int64, n int, size int) *stage.Batch {
	b := pool.Get()
	for i := range n {
		b.Off = append(b.Off, uint32(len(b.Buf)))
		m := msg.Message{Timestamp: at + int64(i), Payload: string(make([]byte, size))}
		b.Buf = m.Append(b.Buf)
	}
	b.Ack = stage.Range{Source: 1, From: at, To: at + int64(n)}
	return b
}

// taken takes all chunks and returns the timestamps of their records.
func taken(t *testing.T, w *window) (all []int64) {
	t.Helper()
	for {
		h, p := w.take()
		if p == nil {
			return all
		}
		n := int64(0)
		var v msg.View
		for len(p) > 0 {
			size := recordSize(p)
			if size == 0 {
				t.Fatalf("no record at %d", h.from+n)
			}
			v.Reset(p[msg.HeaderSize:size])
			all = append(all, v.Timestamp())
			p = p[size:]
			n++
		}
		if h.to-h.from != n {
			t.Fatalf("%+v has %d records", h, n)
		}
	}
}

func span(from, to int64) (s []int64) {
	for ; from < to; from++ {
		s = append(s, from)
	}
	return s
}

// TestWindow puts batches in, takes chunks out, goes back, and acknowledges, also in the
// middle of a chunk.
func TestWindow(t *testing.T) {
	pool := stage.NewPool(4)
	f := func(name string, size int, acks ...int64) {
		t.Helper()
		var w window
		for i := range int64(20) {
			b := gathered(pool, i*5, 5, size)
			w.batch(b)
			b.Release()
		}
		if got := taken(t, &w); !slices.Equal(got, span(0, 100)) {
			t.Fatalf("%s: took %v", name, got)
		}
		for _, to := range acks {
			done, ok := w.acknowledge(to, nil)
			if !ok || w.acked != to {
				t.Fatalf("%s: acknowledged %d of %d: %v", name, w.acked, to, done)
			}
			if !w.rewind(to) {
				t.Fatalf("%s: no way back to %d", name, to)
			}
			if got := taken(t, &w); !slices.Equal(got, span(to, 100)) {
				t.Fatalf("%s: behind %d: took %v", name, to, got)
			}
		}
		if _, ok := w.acknowledge(100, nil); !ok || w.bytes != 0 || w.unsent != 0 || len(w.chunks) != 0 || len(w.pending) != 0 {
			t.Errorf("%s: %d bytes are left, %d chunks", name, w.bytes, len(w.chunks))
		}
		if _, ok := w.acknowledge(101, nil); ok {
			t.Errorf("%s: what was not sent is acknowledged", name)
		}
	}
	f("small", 10, 1, 5, 6, 99)
	f("a chunk a batch", 50_000, 3, 10, 50, 51, 52)
	f("records of more than a chunk", 300_000, 1, 2, 98)
}

// TestWindowAcks wants acknowledgements in order, and none before its records.
func TestWindowAcks(t *testing.T) {
	pool := stage.NewPool(4)
	var w window
	only := func(from, to int64) {
		b := gathered(pool, from, 0, 0)
		b.Ack.To = to
		w.batch(b)
		b.Release()
	}
	only(0, 3)
	only(3, 5)
	b := gathered(pool, 5, 5, 10)
	w.batch(b)
	only(10, 12)
	if done, _ := w.acknowledge(0, nil); !slices.Equal(done, []stage.Range{{Source: 1, From: 0, To: 5}}) {
		t.Errorf("before any record: %v", done)
	}
	taken(t, &w)
	if done, _ := w.acknowledge(3, nil); len(done) > 0 {
		t.Errorf("in the middle of a batch: %v", done)
	}
	want := []stage.Range{{Source: 1, From: 5, To: 12}}
	if done, _ := w.acknowledge(5, nil); !slices.Equal(done, want) {
		t.Errorf("all: %v", done)
	}
}
