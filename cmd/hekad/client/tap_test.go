package client

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
	"heka/lib/frame"
	"heka/lib/msg"
)

// record returns a message with a payload.
func record(payload string) []byte {
	var b msg.Builder
	b.Reset()
	b.Timestamp = started.UnixNano()
	b.Type = []byte("test")
	b.Payload = []byte(payload)
	return b.Append(nil)
}

// tapped is a daemon whose node x emits what reads has, and then waits if hold is set.
func tapped(hold bool, reads ...apitest.Read) *apitest.Daemon {
	return &apitest.Daemon{
		OnStatus: func() api.Status { return api.Status{Nodes: []api.Node{{Name: "x"}}} },
		OnTap: func(api.TapRequest) (api.Tap, error) {
			return &apitest.Tap{Reads: append([]apitest.Read(nil), reads...), Hold: hold}, nil
		},
	}
}

func TestTap(t *testing.T) {
	state, _ := serve(t, tapped(false,
		apitest.Read{Records: append(record("one"), record("two")...)},
		apitest.Read{Skipped: 40}, apitest.Read{Skipped: 2, Records: record("three\x1b")},
	))
	f := func(stdout, stderr string, args ...string) {
		t.Helper()
		code, out, errs := hekad(t, append([]string{"tap", "x", "--state", state}, args...)...)
		if code != 0 {
			t.Errorf("%v: status %d", args, code)
		}
		want(t, "stdout", out, stdout)
		want(t, "stderr", errs, stderr)
	}
	const left = "hekad tap: left out 42 messages, which came faster than they were read\n"
	const ended = "hekad tap: x has ended, or the daemon has\n"
	gap := func(n string, all int64) string {
		return string(frame.AppendGap(nil, &frame.Gap{Source: "x", Offset: all,
			Reason: "hekad tap: " + n + " messages left out, the reader was behind"}))
	}
	f(string(record("one"))+string(record("two"))+gap("40", 40)+gap("2", 42)+string(record("three\x1b")),
		left+ended)
	f(string(record("one")), "", "--limit", "1")
	f(string(record("one"))+string(record("two")), "", "--limit", "2")
	f("onetwothree\x1b", left+ended, "-o", "payload")
	f("test one\n", "", "--template", "%{Type} %{Payload}\n", "--limit", "1")
	f(`{"Timestamp":"2026-03-01T12:00:00Z","Type":"test","Payload":"one"}`+"\n", "", "-o", "json", "--limit", "1")
	f("-- 2026-03-01 --\n13:00:00.000 test one\n", "", "-o", "table", "--limit", "1", "--tz", "Europe/Berlin")
	code, _, errs := hekad(t, "tap", "y", "--state", state)
	if code != 2 || errs != "hekad tap: no node \"y\"; there is x, hekad\n" {
		t.Errorf("status %d, %s", code, errs)
	}
}

// TestTapInterrupted wants a tap to end quietly, and one whose reader has left, too.
func TestTapInterrupted(t *testing.T) {
	state, _ := serve(t, tapped(true, apitest.Read{Records: record("one")}))
	f := func(end func(cancel func(), r *os.File)) {
		t.Helper()
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		errs := output(t)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		status := make(chan int)
		go func() {
			status <- execute(ctx, Options{Stdin: os.Stdin, Stdout: w, Stderr: errs},
				[]string{"tap", "x", "--state", state})
			w.Close()
		}()
		if _, err := io.ReadFull(r, make([]byte, len(record("one")))); err != nil {
			t.Fatal(err)
		}
		end(cancel, r)
		select {
		case code := <-status:
			if text := content(t, errs); code != 0 || text != "" {
				t.Errorf("status %d, %s", code, text)
			}
		case <-time.After(time.Minute):
			t.Fatal("the tap goes on")
		}
	}
	f(func(cancel func(), _ *os.File) { cancel() })
	f(func(_ func(), r *os.File) { r.Close() })
}

// TestTapForeign wants a daemon that sends something else to be found out.
func TestTapForeign(t *testing.T) {
	state, _ := serve(t, tapped(false, apitest.Read{Records: []byte("some text\n")}))
	code, out, errs := hekad(t, "tap", "x", "--state", state, "-o", "payload")
	if code != 70 || !strings.Contains(errs, "no record") {
		t.Errorf("status %d, %q, %s", code, out, errs)
	}
}
