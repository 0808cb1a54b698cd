package route

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"heka/lib/msg"
	"heka/lib/stage"
)

// record returns a message of about 500 bytes with 8 fields; ten types in turn.
func record(i int) []byte {
	m := msg.Message{
		Timestamp: 1700000000e9 + int64(i)*1e6, Type: fmt.Sprintf("app%d.access", i%10),
		Logger: "/var/log/nginx/access.log", Severity: 6, Hostname: "web01.example.com",
		Fields: []msg.Field{
			{Name: "remote_addr", Value: "192.0.2.44"},
			{Name: "request_method", Value: "GET"},
			{Name: "request_uri", Value: "/articles/2026/how-to-route?page=2&session=0123456789abcdef"},
			{Name: "status", Value: int64(200 + i%4*100)},
			{Name: "body_bytes_sent", Value: int64(12345)},
			{Name: "http_referer", Value: "https://www.example.com/search?q=routing+of+log+messages+by+content"},
			{Name: "http_user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 " +
				"Firefox/140.0 with a tail that makes the record as long as it is to be, five hundred"},
			{Name: "request_time", Value: 0.25},
		},
	}
	return m.Append(nil)
}

// tenRules are ten expressions, each of which selects about a tenth.
func tenRules(dest func(int) string) (to []string) {
	for i := range 9 {
		to = append(to, fmt.Sprintf("Type == 'app%d.access' => %s", i, dest(i)))
	}
	return append(to, "Type == 'app9.access' && Fields[status] >= 300 => "+dest(9))
}

// ready is a source of n batches that are full, made once.
type ready struct {
	n       int
	batches []*stage.Batch
}

func newReady(env *stage.Env, n int) *ready {
	r := &ready{n: n}
	for k := range 16 {
		b := env.Pool.Get()
		for i := 0; len(b.Buf) < stage.BatchFull; i++ {
			b.Off = append(b.Off, uint32(len(b.Buf)))
			b.Buf = append(b.Buf, record(i+k)...)
		}
		r.batches = append(r.batches, b)
	}
	return r
}

func (r *ready) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	for i := range r.n {
		if err := out.Write(r.batches[i%len(r.batches)].Retain()); err != nil {
			return err
		}
	}
	return nil
}

func router(t testing.TB, env *stage.Env, words ...string) stage.Stage {
	t.Helper()
	fs := pflag.NewFlagSet("route", pflag.ContinueOnError)
	mk := Kind.New(fs)
	if err := fs.Parse(words); err != nil {
		t.Fatal(err)
	}
	st, err := mk(env, fs.Args())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func flagWords(to []string) (words []string) {
	for _, s := range to {
		words = append(words, "--to", s)
	}
	return words
}

// BenchmarkRoute is a whole pipeline: batches in memory, ten expressions, ten
// files that swallow what they get.
func BenchmarkRoute(b *testing.B) {
	null := func(i int) string { return "/dev/" + strings.Repeat("./", i) + "null" }
	for _, lanes := range []int{1, 2} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) {
			env := &stage.Env{Lanes: lanes, Pool: stage.NewPool(64)}
			src := newReady(env, b.N)
			b.SetBytes(int64(len(src.batches[0].Buf)))
			st := router(b, env, flagWords(tenRules(null))...)
			b.ReportAllocs()
			b.ResetTimer()
			if err := stage.Run(b.Context(), env, src, st); err != nil {
				b.Fatal(err)
			}
			gbit := float64(len(src.batches[0].Buf)) * float64(b.N) * 8 / 1e9
			b.ReportMetric(gbit/b.Elapsed().Seconds(), "Gbit/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*src.batches[0].Len()), "ns/msg")
		})
	}
}

func BenchmarkLane(b *testing.B) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	src := newReady(env, 0)
	st := router(b, env, flagWords(tenRules(func(i int) string { return fmt.Sprint("f", i) }))...)
	l := st.(stage.Chain)[0].(stage.Parallel).NewLane()
	in := src.batches[0]
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
}
