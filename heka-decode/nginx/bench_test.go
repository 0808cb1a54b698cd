package nginx

import (
	"testing"

	"github.com/spf13/pflag"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

const combined = `203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] ` +
	`"GET /articles/2025/a-walk-along-the-river?page=2 HTTP/1.1" 200 18213 ` +
	`"https://www.example.org/articles/" ` +
	`"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"`

const escaped = `203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] ` +
	`"GET /articles/2025/a-walk-along-the-\xD1\x80iver?page=2 HTTP/1.1" 200 18213 ` +
	`"https://www.example.org/articles/" ` +
	`"Mozilla/5.0 (X11; \x22Linux\x22 x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"`

const timed = combined + ` rt=0.012 urt="0.010, 0.002" us=200`

const timedFormat = `$remote_addr - $remote_user [$time_local] "$request" $status ` +
	`$body_bytes_sent "$http_referer" "$http_user_agent" rt=$request_time ` +
	`urt="$upstream_response_time" us=$upstream_status`

// lane returns a lane of the decoder with these arguments, and a function that
// makes a batch of n records whose payload is line.
func lane(tb testing.TB, line string, n int, args ...string) (stage.Lane, func() *stage.Batch) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	fs := pflag.NewFlagSet("nginx", pflag.ContinueOnError)
	make := New(fs)
	if err := fs.Parse(args); err != nil {
		tb.Fatal(err)
	}
	st, err := make(env, fs.Args())
	if err != nil {
		tb.Fatal(err)
	}
	m := stagetest.Payloads(line)[0]
	rec := m.Append(nil)
	return st.(stage.Parallel).NewLane(), func() *stage.Batch {
		b := env.Pool.Get()
		for range n {
			b.Off = append(b.Off, uint32(len(b.Buf)))
			b.Buf = append(b.Buf, rec...)
		}
		return b
	}
}

func benchmark(b *testing.B, line string, args ...string) {
	const n = 256
	l, batch := lane(b, line, n, args...)
	in := batch()
	b.SetBytes(int64(len(line)))
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

func BenchmarkCombined(b *testing.B)      { benchmark(b, combined) }
func BenchmarkRepresented(b *testing.B)   { benchmark(b, combined, "--representations") }
func BenchmarkKeepPayload(b *testing.B)   { benchmark(b, combined, "--keep-payload") }
func BenchmarkEscaped(b *testing.B)       { benchmark(b, escaped) }
func BenchmarkUpstreamTimes(b *testing.B) { benchmark(b, timed, "--format", timedFormat) }
func BenchmarkNoMatch(b *testing.B)       { benchmark(b, combined, "--format", "main") }

// BenchmarkNothing is what a lane costs that only copies its messages.
func BenchmarkNothing(b *testing.B) {
	const n = 256
	_, batch := lane(b, combined, n)
	l := stage.Map(&stage.Env{}, "nothing", func() stage.Func {
		return func(*msg.View, *msg.Builder) error { return nil }
	}).NewLane()
	in := batch()
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
		l, batch := lane(t, line, 64, args...)
		in := batch()
		var v msg.View
		n := testing.AllocsPerRun(20, func() {
			out, err := l.Do(in.Retain())
			if err != nil || out.Len() != 64 {
				t.Fatal(out.Len(), err)
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
	f(escaped)
	f(timed, "--format", timedFormat)
}
