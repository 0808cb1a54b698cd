package file

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"heka/lib/stage"
)

// drop is a Writer that counts and releases.
type drop struct{ n, bytes int }

func (d *drop) Write(b *stage.Batch) error {
	d.n += b.Len()
	d.bytes += len(b.Buf)
	b.Release()
	return nil
}

// bigFile writes a file of size bytes in lines of 200.
func bigFile(tb testing.TB, size int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "big.log")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	line := append(bytes.Repeat([]byte("0123456789abcdef "), 12)[:199], '\n')
	block := bytes.Repeat(line, 5000)
	for ; size > 0; size -= len(block) {
		if _, err := f.Write(block); err != nil {
			tb.Fatal(err)
		}
	}
	return path
}

// BenchmarkOnce is a whole file to records, in one goroutine.
func BenchmarkOnce(b *testing.B) {
	const size = 256 << 20
	path := bigFile(b, size)
	env := &stage.Env{Hostname: "host.example"}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		var d drop
		if err := runOnce(env, &d, path); err != nil {
			b.Fatal(err)
		}
	}
}

func runOnce(env *stage.Env, out stage.Writer, args ...string) error {
	t := &tail{env: env, args: args, stdin: os.Stdin}
	return t.Run(context.Background(), nil, out)
}

// arrive is a Writer that tells of each batch.
type arrive chan struct{}

func (a arrive) Write(b *stage.Batch) error {
	b.Release()
	a <- struct{}{}
	return nil
}

// BenchmarkLatency is the time from a line's write to its batch, while 100 files
// are followed.
func BenchmarkLatency(b *testing.B) {
	dir := b.TempDir()
	var w *os.File
	for i := range 100 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.log", i)))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		w = f
	}
	ctx, cancel := context.WithCancel(context.Background())
	st, err := parse(&stage.Env{}, "-f", dir+"/*.log")
	if err != nil {
		b.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	st.(*tail).ready = func() { close(ready) }
	out := make(arrive)
	go func() {
		defer close(ended)
		st.Run(ctx, nil, out)
	}()
	<-ready
	line := []byte("a line of no great length\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Write(line); err != nil {
			b.Fatal(err)
		}
		<-out
	}
	cancel()
	<-ended
}
