package apache

import (
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

const combined = `203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] ` +
	`"GET /articles/2025/a-walk-along-the-river?page=2 HTTP/1.1" 200 18213 ` +
	`"https://www.example.org/articles/" ` +
	`"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"`

// lane returns a lane of the decoder, and a batch of n records whose payload is line.
func lane(tb testing.TB, line string, n int, args ...string) (stage.Lane, *stage.Batch) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	st, err := newStage(env, args...)
	if err != nil {
		tb.Fatal(err)
	}
	rec := stagetest.Payloads(line)[0]
	b := env.Pool.Get()
	for range n {
		b.Off = append(b.Off, uint32(len(b.Buf)))
		b.Buf = rec.Append(b.Buf)
	}
	return st.(stage.Parallel).NewLane(), b
}

func BenchmarkCombined(b *testing.B) {
	const n = 256
	l, in := lane(b, combined, n)
	b.SetBytes(int64(len(combined)))
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += n {
		out, err := l.Do(in.Retain())
		if err != nil {
			b.Fatal(err)
		}
		out.Release()
	}
}

func TestNoAllocations(t *testing.T) {
	f := func(line string, args ...string) {
		t.Helper()
		l, in := lane(t, line, 64, args...)
		var v msg.View
		n := testing.AllocsPerRun(20, func() {
			out, err := l.Do(in.Retain())
			if err != nil {
				t.Fatal(err)
			}
			out.View(0, &v)
			if _, bad := v.Field("heka.error", 0); bad {
				t.Fatal("the line does not fit")
			}
			out.Release()
		})
		if n != 0 {
			t.Errorf("%v: %v allocations in 64 lines", args, n)
		}
	}
	f(combined)
	f(combined, "--representations")
	f(`[10/Oct/2025:13:55:36.123 +0000] "a \"b\" \x41" 15`, "--format",
		`[%{%d/%b/%Y:%T}t.%{msec_frac}t %{%z}t] "%{x}i" %{ms}T`)
}
