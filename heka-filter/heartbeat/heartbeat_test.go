package heartbeat

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"heka/heka-filter/internal/alert"
	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// run returns what comes of messages in data time: payloads with their times.
func run(t *testing.T, words string, in ...string) []string {
	t.Helper()
	env := &stage.Env{DataTime: true}
	st := func() stage.Stage {
		s, err := verbtest.Make(Kind, env, words)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var got []string
	for _, m := range stagetest.Run(t, env, st, verbtest.Lines(in...)...) {
		got = append(got, fmt.Sprintf("%d %s", m.Timestamp/1e9, m.Payload))
	}
	return got
}

func TestHeartbeat(t *testing.T) {
	f := func(words, in string, want ...string) {
		t.Helper()
		got := run(t, "by .h "+words, strings.Split(in, ",")...)
		if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
			t.Errorf("%s: %s:\n%s\nwant:\n%s", words, in, g, w)
		}
	}
	f("", "t=100 h=a,t=130 h=b",
		`130 {"a":{"last_heartbeat":100000,"last_alert":0,"status":"up"},`+
			`"b":{"last_heartbeat":130000,"last_alert":0,"status":"up"}}`)
	f("", "t=100 h=a,t=131 h=b", "131 Missing Heartbeat - a",
		`131 {"a":{"last_heartbeat":100000,"last_alert":131000,"status":"down"},`+
			`"b":{"last_heartbeat":131000,"last_alert":0,"status":"up"}}`)
	f("--timeout 5s", "t=100 h=a,t=112 h=a", "105 Missing Heartbeat - a", "112 Heartbeat Returned - a",
		`112 {"a":{"last_heartbeat":112000,"last_alert":105500,"status":"up"}}`)
	// The second silence is too soon after the first for another alert.
	f("--timeout 5s --throttle 1m", "t=100 h=a,t=112 h=a,t=120 h=a",
		"105 Missing Heartbeat - a", "112 Heartbeat Returned - a",
		`120 {"a":{"last_heartbeat":120000,"last_alert":105500,"status":"up"}}`)
	// A long one is told about again.
	f("--timeout 5s --throttle 10s", "t=100 h=a,t=120 h=b",
		"105 Missing Heartbeat - a", "116 Missing Heartbeat - a",
		`120 {"a":{"last_heartbeat":100000,"last_alert":116000,"status":"down"},`+
			`"b":{"last_heartbeat":120000,"last_alert":0,"status":"up"}}`)
	f("--timeout 5s --forget 10s", "t=100 h=a,t=112 h=b", "105 Missing Heartbeat - a",
		`112 {"b":{"last_heartbeat":112000,"last_alert":0,"status":"up"}}`)
	// An old message says nothing of now.
	f("--timeout 5s", "t=100 h=a,t=106 h=b,t=90 h=a", "105 Missing Heartbeat - a",
		`106 {"a":{"last_heartbeat":100000,"last_alert":105500,"status":"down"},`+
			`"b":{"last_heartbeat":106000,"last_alert":0,"status":"up"}}`)
	f("every 10s", "t=101 h=a,t=115 h=a",
		`110 {"a":{"last_heartbeat":101000,"last_alert":0,"status":"up"}}`,
		`115 {"a":{"last_heartbeat":115000,"last_alert":0,"status":"up"}}`)
	f("--max-keys 1", "t=100 h=a,t=101 h=b",
		`101 {"a":{"last_heartbeat":100000,"last_alert":0,"status":"up"}}`)
	f("--max-keys 1 --timeout 1s --forget 2s --throttle 1h", "t=100 h=a,t=104 h=b,t=108 h=a",
		"101 Missing Heartbeat - a", "105 Missing Heartbeat - b",
		`108 {"a":{"last_heartbeat":108000,"last_alert":0,"status":"up"}}`)
}

func TestFields(t *testing.T) {
	verbtest.Run(t, Kind, "--timeout 5s by .h,.n", []string{"t=100 h=a n=7", "t=106.5 h=b n=8"},
		[]string{
			`heka.alert@105.5 payload_type="alert" payload_name="heartbeat" h="a" n=7 status="down" silent=5.5`,
			`heka.heartbeat@106.5 payload_type="json" payload_name="heartbeat" up=1 down=1`})
	if got := run(t, "", "t=1 h=a"); len(got) != 1 ||
		got[0] != `1 {"in":{"last_heartbeat":1000,"last_alert":0,"status":"up"}}` {
		t.Errorf("by Hostname: %q", got)
	}
	if got := run(t, "by .h"); len(got) != 1 || got[0] != "0 {}" {
		t.Errorf("of nothing: %q", got)
	}
}

// script is a source of messages of the key h, and of ticks.
type script struct {
	env   *stage.Env
	words string
}

func (s script) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	for _, w := range strings.Fields(s.words) {
		var n int64
		if _, err := fmt.Sscan(strings.TrimLeft(w, "tl"), &n); err == nil {
			if err := out.Write(s.env.Pool.Tick(n*1e9, w[0] == 'l')); err != nil {
				return err
			}
			continue
		}
		m := msg.Message{Timestamp: 5, Fields: []msg.Field{{Name: "h", Value: w}}}
		if err := c.AddRecord(m.Append(nil)); err != nil {
			return err
		}
		if err := c.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// hide hides that a stage wants ticks.
type hide struct{ stage.Stage }

// TestArrival wants messages to count when they arrive where the clock is the machine's.
func TestArrival(t *testing.T) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	st, err := verbtest.Make(Kind, env, "by .h --timeout 5s")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	sink := stagetest.Sink(func(b *stage.Batch) error {
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			if b.Interim {
				m := v.Message()
				got = append(got, "("+verbtest.Line(&m)+")")
				continue
			}
			got = append(got, fmt.Sprintf("%d %s", v.Timestamp()/1e9, v.Payload()))
		}
		return nil
	})
	src := script{env, "a b t1000 t1004 a t1005 l1005 t1006 l1006 b t1007"}
	if err := stage.Run(context.Background(), env, src, hide{st}, sink); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`(heka.heartbeat@1005 h="a" status="up" silent=1.0)`,
		`(heka.heartbeat@1005 h="b" status="up" silent=5.0)`,
		"1006 Missing Heartbeat - b",
		`(heka.heartbeat@1006 h="b" status="down" silent=6.0)`,
		`(heka.heartbeat@1006 h="a" status="up" silent=2.0)`,
		"1006 Heartbeat Returned - b",
		`1007 {"a":{"last_heartbeat":1004000,"last_alert":0,"status":"up"},` +
			`"b":{"last_heartbeat":1006000,"last_alert":1006000,"status":"up"}}`,
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("%s\nwant:\n%s", g, w)
	}
}

func TestTooMany(t *testing.T) {
	var log verbtest.Log
	env := &stage.Env{Log: log.Logger()}
	verbtest.RunEnv(t, env, Kind, "by .n --max-keys 1", []string{"n=1", "n=2", "n=3"},
		[]string{`heka.heartbeat@0 payload_type="json" payload_name="heartbeat" up=1 down=0`})
	if n := strings.Count(log.String(), "not watched"); n != 2 { // the messages are run twice
		t.Errorf("the log has %d lines:\n%s", n, log.String())
	}
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f(".host", `".host"`, "did you mean by .host?")
	f("by .h within 5s", `"within"`, "by, every")
	f("--timeout 0s", `"--timeout 0s"`, "10ms")
	f("--throttle -1s", `"--throttle -1s"`, "negative")
	f("--forget 10s", `"--forget 10s"`, "--timeout")
	f("--max-keys 0", `"--max-keys 0"`)
}

func newBench() *heartbeat {
	v, _ := match.ParseVar(".request")
	return &heartbeat{env: &stage.Env{DataTime: true}, vars: []match.Var{v},
		watch: newWatch(keys.New(v), 1000), limits: limits{timeout: int64(time.Minute)}}
}

func TestNoAllocs(t *testing.T) {
	s := newBench()
	s.alerts = nullSender(s.env)
	verbtest.NoAllocsBatch(t, func(b *stage.Batch) *stage.Batch {
		if err := s.add(b); err != nil {
			t.Fatal(err)
		}
		return b
	})
}

func BenchmarkHeartbeat(b *testing.B) {
	s := newBench()
	s.alerts = nullSender(s.env)
	verbtest.BenchBatch(b, func(in *stage.Batch) *stage.Batch {
		s.add(in)
		return in
	})
}

// null is a Writer of nothing.
type null struct{}

func (null) Write(b *stage.Batch) error {
	b.Release()
	return nil
}

func nullSender(env *stage.Env) *alert.Sender { return alert.New(env, null{}) }
