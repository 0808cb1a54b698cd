package route

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/stage"
	"heka/lib/stage/stagetest"
	"heka/lib/target"
)

// TestAcknowledges wants batches acknowledged when all targets have written what goes
// to them, and what goes onward to go on at once: after each batch or tick, how many
// were.
func TestAcknowledges(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		to, err := target.Parse(filepath.Join(t.TempDir(), name), target.Options{})
		if err != nil {
			t.Fatal(err)
		}
		env := &stage.Env{}
		in := stagetest.Batches(env, "a", "b", "@1", "c")
		for i, b := range in {
			if b.Len() > 0 { // to the target, and onward
				s := b.Split(1)
				s.Off = append(s.Off, 0)
				s.Routes[0].Add(0, uint32(len(b.Buf)))
				in[i] = s
			}
		}
		w := &noted{writer: &writer{env: env, targets: []target.Target{to}}}
		told, err := stagetest.Told(t.Context(), w, in...)
		if got := strings.Trim(fmt.Sprint(told), "[]"); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
		if w.records != 3 {
			t.Errorf("%s: %d records went on", name, w.records)
		}
	}
	f("f", "1 2 2 3 3")
	f("f.heka", "0 0 2 2 3")
}

// noted counts the records that go onward.
type noted struct {
	*writer
	records int
	out     stage.Writer
}

func (n *noted) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	n.out = out
	return n.writer.Run(ctx, in, n)
}

func (n *noted) Write(b *stage.Batch) error {
	n.records += b.Len()
	return n.out.Write(b)
}
