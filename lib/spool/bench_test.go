package spool

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heka/lib/stage"
)

// benchBatch is a batch of records of 500 bytes, as large as batches are.
func benchBatch() *stage.Batch { return batch(0, 380, 500) }

// feed appends copies of b for as long as the benchmark goes, as a node does, and waits
// until all are on disk.
func feed(b *testing.B, s *Spool, one *stage.Batch) {
	var wg sync.WaitGroup
	done := func(err error) {
		if err != nil {
			b.Error(err)
		}
		wg.Done()
	}
	for b.Loop() {
		wg.Add(1)
		if err := s.Append(context.Background(), one.Retain(), done); err != nil {
			b.Fatal(err)
		}
	}
	wg.Wait()
}

// acker reads and acknowledges.
type acker struct{ n *atomic.Int64 }

func (k acker) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		k.n.Add(int64(len(b.Off)))
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

func bench(b *testing.B, opt Options, through bool) {
	opt.Max = 1 << 30
	if !through {
		opt.Full = DropOld
	}
	s := mustOpen(b, b.TempDir(), opt)
	one := benchBatch()
	b.SetBytes(int64(len(one.Buf)))
	b.ReportAllocs()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var n atomic.Int64
	if through {
		env := &stage.Env{Stop: stop, Pool: stage.NewPool(8)}
		src := s.Source(env, "a")
		wg.Go(func() {
			if err := stage.Run(context.Background(), env, src, acker{&n}); err != nil {
				b.Error(err)
			}
		})
	}
	feed(b, s, one)
	for through && n.Load() < int64(b.N*one.Len()) {
		time.Sleep(time.Millisecond)
	}
	close(stop)
	wg.Wait()
	if err := s.Close(); err != nil {
		b.Error(err)
	}
}

func BenchmarkAppend(b *testing.B) {
	b.Run("group", func(b *testing.B) { bench(b, Options{}, false) })
	b.Run("second", func(b *testing.B) { bench(b, Options{Sync: time.Second}, false) })
	b.Run("never", func(b *testing.B) { bench(b, Options{Sync: -1}, false) })
}

func BenchmarkThrough(b *testing.B) {
	b.Run("group", func(b *testing.B) { bench(b, Options{}, true) })
	b.Run("second", func(b *testing.B) { bench(b, Options{Sync: time.Second}, true) })
	b.Run("never", func(b *testing.B) { bench(b, Options{Sync: -1}, true) })
	b.Run("zstd", func(b *testing.B) { bench(b, Options{Compress: true}, true) })
}
