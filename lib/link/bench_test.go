package link

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
)

// flood is a source of n batches of messages of 500 bytes, made once.
type flood struct {
	pool *stage.Pool
	n    int
	b    *stage.Batch
}

func newFlood(n int) *flood {
	f := &flood{pool: stage.NewPool(64), n: n}
	f.b = f.pool.Get()
	var b msg.Builder
	b.Type, b.Hostname = []byte("nginx.access"), []byte("web1.example")
	b.Payload = make([]byte, 60)
	status, addr, request, agent, ref := msg.NewKey("status"), msg.NewKey("remote_addr"),
		msg.NewKey("request"), msg.NewKey("user_agent"), msg.NewKey("referer")
	bytes, took, host := msg.NewKey("body_bytes_sent"), msg.NewKey("request_time"), msg.NewKey("server_name")
	for i := 0; len(f.b.Buf) < stage.BatchFull; i++ {
		msg.PutUuid(&b.Uuid, 1, uint64(i))
		b.Timestamp = int64(i)
		b.Key(status)
		b.Int(int64(200 + i%5))
		b.KeyStr(addr, []byte("192.0.2.123"))
		b.KeyStr(request, []byte("GET /articles/2024/copper-maple-cloud?page=15 HTTP/1.1"))
		b.KeyStr(agent, []byte("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"))
		b.KeyStr(ref, []byte("https://www.example.com/search?q=the+same+again+and+again"))
		b.Key(bytes)
		b.Int(int64(i * 77))
		b.Key(took)
		b.Float(float64(i) / 1000)
		b.KeyStr(host, []byte("www.example.com"))
		f.b.Off = append(f.b.Off, uint32(len(f.b.Buf)))
		f.b.Buf = b.Append(f.b.Buf)
	}
	return f
}

func (f *flood) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	for i := range int64(f.n) {
		b := f.b.Retain().Select(f.b.Off)
		b.Ack = stage.Range{Source: 1, From: i, To: i + 1}
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (f *flood) Acked(stage.Range) {}
func (f *flood) Settle() error     { return nil }

// BenchmarkLink sends messages of 500 bytes through a link to a receiver that checks
// them and acknowledges. Its floor is 21 Gbit/s over TCP and 24 over a unix socket.
func BenchmarkLink(b *testing.B) {
	f := func(network string) {
		b.Run(network, func(b *testing.B) {
			addr := "127.0.0.1:0"
			if network == "unix" {
				addr = filepath.Join(b.TempDir(), "s")
			}
			ln, err := net.Listen(network, addr)
			if err != nil {
				b.Fatal(err)
			}
			s := serveOn(b, ln, ReceiverOptions{}, sink{func(*stage.Batch) {}})
			src := newFlood(b.N)
			b.SetBytes(int64(len(src.b.Buf)))
			b.ReportAllocs()
			b.ResetTimer()
			cpu := cpuTime(b)
			err = stage.Run(context.Background(), &stage.Env{}, src, &sendTo{opt: SenderOptions{Dial: dialer(network, ln.Addr().String())}})
			b.StopTimer()
			used := cpuTime(b) - cpu
			s.end(b)
			if err != nil {
				b.Fatal(err)
			}
			bits := float64(len(src.b.Buf)) * 8 * float64(b.N)
			b.ReportMetric(bits/b.Elapsed().Seconds()/1e9, "Gbit/s")
			b.ReportMetric(used.Seconds()*8e9/bits, "cpu-s/GB")
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*src.b.Len()), "ns/msg")
		})
	}
	f("tcp")
	f("unix")
}

// BenchmarkBare is the same bytes over the same sockets, with nobody looking at them: what
// the system takes of BenchmarkLink.
func BenchmarkBare(b *testing.B) {
	f := func(network string) {
		b.Run(network, func(b *testing.B) {
			addr := "127.0.0.1:0"
			if network == "unix" {
				addr = filepath.Join(b.TempDir(), "s")
			}
			ln, err := net.Listen(network, addr)
			if err != nil {
				b.Fatal(err)
			}
			defer ln.Close()
			src := newFlood(b.N)
			b.SetBytes(int64(len(src.b.Buf)))
			b.ResetTimer()
			cpu := cpuTime(b)
			go func() {
				c, err := net.Dial(network, ln.Addr().String())
				for i := 0; i < b.N && err == nil; i++ {
					_, err = c.Write(src.b.Buf)
				}
				c.Close()
			}()
			c, err := ln.Accept()
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			buf := make([]byte, len(src.b.Buf))
			for range b.N {
				if _, err := io.ReadFull(c, buf); err != nil {
					b.Fatal(err)
				}
			}
			bits := float64(len(src.b.Buf)) * 8 * float64(b.N)
			b.ReportMetric(bits/b.Elapsed().Seconds()/1e9, "Gbit/s")
			b.ReportMetric((cpuTime(b)-cpu).Seconds()*8e9/bits, "cpu-s/GB")
		})
	}
	f("tcp")
	f("unix")
}

// cpuTime returns what the process has used: on a machine that others use as well it
// tells more than the clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestAllocs wants no allocation per message.
func TestAllocs(t *testing.T) {
	s := serve(t, ReceiverOptions{}, sink{func(*stage.Batch) {}})
	run := func(n int) (messages int, mallocs uint64) {
		src := newFlood(n)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		send(t, src, SenderOptions{Dial: dialer("tcp", s.addr)})
		runtime.ReadMemStats(&after)
		return n * src.b.Len(), after.Mallocs - before.Mallocs
	}
	run(200)
	if n, mallocs := run(400); float64(mallocs) > float64(n)/20 {
		t.Errorf("%d allocations of %d messages", mallocs, n)
	}
}
