package auto

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"heka/heka-decode/internal/kindtest"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

var errNo = errors.New("no")

// fake returns a kind that decodes the lines for which fn returns the names of
// fields.
func fake(name string, fn func(line string) []string) stage.Kind {
	return stage.Kind{Name: name, New: func(*pflag.FlagSet) stage.Make {
		return func(env *stage.Env, _ []string) (stage.Stage, error) {
			return stage.Map(env, name, func() stage.Func {
				return func(m *msg.View, b *msg.Builder) error {
					names := fn(string(m.Payload()))
					if names == nil {
						return errNo
					}
					b.Type = []byte(name)
					for _, n := range names {
						b.Name([]byte(n))
						b.Int(1)
					}
					return nil
				}
			}), nil
		}
	}}
}

// starting decodes lines that start with p, to a field of that name.
func starting(name, p string) stage.Kind {
	return fake(name, func(line string) []string {
		if strings.HasPrefix(line, p) {
			return []string{p}
		}
		return nil
	})
}

// run returns the types of what auto made of the lines, and what it said.
func run(t *testing.T, candidates []stage.Kind, lines ...string) (types, said string) {
	t.Helper()
	var log bytes.Buffer
	env := &stage.Env{Log: slog.New(slog.NewTextHandler(&log, nil))}
	st := kindtest.Stage(t, env, Kind(candidates))
	got, err := stagetest.RunErr(env, st, len(lines), stagetest.Payloads(lines...)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got {
		types += m.Type + " "
	}
	return strings.TrimSpace(types), log.String()
}

func TestChoice(t *testing.T) {
	f := func(types, said string, lines ...string) {
		t.Helper()
		json, syslog := starting("json", "{"), starting("syslog", "<")
		nginx, apache := starting("nginx", "1"), starting("apache", "1")
		table := fake("csv", func(line string) []string {
			if strings.Contains(line, ",") {
				return []string{"name", "size"}
			}
			return nil
		})
		words := stage.Kind{Name: "tsv", New: func(*pflag.FlagSet) stage.Make {
			return func(*stage.Env, []string) (stage.Stage, error) { return nil, errNo }
		}}
		kinds := []stage.Kind{words, table, apache, nginx, syslog, json}
		got, log := run(t, kinds, lines...)
		if got != types || !strings.Contains(log, said) {
			t.Errorf("%q: %q, %s", lines, got, log)
		}
	}
	f("json  json", "auto: looks like JSON (2 of 3 lines); the same as: heka-decode json", "{",
		"<", "{")
	f("syslog", "looks like syslog (1 of 1 lines)", "<")
	f("nginx nginx", "looks like nginx combined (2 of 2 lines)", "1", "1")
	f("csv csv", "comma-separated values", "a,b", "1,2")
	f("", "no kind decodes most of the first 2 lines", "x", "{")
	f("", "", []string{}...)
}

func TestColumns(t *testing.T) {
	f := func(want bool, name string) {
		t.Helper()
		if isColumn(name) != want {
			t.Errorf("%q: not %v", name, want)
		}
	}
	f(true, "user_id")
	f(true, "Bytes sent (B)")
	f(true, "größe")
	f(false, "17")
	f(false, "")
	f(false, "2026-01-01")
	f(false, "and so it went on and on")
	f(false, "a=b")
}

// TestLate wants a choice of the first batch alone, and all that follows decoded.
func TestLate(t *testing.T) {
	env := &stage.Env{Lanes: 2}
	st := kindtest.Stage(t, env, Kind([]stage.Kind{starting("json", "{")}))
	lines := strings.Split(strings.Repeat("{ ", 300)+"{", " ")
	got, err := stagetest.RunErr(env, st, 1, stagetest.Payloads(lines...)...)
	if err != nil || len(got) != len(lines) {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	for _, m := range got {
		if m.Type != "json" {
			t.Fatalf("%+v", m)
		}
	}
}

// endless is a source that does not end by itself.
type endless struct{}

func (endless) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	for {
		if err := out.Write(kindtest.Batch("{", 10)); err != nil {
			return err
		}
	}
}

// TestClosed wants the pipeline to end when nobody reads any more, be the lines of
// a kind or of none.
func TestClosed(t *testing.T) {
	for _, k := range []stage.Kind{starting("json", "{"), starting("json", "x")} {
		env := &stage.Env{Lanes: 2}
		st := kindtest.Stage(t, env, Kind([]stage.Kind{k}))
		n := 0
		sink := stagetest.Sink(func(*stage.Batch) error {
			if n++; n == 3 {
				return io.ErrClosedPipe
			}
			return nil
		})
		err := stage.Run(context.Background(), env, endless{}, st, sink)
		if err != io.ErrClosedPipe {
			t.Errorf("%v", err)
		}
	}
}

func TestUsage(t *testing.T) {
	if _, err := kindtest.Make(t, &stage.Env{}, Kind(nil), "x"); err == nil {
		t.Error("no error")
	}
}
