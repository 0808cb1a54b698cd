package supervise

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"syscall"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
)

func BenchmarkCopy(b *testing.B) {
	env := &stage.Env{}
	s := spec(b, "copy")
	src := &bench{env: env, n: b.N, batch: benchBatch(500)}
	b.SetBytes(int64(len(src.batch)))
	b.ReportAllocs()
	if err := stage.Run(context.Background(), env, src, Remote(env, s)); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkParse compares a pipeline that parses lines of 200 bytes in this process with the
// same in a child.
func BenchmarkParse(b *testing.B) {
	f := func(name string, parse func(env *stage.Env) stage.Stage) {
		b.Run(name, func(b *testing.B) {
			env := &stage.Env{}
			words := strings.Repeat("four of 20 to 30 bytes each ", 7)
			src := &bench{env: env, n: b.N, batch: batchOf(msg.Message{Payload: words})}
			b.SetBytes(int64(len(src.batch)))
			was := processorTime()
			if err := stage.Run(context.Background(), env, src, parse(env)); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(processorTime()-was)/float64(b.N), "cpu-ns/op")
		})
	}
	f("fused", func(env *stage.Env) stage.Stage { return words(env) })
	f("isolated", func(env *stage.Env) stage.Stage { return Remote(env, spec(b, "words")) })
}

// processorTime returns what this process and its children have used, in nanoseconds: what
// counts where others use the machine, too.
func processorTime() (ns int64) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		syscall.Getrusage(who, &u)
		ns += u.Utime.Nano() + u.Stime.Nano()
	}
	return ns
}

var wordKeys = []msg.Key{msg.NewKey("a"), msg.NewKey("b"), msg.NewKey("c"), msg.NewKey("d")}

// words makes fields of the words of payloads: about what a parser does.
func words(env *stage.Env) stage.Stage {
	return stage.Map(env, "words", func() stage.Func {
		return func(m *msg.View, b *msg.Builder) error {
			p, n := b.Payload, 0
			for len(p) > 0 {
				i := bytes.IndexByte(p, ' ')
				if i < 0 {
					i = len(p) - 1
				}
				if n++; n%4 == 0 {
					b.KeyStr(wordKeys[n/4%4], p[:i])
				}
				p = p[i+1:]
			}
			b.Payload = nil
			return nil
		}
	})
}

// bench is a source of n batches that are all alike.
type bench struct {
	env   *stage.Env
	n     int
	batch []byte
}

func benchBatch(size int) []byte {
	return batchOf(msg.Message{
		Type: "nginx.access", Hostname: "host", Payload: strings.Repeat("x", size-60),
	})
}

// batchOf returns records like m, as many as are a batch.
func batchOf(m msg.Message) []byte {
	one := m.Append(nil)
	var all []byte
	for len(all) < stage.BatchFull {
		all = append(all, one...)
	}
	return all
}

func (s *bench) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	for i := range s.n {
		b := s.env.Pool.Get()
		b.Buf = append(b.Buf, s.batch...)
		for at := 0; at < len(b.Buf); {
			b.Off = append(b.Off, uint32(at))
			at += msg.HeaderSize + int(binary.BigEndian.Uint32(b.Buf[at+4:]))
		}
		b.Ack = stage.Range{From: int64(i), To: int64(i) + 1}
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}
