package file

import (
	"context"
	"fmt"
	"os"
	"testing"

	"heka/lib/stage"
)

func TestLaneDoesNotAllocate(t *testing.T) {
	for _, name := range []string{"x.json", "x.logfmt", "x.log", "x.heka"} {
		env := &stage.Env{Pool: stage.NewPool(4)}
		l, in := laneAndBatch(t, env, name)
		do := func() {
			out, err := l.Do(in.Retain())
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		}
		do()
		if n := testing.AllocsPerRun(20, do); n > 0 {
			t.Errorf("%s: %v allocations a batch", name, n)
		}
	}
}

func BenchmarkLane(b *testing.B) {
	for _, name := range []string{"x.json", "x.heka", "x.json.gz", "x.json.zst"} {
		b.Run(name, func(b *testing.B) {
			env := &stage.Env{Pool: stage.NewPool(4)}
			l, in := laneAndBatch(b, env, name)
			b.SetBytes(int64(len(in.Buf)))
			b.ReportAllocs()
			for b.Loop() {
				out, err := l.Do(in.Retain())
				if err != nil {
					b.Fatal(err)
				}
				out.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*in.Len()), "ns/msg")
		})
	}
}

// BenchmarkTemplate is the sink that renders and writes to files by type.
func BenchmarkTemplate(b *testing.B) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	_, in := laneAndBatch(b, env, "x.json")
	st, err := make1(env, "--fsync", "never", b.TempDir()+"/%{Type}-%Y.json")
	if err != nil {
		b.Fatal(err)
	}
	s := st.(*sink)
	b.SetBytes(int64(len(in.Buf)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := s.write(b.Context(), in); err != nil {
			b.Fatal(err)
		}
		if n++; n%1000 == 0 { // let it not grow for ever
			s.each(func(o *out) error { return os.Truncate(b.TempDir()+"/"+o.file.Name(), 0) })
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*in.Len()), "ns/msg")
	s.finish(b.Context())
}

// again is a source that writes one full batch many times.
type again struct {
	b *stage.Batch
	n int
}

func (s again) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	for range s.n {
		if err := out.Write(s.b.Retain()); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkPipeline is heka-out whole, but for the reading: to standard output that
// is /dev/null, and to files.
func BenchmarkPipeline(b *testing.B) {
	null, err := os.OpenFile("/dev/null", os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	for _, lanes := range []int{1, 2} {
		for _, c := range []struct{ format, dest string }{
			{"json", "-"}, {"heka", "-"}, {"json", "/dev/null"}, {"heka", "/dev/null"},
		} {
			b.Run(fmt.Sprintf("%s/%s/lanes=%d", c.format, c.dest, lanes), func(b *testing.B) {
				env := &stage.Env{
					Format: c.format, Lanes: lanes, Pool: stage.NewPool(64), Stdout: null,
				}
				_, in := laneAndBatch(b, env, "x.heka")
				st, err := make1(env, c.dest)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(in.Buf)))
				b.ReportAllocs()
				b.ResetTimer()
				if err := stage.Run(b.Context(), env, again{in, b.N}, st); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*in.Len()), "ns/msg")
			})
		}
	}
}
