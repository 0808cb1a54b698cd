package anomaly

import (
	"fmt"
	"strings"
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/cbuf"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// rows are the numbers of one column, and one more for the row that is not complete.
func rows(t *testing.T, values ...float64) *cbuf.Buffer {
	t.Helper()
	b, err := cbuf.New(len(values)+1, 1, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if v == v {
			b.Add(int64(i)*1e9, 0, v)
		}
	}
	return b
}

func TestDetect(t *testing.T) {
	f := func(config, want string, values ...float64) {
		t.Helper()
		specs, _, err := parseConfig(config)
		if err != nil {
			t.Fatal(err)
		}
		b := rows(t, values...)
		if err := specs[0].fits("x", b.Rows(), b.Columns()); err != nil {
			t.Errorf("%s: %v", config, err)
			return
		}
		if got := specs[0].detect(b); got != want {
			t.Errorf("%s: %q, want %q", config, got, want)
		}
	}
	calm := []float64{5, 6, 5, 4, 5, 6, 5, 4, 5, 5}
	f(`roc("x", 1, 2, 0, 1.5, true, true)`, "", calm...)
	f(`roc("x", 1, 2, 0, 1.5, true, true)`, "detected anomaly, standard deviation exceeds 1.5",
		5, 6, 5, 4, 5, 6, 5, 4, 9, 9)
	f(`roc("x", 1, 2, 0, 20, true, true)`, "", 5, 6, 5, 4, 5, 6, 5, 4, 9, 9)
	f(`roc("x", 1, 2, 2, 1.5, true, true)`, "", 0, 0, 0, 0, 4, 9, 5, 4, 8, 8)
	f(`roc("x", 1, 2, 4, 1.25, true, true)`, "", 9, 9, 0, 0, 4, 9, 5, 4, 8, 8)
	f(`roc("x", 1, 2, 500, 0.5, true, true)`, "detected anomaly, standard deviation exceeds 0.5",
		9, 9, 0, 0, 4, 9, 5, 4, 8, 8)
	f(`roc("x", 1, 2, 0, 1.5, true, true)`, "no new data", 5, 6, 5, 4, 5, 6, 5, 4, nan, nan)
	f(`roc("x", 1, 2, 0, 1.5, false, true)`, "", 5, 6, 5, 4, 5, 6, 5, 4, nan, nan)
	f(`roc("x", 1, 2, 0, 1.5, true, true)`, "unexpected data", 5, 6, 5, 4, 5, 6, nan, nan, nan, 5)
	f(`roc("x", 1, 2, 0, 1.5, true, false)`, "", 5, 6, 5, 4, 5, 6, nan, nan, nan, 5)

	var low, high []float64
	for i := range 40 {
		low = append(low, float64(10+i*7%11))
		high = append(high, float64(40+i*7%11))
	}
	up, down := append(low[:30:30], high[:10]...), append(high[:30:30], low[:10]...)
	f(`mww("x", 1, 10, 4, 0.01, any)`, "", low...)
	f(`mww("x", 1, 10, 4, 0.01, any)`, "detected anomaly", up...)
	f(`mww("x", 1, 10, 4, 0.01, increasing)`, "detected anomaly, increasing values", up...)
	f(`mww("x", 1, 10, 4, 0.01, decreasing)`, "", up...)
	f(`mww("x", 1, 10, 4, 0.01, decreasing)`, "detected anomaly, decreasing values", down...)
	f(`mww("x", 1, 10, 4, 0.01, increasing)`, "", down...)
	f(`mww_nonparametric("x", 1, 10, 4, 0.7)`, "detected anomaly, pstat: 1", up...)
	f(`mww_nonparametric("x", 1, 10, 4, 0.3)`, "detected anomaly, pstat: 0", down...)
	f(`mww_nonparametric("x", 1, 10, 4, 0.3)`, "", up...)
	f(`mww_nonparametric("x", 1, 10, 4, 0.5)`, "", up...)
	f(`mww_nonparametric("x", 1, 10, 4, 0.7)`, "", low...)
	// Two of the nine pairs of the two windows are the other way round.
	f(`mww_nonparametric("x", 1, 3, 2, 0.7)`, "detected anomaly, pstat: 0.777778", 0, 1, 2, 5, 3, 6, 4)
}

func TestFits(t *testing.T) {
	f := func(config string, n, cols int, want string) {
		t.Helper()
		specs, _, err := parseConfig(config)
		if err != nil {
			t.Fatal(err)
		}
		got := "fits"
		if err := specs[0].fits("x", n, cols); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s", config, got)
		}
	}
	f(`roc("x", 1, 3, 0, 1, true, true)`, 10, 1, "fits")
	f(`roc("x", 1, 3, 0, 1, true, true)`, 9, 1,
		"x - algorithm: roc col: 1 msg: win=3 hwin=0 arguments out of range (rows=9)")
	f(`roc("x", 1, 3, 2, 1, true, true)`, 10, 1,
		"x - algorithm: roc col: 1 msg: win=3 hwin=2 arguments out of range (rows=10)")
	f(`roc("x", 1, 2000000000, 0, 1, true, true)`, 10, 1,
		"x - algorithm: roc col: 1 msg: win=2000000000 hwin=0 arguments out of range (rows=10)")
	f(`mww("x", 1, 3, 3, 1, any)`, 10, 1, "fits")
	f(`mww("x", 1, 5, 2, 1, any)`, 10, 1, "x - algorithm: mww col: 1 msg: arguments out of range")
	f(`mww("x", 1, 2000000000, 2000000000, 1, any)`, 10, 1,
		"x - algorithm: mww col: 1 msg: arguments out of range")
	f(`mww_nonparametric("x", 1, 0, 2, 0.1)`, 10, 1,
		"x - algorithm: mww_nonparametric col: 1 msg: arguments out of range")
	f(`mww_nonparametric("x", 3, 1, 2, 0.1)`, 10, 2,
		"x - algorithm: mww_nonparametric col: 3 msg: column out of range (columns=2)")
}

// spike is 20 rows of 10 seconds, with 2 or 3 messages each and 30 in the last but one.
func spike(more string) (in []string) {
	for i := range 20 {
		n := 2 + i%2
		if i == 18 {
			n = 30
		}
		for j := range n {
			in = append(in, fmt.Sprintf("t=%d.%02d v=%d %s", 1_000_000+10*i, j, n, more))
		}
	}
	return in
}

func zip(a, b []string) (all []string) {
	for i := range a {
		all = append(all, a[i], b[i])
	}
	return all
}

func TestSeries(t *testing.T) {
	f := func(words string, in []string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	const alarm = "payload_type=\"alert\" payload_name=\"r\" "
	const found = "algorithm=\"roc\" col=1 message=\"detected anomaly, standard deviation exceeds 3\""
	const roc = `'roc("r", 1, 1, 0, 3, false, false)' `
	f(roc+"count every 10s --rows 30", spike(""), "heka.alert@1000190 "+alarm+found)
	f(roc+"sum .v every 10s", spike(""), "heka.alert@1000190 "+alarm+found)
	f(roc+"max .v every 10s", spike(""), "heka.alert@1000190 "+alarm+found)
	f(roc+"avg .v every 10s", spike(""), "heka.alert@1000190 "+alarm+found)
	f(roc+"min .v every 10s", spike(""), "heka.alert@1000190 "+alarm+found)
	f(roc+"count by .k every 10s", zip(spike("k=a"), spike("k=b")),
		"heka.alert@1000190 "+alarm+`k="a" `+found, "heka.alert@1000190 "+alarm+`k="b" `+found)
	f(roc+"count every 1m", spike(""))
	f(`'roc("r", 2, 1, 0, 3, false, false)' count avg .v every 10s`, spike(""),
		"heka.alert@1000190 "+alarm+strings.Replace(found, "col=1", "col=2", 1))
	var steps []string // from 3 to 30 messages, and back
	for i := range 40 {
		for j := range 3 + i/20%2*27 {
			steps = append(steps, fmt.Sprintf("t=%d.%02d", 1_000_000+10*i, j))
		}
	}
	const half = `'mww_nonparametric("r", 1, 5, 3, 0.7)' count every 10s --throttle `
	f(half+"0s", steps[:60+3*30+1], "heka.alert@1000230 "+alarm+
		`algorithm="mww_nonparametric" col=1 message="detected anomaly, pstat: 0.8"`)
	f(`'mww_nonparametric("r", 1, 5, 3, 0.9)' count every 10s --throttle 1h`, steps,
		"heka.alert@1000250 "+alarm+
			`algorithm="mww_nonparametric" col=1 message="detected anomaly, pstat: 1"`)
}

func TestAlertText(t *testing.T) {
	env := &stage.Env{DataTime: true}
	st, err := verbtest.Make(Kind, env,
		`'roc("my ""r""", 1, 1, 0, 3, false, false)' count by .k every 10s`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := stagetest.RunErr(env, st, 100, verbtest.Lines(spike("k=a")...)...)
	const want = `my "r" a - algorithm: roc col: 1 msg: detected anomaly, standard deviation exceeds 3`
	if err != nil || len(got) != 1 || got[0].Payload != want || got[0].Severity != 4 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLate(t *testing.T) {
	var log verbtest.Log
	env := &stage.Env{Log: log.Logger()}
	verbtest.RunEnv(t, env, Kind, `'roc("r", 1, 1, 0, 3, false, false)' count every 10s --rows 5`,
		[]string{"t=1000", "t=2000", "t=1900", "t=2000"}, nil)
	if n := env.Stats.Dropped.Load(); n != 2 { // the messages are run twice
		t.Errorf("%d dropped", n)
	}
	if n := strings.Count(log.String(), "--clock data"); n != 2 {
		t.Errorf("the log has %d lines:\n%s", n, log.String())
	}
}

// cbufMessage is a message whose payload is the buffer of values, a second each.
func cbufMessage(t *testing.T, name string, values ...float64) msg.Message {
	b := rows(t, values...)
	b.Add(int64(len(values))*1e9, 0, 7)
	return msg.Message{Timestamp: int64(len(values)) * 1e9, Payload: string(b.AppendText(nil)),
		Type: "heka.sandbox-output", Fields: []msg.Field{
			{Name: "payload_type", Value: "cbuf"}, {Name: "payload_name", Value: name}}}
}

func TestBuffers(t *testing.T) {
	odd := cbufMessage(t, "r", 5, 6, 5, 4, 5, 6, 5, 4, 9, 9)
	again := odd
	again.Timestamp += 5e8
	calm := cbufMessage(t, "r", 5, 6, 5, 4, 5, 6, 5, 4, 5, 5)
	other := odd
	other.Hostname = "other"
	f := func(words string, want string, in ...msg.Message) {
		t.Helper()
		env := &stage.Env{}
		st := func() stage.Stage {
			s, err := verbtest.Make(Kind, env, words)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		var got []string
		for _, m := range stagetest.Run(t, env, st, in...) {
			got = append(got, m.Payload)
			if m.Type == "heka.sandbox-output" {
				got = append(got, fmt.Sprint(m.Fields[len(m.Fields)-2].Value))
			}
		}
		if s := strings.Join(got, "\n"); s != want {
			t.Errorf("%s:\n%s\nwant:\n%s", words, s, want)
		}
	}
	const roc = `'roc("r", 1, 2, 0, 1.5, true, true)'`
	const found = "r - algorithm: roc col: 1 msg: detected anomaly, standard deviation exceeds 1.5"
	f(roc, found, odd)
	f(roc, "", calm)
	f(roc, "", cbufMessage(t, "s", 5, 6, 5, 4, 5, 6, 5, 4, 9, 9), stagetest.Payloads("x")[0])
	f(roc+" --throttle 0s", found, odd, again)
	f(roc, found+"\n"+found, odd, other)
	f(`'roc("r", 1, 9, 0, 1.5, true, true)'`, odd.Payload+
		"\nr - algorithm: roc col: 1 msg: win=9 hwin=0 arguments out of range (rows=11)", odd)
	broken := odd
	broken.Payload = "x"
	f(roc, "x\nno circular buffer: header: invalid character 'x' looking for beginning of value",
		broken)
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	const roc = `'roc("r", 1, 15, 0, 3, true, false)' `
	f("", "a test is missing", "roc(")
	f("count", "a test is missing")
	f(`'roc("r", 1, 15)' count`, "could not parse the anomaly_config", `behind roc("r", 1, 15`)
	f(`'mww("r", 1' count`, `such as mww("name", col`)
	f(`'mww_nonparametric("r", 1' count`, `such as mww_nonparametric("name", col`)
	f("requests count", "could not parse the anomaly_config")
	f(roc+"by .k", "what to make series of is missing")
	f(roc+"every 5s", "what to make series of is missing")
	f(roc+"sum", `"sum"`, "sum .bytes")
	f(roc+"count som .x", `"som"`, "did you mean sum?")
	f(roc+"count .x", `".x"`, "one of count")
	f(roc+"count every 1500ms", "whole seconds")
	f(roc+"count every 2d", "24h")
	f(roc+"count --rows 40", "arguments out of range (rows=40)", "--rows")
	f(roc+"count --rows 1", "--rows 1")
	f(roc+"count --rows 0", "--rows 0")
	f(`'roc("r", 2, 15, 0, 3, true, false)' count`, "column out of range (columns=1)")
	f(roc+strings.Repeat("count ", 31), "too many columns", "at most 30")
	f(roc+"count --max-keys 0", "--max-keys 0")
	f(roc+"count --throttle -1s", "--throttle -1s")
	f(roc+"count within 5s", `"within"`)
}

func newBench(t testing.TB) *series {
	v, _ := match.ParseVar(".status")
	rt, _ := match.ParseVar(".request_time")
	s := &series{env: &stage.Env{DataTime: true}, vars: []match.Var{v}, every: 1e9, rows: 1440,
		most: 10, columns: []column{{function: "count"}, {function: "avg", v: rt, counter: 2}}}
	s.groups = keys.NewGroups[group](keys.New(v), 10, func() {})
	return s
}

func TestNoAllocs(t *testing.T) {
	s := newBench(t)
	verbtest.NoAllocsBatch(t, func(b *stage.Batch) *stage.Batch {
		if err := s.add(b); err != nil {
			t.Fatal(err)
		}
		return b
	})
}

func BenchmarkAnomaly(b *testing.B) {
	s := newBench(b)
	verbtest.BenchBatch(b, func(in *stage.Batch) *stage.Batch {
		s.add(in)
		return in
	})
}
