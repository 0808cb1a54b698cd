// Package stagetest runs stages in tests: on messages, and as recorded sessions.
package stagetest

import (
	"context"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"heka/lib/msg"
	"heka/lib/stage"
)

// Run runs st on the messages in, as one batch and then as batches of one, wants
// the same answer, and returns what came out. uuids of made messages differ from
// run to run: they are not compared. An error of the stage fails the test.
func Run(t *testing.T, env *stage.Env, st func() stage.Stage, in ...msg.Message) []msg.Message {
	t.Helper()
	got, err := RunErr(env, st(), len(in), in...)
	if err != nil {
		t.Fatalf("in one batch: %v", err)
	}
	again, err := RunErr(env, st(), 1, in...)
	if err != nil {
		t.Fatalf("in batches of one: %v", err)
	}
	opt := cmpopts.IgnoreFields(msg.Message{}, "Uuid")
	if d := cmp.Diff(got, again, opt, cmpopts.EquateNaNs()); d != "" {
		t.Fatalf("in one batch (-) and in batches of one (+):\n%s", d)
	}
	return got
}

// Lines is Run on messages whose payloads are lines.
func Lines(t *testing.T, env *stage.Env, st func() stage.Stage, lines ...string) []msg.Message {
	t.Helper()
	return Run(t, env, st, Payloads(lines...)...)
}

// Payloads returns a message a line: what a reader of text makes of them.
func Payloads(lines ...string) []msg.Message {
	var in []msg.Message
	for i, l := range lines {
		m := msg.Message{Severity: msg.DefaultSeverity, Payload: l, Logger: "test", Hostname: "host"}
		m.Timestamp = 1700000000e9 + int64(i)
		m.Uuid[6], m.Uuid[8], m.Uuid[15] = 0x70, 0x80, byte(i)
		in = append(in, m)
	}
	return in
}

// RunErr runs st on the messages in, size to a batch, and returns what came out
// and how the pipeline ended.
func RunErr(env *stage.Env, st stage.Stage, size int, in ...msg.Message) ([]msg.Message, error) {
	var got []msg.Message
	sink := Sink(func(b *stage.Batch) error {
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			if err := msg.Check(v.Body()); err != nil {
				return err
			}
			if !b.Interim {
				got = append(got, v.Message())
			}
		}
		return nil
	})
	err := stage.Run(context.Background(), env, Source(env, size, in...), st, sink)
	return got, err
}

// Source returns the source of the messages in, size to a batch.
func Source(env *stage.Env, size int, in ...msg.Message) stage.Stage {
	return source{env, max(size, 1), in}
}

type source struct {
	env  *stage.Env
	size int
	in   []msg.Message
}

func (s source) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	for i := range s.in {
		if err := c.AddRecord(s.in[i].Append(nil)); err != nil {
			return err
		}
		if (i+1)%s.size == 0 {
			if err := c.Flush(); err != nil {
				return err
			}
		}
	}
	return c.Flush()
}

// Sink is the sink that calls a function for each batch, and passes those on for
// which it gives no error.
type Sink func(*stage.Batch) error

// Run implements stage.Stage.
func (s Sink) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s(b); err != nil {
			b.Release()
			return err
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// Writer is what stands behind a stage that a test runs by itself: it calls a
// function, if that is not nil, for each batch, and releases it.
type Writer func(*stage.Batch)

// Write implements stage.Writer.
func (w Writer) Write(b *stage.Batch) error {
	if w != nil {
		w(b)
	}
	b.Release()
	return nil
}
