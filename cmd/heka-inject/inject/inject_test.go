package inject

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func build(env *stage.Env, words ...string) (stage.Stage, error) {
	return stagetest.Make(Kind, env, words...)
}

// run runs a command line and returns the messages that came out.
func run(t *testing.T, words ...string) []msg.Message {
	t.Helper()
	env := &stage.Env{Hostname: "host"}
	st, err := build(env, words...)
	if err != nil {
		t.Fatal(err)
	}
	var got []msg.Message
	err = stage.Run(context.Background(), env, st, stagetest.Sink(func(b *stage.Batch) error {
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			if err := msg.Check(v.Body()); err != nil {
				return err
			}
			got = append(got, v.Message())
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFlags(t *testing.T) {
	got := run(t, "--type", "a.b", "--logger", "me", "--severity", "3", "--payload", "hello",
		"--pid", "7", "--env-version", "0.8", "--timestamp", "@1.5",
		"--uuid", "01234567-89ab-7def-8123-456789abcdef",
		"--field", "n=5", "--field", "f=1.5", "--field", "b=true", "--field", `q="5"`, "--field", "s=a=b",
		"--field", "n=-6", "--rep", "f=ms")
	id, _ := msg.ParseUuid([]byte("01234567-89ab-7def-8123-456789abcdef"))
	want := []msg.Message{{
		Uuid: id, Timestamp: 15e8, Type: "a.b", Logger: "me", Severity: 3, Payload: "hello",
		EnvVersion: "0.8", Pid: 7, Hostname: "host",
		Fields: []msg.Field{
			{Name: "n", Value: int64(5)}, {Name: "f", Value: 1.5, Rep: "ms"}, {Name: "b", Value: true},
			{Name: "q", Value: "5"}, {Name: "s", Value: "a=b"}, {Name: "n", Value: int64(-6)},
		},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDefaults(t *testing.T) {
	before := time.Now().UnixNano()
	got := run(t, "--count", "3")
	if len(got) != 3 || got[0].Uuid == got[1].Uuid || got[0].Uuid[6]>>4 != 7 {
		t.Fatal(got)
	}
	want := msg.Message{Type: "inject.message", Logger: "heka-inject", Severity: 7, Hostname: "host"}
	opt := cmpopts.IgnoreFields(msg.Message{}, "Uuid", "Timestamp")
	if d := cmp.Diff(want, got[2], opt); d != "" || got[0].Timestamp < before {
		t.Error(d, got[0].Timestamp)
	}
}

func TestValues(t *testing.T) {
	f := func(in string, want any) {
		t.Helper()
		if got := parseValue(in); got != want {
			t.Errorf("%s: got %T %v, want %T %v", in, got, got, want, want)
		}
	}
	f("5", int64(5))
	f("-5", int64(-5))
	f("1.5", 1.5)
	f("1e3", 1e3)
	f("99999999999999999999", 1e20)
	f("true", true)
	f("True", "True")
	f(`"true"`, "true")
	f(`"a\tb"`, "a\tb")
	f(`"\"`, `\`)
	f(`"`, `"`)
	f("", "")
	f("nan", "nan")
	f("inf", "inf")
	f("0x10", "0x10")
	f("1_000", "1_000")
	f("-", "-")
	f("e", "e")
	f("1.2.3", "1.2.3")
}

func TestStdin(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = old; r.Close() }()
	go func() {
		io.WriteString(w, "one\ntwo\n")
		w.Close()
	}()
	got := run(t, "--stdin", "--type", "x", "--field", "n=5", "--timestamp", "@2")
	var s []string
	for _, m := range got {
		s = append(s, fmt.Sprint(m.Type, m.Payload, m.Timestamp, m.Fields, m.Logger))
	}
	want := "xone2000000000 [{n 5 }]heka-inject;xtwo2000000000 [{n 5 }]heka-inject"
	if strings.Join(s, ";") != want {
		t.Error(s)
	}
}

func TestTo(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	came := make(chan []byte)
	go func() {
		c, err := l.Accept()
		if err != nil {
			close(came)
			return
		}
		b, _ := io.ReadAll(c)
		c.Close()
		came <- b
	}()
	spec := "unix:" + filepath.Join(dir, "s")
	if got := run(t, "--to", spec, "--count", "2", "--payload", "hi"); got != nil {
		t.Error("on stdout:", got)
	}
	count := func(b io.Reader) int {
		_, off, _ := frame.NewReader(b, frame.Options{}).Read(nil, nil)
		return len(off)
	}
	if n := count(strings.NewReader(string(<-came))); n != 2 {
		t.Errorf("%d messages came", n)
	}
	name := filepath.Join(dir, "a.heka")
	run(t, "--to", name, "--count", "3")
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n := count(f); n != 3 {
		t.Errorf("%d messages in the capture", n)
	}
}

func TestMistakes(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		_, err := build(&stage.Env{Format: "json"}, words...)
		var usage *stage.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", words, err, want)
		}
	}
	f("no words are wanted", "hello")
	f("--severity 8: want", "--severity", "8")
	f("--pid -1: want", "--pid", "-1")
	f("--count 0: want", "--count", "0")
	f("leave one of them out", "--stdin", "--payload", "")
	f("leave one of them out", "--stdin", "--count", "2")
	f("leave one of them out", "--count", "2", "--uuid", "01234567-89ab-7def-8123-456789abcdef")
	f("--field x: want NAME=VALUE", "--field", "x")
	f("--field =1: want NAME=VALUE", "--field", "=1")
	f("--rep x: want NAME=UNIT", "--rep", "x")
	f("there is no --field named a", "--rep", "a=B")
	f("--timestamp \"x\" is no time", "--timestamp", "x")
	f("--uuid \"x\": want", "--uuid", "x")
	f("--to: udp:x: no target udp:", "--to", "udp:x")
	f("-o json is of stdout", "--to", "x.heka")
	_, err := build(&stage.Env{}, "--pid", "-1", "--count", "0")
	if u, ok := err.(interface{ Unwrap() []error }); !ok || len(u.Unwrap()) != 2 {
		t.Error("not all mistakes at once:", err)
	}
}
