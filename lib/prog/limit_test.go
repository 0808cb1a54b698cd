package prog

import (
	"slices"
	"testing"

	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// TestLimitAcknowledges wants what --limit lets through acknowledged, and a batch that
// it cuts not.
func TestLimitAcknowledges(t *testing.T) {
	f := func(limit int64, want ...int64) {
		t.Helper()
		env := &stage.Env{}
		in := stagetest.Batches(env, "a", "b", "c")
		both := env.Pool.Get() // two messages as one batch
		for _, b := range in[1:] {
			both.Off = append(both.Off, uint32(len(both.Buf)))
			both.Buf = b.AppendTo(both.Buf)
		}
		both.Ack = stage.Range{Source: 1, From: 1, To: 3}
		told, err := stagetest.Told(t.Context(), limiter(limit), in[0], both)
		if err != nil || !slices.Equal(told, want) {
			t.Errorf("--limit %d: %v, %v; want %v", limit, told, err, want)
		}
	}
	f(1, 1)
	f(2, 1, 1)
	f(3, 1, 3)
	f(4, 1, 3, 3)
}
