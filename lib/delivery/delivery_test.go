package delivery

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sinkTarget remembers what it is told.
type sinkTarget struct {
	calls []string
	got   bytes.Buffer
	fail  error
	late  error
}

func (s *sinkTarget) String() string { return "test" }

func (s *sinkTarget) Write(_ context.Context, p []byte) error {
	s.calls = append(s.calls, "write")
	s.got.Write(p)
	return s.fail
}

func (s *sinkTarget) Flush(context.Context) error {
	s.calls = append(s.calls, "flush")
	return nil
}

func (s *sinkTarget) Holds() bool { return false }

func (s *sinkTarget) Close(context.Context) error {
	s.calls = append(s.calls, "close")
	return s.late
}

func TestWrites(t *testing.T) {
	env := &stage.Env{}
	to := &sinkTarget{}
	in := stagetest.Payloads("a", "b", "c")
	src := stagetest.Source(env, 2, in...)
	if err := stage.Run(context.Background(), env, src, New(env, to)); err != nil {
		t.Fatal(err)
	}
	var want []byte
	for i := range in {
		want = in[i].Append(want)
	}
	calls := []string{"write", "write", "close"}
	if !bytes.Equal(to.got.Bytes(), want) || !slices.Equal(to.calls, calls) {
		t.Errorf("%q, %d bytes of %d", to.calls, to.got.Len(), len(want))
	}
	if env.Stats.Out.Load() != 3 || env.Stats.OutBytes.Load() != int64(len(want)) {
		t.Error(env.Stats.Out.Load(), env.Stats.OutBytes.Load())
	}
}

// feed writes batches of every sort.
type feed struct{ env *stage.Env }

func (f feed) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	pool := f.env.Pool
	text := pool.Get()
	text.Text, text.Buf = true, append(text.Buf, "text"...)
	snapshot := pool.Get()
	snapshot.Interim, snapshot.Text, snapshot.Buf = true, true, append(snapshot.Buf, "no"...)
	for _, b := range []*stage.Batch{
		text, pool.Tick(5, false), pool.Tick(6, true), snapshot, pool.Get(),
	} {
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func TestSorts(t *testing.T) {
	env := &stage.Env{DataTime: true}
	to := &sinkTarget{}
	if err := stage.Run(context.Background(), env, feed{env}, New(env, to)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(to.calls, []string{"write", "flush", "close"}) || to.got.String() != "text" {
		t.Errorf("%q %q", to.calls, to.got.String())
	}
}

func TestFails(t *testing.T) {
	full, late := errors.New("full"), errors.New("late")
	f := func(to *sinkTarget, want ...error) {
		t.Helper()
		env := &stage.Env{}
		in := stagetest.Payloads("a", "b")
		err := stage.Run(context.Background(), env, stagetest.Source(env, 1, in...), New(env, to))
		for _, w := range want {
			if !errors.Is(err, w) {
				t.Errorf("got %v, want %v", err, w)
			}
		}
		if to.calls[len(to.calls)-1] != "close" {
			t.Error("not closed")
		}
	}
	f(&sinkTarget{fail: full}, full)
	f(&sinkTarget{late: late}, late)
	f(&sinkTarget{fail: full, late: late}, full, late)
}
