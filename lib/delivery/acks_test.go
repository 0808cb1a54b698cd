package delivery

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heka/lib/frame"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
	"heka/lib/target"
)

// gathers is a target that holds what it is given until it is flushed, or has so
// much of it.
type gathers struct {
	sinkTarget
	most, held int
}

func (g *gathers) Write(ctx context.Context, p []byte) error {
	if g.held++; g.held == g.most {
		g.held = 0
	}
	return g.sinkTarget.Write(ctx, p)
}

func (g *gathers) Holds() bool { return g.held > 0 }

func (g *gathers) Flush(ctx context.Context) error {
	g.held = 0
	return g.sinkTarget.Flush(ctx)
}

// TestAcknowledges wants messages acknowledged when the target has written them: after
// each batch or tick, how many were.
func TestAcknowledges(t *testing.T) {
	f := func(to target.Target, steps, want string) {
		t.Helper()
		env := &stage.Env{}
		told, err := stagetest.Told(t.Context(), New(env, to),
			stagetest.Batches(env, strings.Fields(steps)...)...)
		if got := strings.Trim(fmt.Sprint(told), "[]"); err != nil || got != want {
			t.Errorf("%v, %q: %s, %v; want %s", to, steps, got, err, want)
		}
	}
	f(&sinkTarget{}, "a b @1 c", "1 2 2 3 3")
	f(&gathers{}, "a b @1 c", "0 0 2 2 3")
	f(&gathers{most: 2}, "a b c", "0 2 2 3")
	capture, err := target.Parse(filepath.Join(t.TempDir(), "f.heka"), target.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f(capture, "a b @1 c", "0 0 2 2 3")
}

// TestBoundedHold wants what is held flushed now and then where no ticks come.
func TestBoundedHold(t *testing.T) {
	env := &stage.Env{DataTime: true}
	to := &gathers{}
	var words []string
	for range maxHeld + 1 {
		words = append(words, "a")
	}
	told, err := stagetest.Told(t.Context(), New(env, to), stagetest.Batches(env, words...)...)
	if err != nil || told[maxHeld-2] != 0 || told[maxHeld] != maxHeld {
		t.Error(told, err)
	}
	if n := slices.Index(to.calls, "flush"); n != maxHeld {
		t.Errorf("flushed after %d writes", n)
	}
}

// TestDoesNotAcknowledge wants nothing acknowledged that did not get to the target.
func TestDoesNotAcknowledge(t *testing.T) {
	boom := errors.New("boom")
	f := func(to target.Target, want string) {
		t.Helper()
		env := &stage.Env{}
		told, err := stagetest.Told(t.Context(), New(env, to), stagetest.Batches(env, "a", "b")...)
		if got := strings.Trim(fmt.Sprint(told), "[]"); !errors.Is(err, boom) || got != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	f(&sinkTarget{fail: boom}, "0")
	f(&gathers{sinkTarget: sinkTarget{late: boom}}, "0 0 0")
}

// TestNothingGoesFurther wants no stage behind the sink to have anything to write.
func TestNothingGoesFurther(t *testing.T) {
	env := &stage.Env{}
	in := stagetest.Batches(env, "a", "@1", "b")
	gap := env.Pool.Gap(&frame.Gap{Bytes: 3})
	gap.Ack = stage.Range{Source: 2, To: 1}
	text := in[2].NewText()
	text.Buf = append(text.Buf, "text"...)
	behind := 0
	st := onward{New(env, &sinkTarget{}), func(b *stage.Batch) {
		if behind += int(b.Ack.To - b.Ack.From); b.Len() > 0 || b.Text || b.Gap != nil {
			t.Errorf("%+v", b)
		}
	}}
	if _, err := stagetest.Told(t.Context(), st, append(in, gap, text)...); err != nil || behind != 4 {
		t.Error(behind, err)
	}
}

// onward shows what a stage passes on.
type onward struct {
	stage.Stage
	show stagetest.Writer
}

func (o onward) Run(ctx context.Context, in stage.Reader, _ stage.Writer) error {
	return o.Stage.Run(ctx, in, o.show)
}
