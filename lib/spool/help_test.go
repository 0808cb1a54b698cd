package spool

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/msg"
	"heka/lib/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what a test waits for, on however busy a machine.
const patience = time.Minute

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var pool = stage.NewPool(64)

// record appends the record of message n, padded to about size bytes.
func record(dst []byte, n, size int) []byte {
	var b msg.Builder
	b.Timestamp = int64(n + 1)
	b.Type = []byte("t")
	b.Payload = []byte(fmt.Sprintf("%d %s", n, strings.Repeat("x", max(0, size-60))))
	return b.Append(dst)
}

// batch returns a batch of the messages from..to-1.
func batch(from, to, size int) *stage.Batch {
	b := pool.Get()
	for n := from; n < to; n++ {
		b.Off = append(b.Off, uint32(len(b.Buf)))
		b.Buf = record(b.Buf, n, size)
	}
	return b
}

// number returns which message record i of b is.
func number(t testing.TB, b *stage.Batch, i int) int {
	var v msg.View
	b.View(i, &v)
	word, _, _ := strings.Cut(string(v.Payload()), " ")
	n, err := strconv.Atoi(word)
	if err != nil {
		t.Errorf("payload %q", v.Payload())
	}
	return n
}

// mustOpen opens a spool that is closed at the end of the test.
func mustOpen(t testing.TB, dir string, opt Options) *Spool {
	t.Helper()
	s, err := Open(dir, opt)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// put appends the messages from..to-1, some in a batch, and waits until they are on disk.
func put(t testing.TB, s *Spool, from, to int) {
	t.Helper()
	put2(t, s, from, to, 3, 100)
}

func put2(t testing.TB, s *Spool, from, to, per, size int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var wg sync.WaitGroup
	for n := from; n < to; n += per {
		wg.Add(1)
		err := s.Append(ctx, batch(n, min(n+per, to), size), func(err error) {
			if err != nil {
				t.Errorf("done: %v", err)
			}
			wg.Done()
		})
		must(t, err)
	}
	wg.Wait()
}

// taker is a sink that keeps the numbers of what it reads, and acknowledges while ack
// says so. It ends the pipeline when enough says so.
type taker struct {
	t      testing.TB
	env    *stage.Env
	ack    func(n int) bool // nil: all
	enough func(got []int) bool
	stop   func()

	mu  sync.Mutex
	got []int
}

func (k *taker) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		k.mu.Lock()
		last := -1
		for i := range b.Off {
			last = number(k.t, b, i)
			k.got = append(k.got, last)
		}
		enough := k.enough != nil && k.enough(k.got)
		k.mu.Unlock()
		if k.ack != nil && !k.ack(last) {
			b.Release()
		} else if err := out.Write(b); err != nil {
			return err
		}
		if enough {
			k.stop()
		}
	}
}

// read reads s under a name until the message `last` came, and returns what came.
func read(t testing.TB, s *Spool, name string, last int) []int {
	t.Helper()
	return readAck(t, s, name, last, nil)
}

func readAck(t testing.TB, s *Spool, name string, last int, ack func(int) bool) []int {
	t.Helper()
	got, err := readUntil(t, s, name, ack, func(got []int) bool {
		return len(got) > 0 && got[len(got)-1] >= last
	})
	must(t, err)
	return got
}

func readUntil(t testing.TB, s *Spool, name string, ack func(int) bool, enough func([]int) bool,
) ([]int, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stop := make(chan struct{})
	env := &stage.Env{Stop: stop, Pool: pool}
	k := &taker{t: t, env: env, ack: ack, enough: enough, stop: sync.OnceFunc(func() { close(stop) })}
	if enough(nil) {
		k.stop()
	}
	err := stage.Run(ctx, env, s.Source(env, name), k)
	return k.got, err
}

// all reads what there is, up to the end, without acknowledging it.
func all(t testing.TB, s *Spool, name string) []int {
	t.Helper()
	end := s.end()
	src := s.Source(&stage.Env{Pool: pool}, name).(*source)
	src.start()
	defer src.end()
	var got []int
	for src.pos < end {
		b := pool.Get()
		was := src.pos
		must(t, src.gather(b))
		for i := range b.Off {
			got = append(got, number(t, b, i))
		}
		b.Release()
		if src.pos == was {
			break
		}
	}
	return got
}

// end returns where the spool ends.
func (s *Spool) end() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

// numbers returns from..to-1.
func numbers(from, to int) []int {
	var all []int
	for n := from; n < to; n++ {
		all = append(all, n)
	}
	return all
}

func same(t testing.TB, got, want []int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", brief(got), brief(want))
	}
}

// brief writes runs of numbers as ranges.
func brief(all []int) string {
	var b strings.Builder
	for i := 0; i < len(all); {
		j := i
		for j+1 < len(all) && all[j+1] == all[j]+1 {
			j++
		}
		fmt.Fprintf(&b, "%d-%d ", all[i], all[j])
		i = j + 1
	}
	return b.String()
}

// files returns the names in dir with this prefix and suffix.
func files(t testing.TB, dir, prefix, suffix string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), suffix) {
			names = append(names, e.Name())
		}
	}
	return names
}

// copyDir copies the files of a folder, without its lock.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(from)
	must(t, err)
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(to, e.Name()), b, 0o600))
	}
	return to
}

// quoting appends the record of a message whose payload is quote, and which is
// message number 2 again.
func quoting(dst, quote []byte) []byte {
	var b msg.Builder
	b.Timestamp = 1
	b.Payload = append([]byte("2 "), quote...)
	return b.Append(dst)
}
