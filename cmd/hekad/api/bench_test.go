package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
)

// BenchmarkStatus asks how 50 nodes stand.
func BenchmarkStatus(b *testing.B) {
	var names []string
	for i := range 50 {
		names = append(names, fmt.Sprintf("node%d", i))
	}
	clock := time.Unix(1_700_000_000, 0)
	h := api.Handler(&apitest.Daemon{OnStatus: nodes(names...)}, api.HandlerOptions{
		Now: func() time.Time { clock = clock.Add(time.Second); return clock },
	})
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/status", nil))
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// endless is a tap that always has a batch.
type endless struct {
	batch []byte
	left  int
}

func (e *endless) Read(_ context.Context, buf []byte) ([]byte, int64, error) {
	if e.left--; e.left < 0 {
		return buf, 0, io.EOF
	}
	return append(buf, e.batch...), 0, nil
}

func (e *endless) Close() {}

// BenchmarkTap moves batches of 64 KiB over the socket.
func BenchmarkTap(b *testing.B) {
	state := b.TempDir()
	n := b.N
	s, err := api.Serve(context.Background(), &apitest.Daemon{
		OnStatus: nodes("x"),
		OnTap: func(api.TapRequest) (api.Tap, error) {
			return &endless{make([]byte, 64<<10), n}, nil
		},
	}, api.ServeOptions{State: state})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c, err := api.Dial(state)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	b.SetBytes(64 << 10)
	b.ReportAllocs()
	b.ResetTimer()
	stream, err := c.Tap(context.Background(), api.TapRequest{Node: "x"})
	if err != nil {
		b.Fatal(err)
	}
	defer stream.Close()
	if _, err := io.Copy(io.Discard, stream); err != nil {
		b.Fatal(err)
	}
}
