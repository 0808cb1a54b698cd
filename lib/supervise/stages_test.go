package supervise

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
)

// each calls itself with the number of each batch.
type each func(n int) error

func (e each) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for n := 1; ; n++ {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := e(n); err != nil {
			b.Release()
			return err
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// counter is a source of n batches that keeps its position: it fails in Settle unless all
// of them have come through.
type counter struct {
	env *stage.Env
	n   int // negative: without end

	mu    sync.Mutex
	acked []stage.Range
	sent  int64
}

func (s *counter) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	var m msg.Message
	for i := 0; s.n < 0 || i < s.n; i++ {
		select {
		case <-s.env.Stop:
			return nil
		default:
		}
		b := s.env.Pool.Get()
		for k := range 10 {
			m.Payload = fmt.Sprintf("%d.%d", i, k)
			b.Off = append(b.Off, uint32(len(b.Buf)))
			b.Buf = m.Append(b.Buf)
		}
		b.Ack = stage.Range{Source: 7, From: int64(i), To: int64(i + 1), Hops: 2}
		s.env.Stats.In.Add(10)
		if err := out.Write(b); err != nil {
			return err
		}
		s.mu.Lock()
		s.sent++
		s.mu.Unlock()
	}
	return nil
}

func (s *counter) Acked(r stage.Range) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked = append(s.acked, r)
}

func (s *counter) Settle() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := total(s.acked); n != s.sent {
		return fmt.Errorf("%d of %d batches acknowledged: %v", n, s.sent, s.acked)
	}
	return nil
}

// total returns how many of the ranges' measure there are.
func total(list []stage.Range) (n int64) {
	for _, r := range list {
		n += r.To - r.From
	}
	return n
}

// gather is a sink that keeps payloads.
type gather struct {
	mu    sync.Mutex
	all   []string
	types map[string]int
	hops  map[uint8]int
	onto  func(*stage.Batch) error
}

func (g *gather) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	g.types, g.hops = map[string]int{}, map[uint8]int{}
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		g.add(b)
		if g.onto != nil {
			if err := g.onto(b); err != nil {
				b.Release()
				return err
			}
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

func (g *gather) add(b *stage.Batch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var v msg.View
	for i := range b.Off {
		b.View(i, &v)
		g.all = append(g.all, string(v.Payload()))
		g.types[string(v.Type())]++
	}
	g.hops[b.Ack.Hops]++
}

// check wants the payloads of n batches of a counter, in order.
func (g *gather) check(t *testing.T, n int) {
	t.Helper()
	if len(g.all) != 10*n {
		t.Errorf("got %d messages, want %d", len(g.all), 10*n)
		return
	}
	for i, p := range g.all {
		if want := fmt.Sprintf("%d.%d", i/10, i%10); p != want {
			t.Errorf("message %d: got %q, want %q", i, p, want)
			return
		}
	}
}

// fields is a sink that keeps messages.
type fields struct{ all []msg.Message }

func (g *fields) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			g.all = append(g.all, v.Message())
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}
