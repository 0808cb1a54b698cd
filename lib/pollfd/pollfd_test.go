package pollfd

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWaiter(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := make(chan struct{})
	p, err := New(ctx, stop, int(r.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	f := func(what string, wantReady bool, wantErr error) {
		t.Helper()
		if ready, err := p.Wait(); ready != wantReady || err != wantErr {
			t.Errorf("%s: %v, %v; want %v, %v", what, ready, err, wantReady, wantErr)
		}
	}
	if p.Ready() {
		t.Error("empty, and ready")
	}
	w.WriteString("x")
	f("written", true, nil)
	close(stop)
	f("written, then stopped", true, nil)
	r.Read(make([]byte, 1))
	f("stopped and drained", false, nil)
	w.Close()
	f("ended", true, nil)
	cancel()
	f("cancelled", false, context.Canceled)
}
