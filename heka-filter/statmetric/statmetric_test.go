package statmetric

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"heka/heka-filter/internal/verbtest"
	"heka/heka-filter/internal/words"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// run returns the payloads of what comes out in data time.
func run(t *testing.T, env *stage.Env, line string, in ...msg.Message) string {
	t.Helper()
	env.DataTime = true
	st := func() stage.Stage {
		s, err := verbtest.Make(Kind, env, line)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var got []string
	for _, m := range stagetest.Run(t, env, st, in...) {
		got = append(got, fmt.Sprintf("@%d", m.Timestamp/1e9), m.Payload)
	}
	return strings.Join(got, "\n")
}

// lines is a message of StatsD at a second.
func lines(second int64, lines ...string) msg.Message {
	return msg.Message{Timestamp: second * 1e9, Payload: strings.Join(lines, "\n")}
}

// TestGolden has the values that the reference names.
func TestGolden(t *testing.T) {
	f := func(words, want string, in ...msg.Message) {
		t.Helper()
		if got := run(t, &stage.Env{}, words, in...); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", words, got, want)
		}
	}
	timers := lines(5, "sample.timer:10|ms", "sample.timer:10|ms",
		"sample.timer:20|ms", "sample.timer:20|ms")
	f("statsd", `@5
stats.timers.sample.timer.count 4 5
stats.timers.sample.timer.count_ps 0.400000 5
stats.timers.sample.timer.lower 10.000000 5
stats.timers.sample.timer.upper 20.000000 5
stats.timers.sample.timer.sum 60.000000 5
stats.timers.sample.timer.mean 15.000000 5
stats.timers.sample.timer.mean_90 15.000000 5
stats.timers.sample.timer.upper_90 20.000000 5
stats.statsd.numStats 1 5
`, timers)
	counters := lines(5, "sample.cnt:1|c", "sample.cnt:2|c", "sample.cnt:3|c",
		"sample.cnt:4|c\nsample.cnt:5|c\n")
	f("statsd", `@5
stats.counters.sample.cnt.rate 1.500000 5
stats.counters.sample.cnt.count 15 5
stats.statsd.numStats 1 5
`, counters)
	f("statsd --legacy-namespaces", `@5
stats.sample.cnt 1.500000 5
stats_counts.sample.cnt 15 5
statsd.numStats 1 5
`, counters)
	f("statsd --prefix a.b --counter-prefix '' --statsd-prefix x. every 5s", `@4
a.b.c.rate 0.600000 4
a.b.c.count 3 4
a.b.gauges.g -3.500000 4
a.b.x.numStats 2 4
`, lines(4, "c:3|c", "g:-3.5|g"))
}

func TestLines(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		s, ok := parseLine([]byte(line))
		got := "no"
		if ok {
			got = fmt.Sprintf("%s %c %v %v", s.bucket, s.kind, s.value, s.rate)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
	f("a:1|c", "a c 1 1")
	f("a.b:1.5|c|@0.1", "a.b c 1.5 0.1")
	f("a:b:-3|g", "a:b g -3 1")
	f("a:+5|g", "a g 5 1")
	f("a:5|ms", "a t 5 1")
	f("a:5|h", "a c 5 1")
	f("a:5|m", "a c 5 1")
	f("a:1e3|c", "a c 1000 1")
	f("", "no")
	f("a", "no")
	f("a:", "no")
	f(":1|c", "no")
	f("a:1", "no")
	f("a:1|", "no")
	f("a:1|x", "no")
	f("a:1|s", "no")
	f("a:|c", "no")
	f("a:NaN|c", "no")
	f("a:0x10|c", "no")
	f("a:1e999|c", "no")
	f("a:1|c|", "no")
	f("a:1|c|0.1", "no")
	f("a:1|c|@", "no")
	f("a:1|c|@0", "no")
	f("a:1|c|@2", "no")
	f("a:1|c|@0.1|#tag", "no")
	f("a b:1|c", "no")
	f("a\tb:1|c", "no")
	f(strings.Repeat("x", 1025)+":1|c", "no")
}

func FuzzParseLine(f *testing.F) {
	for _, s := range []string{"a:1|c", "a.b:1.5|c|@0.1", "a:+5|g", "a:5|ms", "::||@"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		s, ok := parseLine(line)
		if ok && (len(s.bucket) == 0 || s.rate <= 0 || s.value-s.value != 0) {
			t.Fatalf("%+v", s)
		}
	})
}

func TestWindows(t *testing.T) {
	in := []msg.Message{lines(1, "c:1|c|@0.5", "g:7|g", "t:5|ms"), lines(12, "g:8|g"), lines(25)}
	got := run(t, &stage.Env{}, "statsd --percent-threshold 50,100", in...)
	for _, w := range []string{
		"@10\nstats.counters.c.rate 0.200000 10\n" +
			"stats.counters.c.count 2 10\nstats.gauges.g 7.000000 10\n" +
			"stats.timers.t.count 1 10\n",
		"stats.timers.t.mean_50 5.000000 10\nstats.timers.t.upper_50 5.000000 10\n" +
			"stats.timers.t.mean_100 5.000000 10\nstats.timers.t.upper_100 5.000000 10\n",
		"@20\nstats.counters.c.rate 0.000000 20\n" +
			"stats.counters.c.count 0 20\nstats.gauges.g 8.000000 20\n" +
			"stats.timers.t.count 0 20\nstats.timers.t.count_ps 0.000000 20\n" +
			"stats.timers.t.lower 0.000000 20\n",
		"stats.statsd.numStats 3 20\n\n@25\nstats.counters.c.rate 0.000000 25\n",
	} {
		if !strings.Contains(got, w) {
			t.Errorf("%s\nlacks:\n%s", got, w)
		}
	}
	got = run(t, &stage.Env{}, "statsd --delete-idle", in...)
	const want = "@20\nstats.gauges.g 8.000000 20\nstats.statsd.numStats 1 20\n" +
		"\n@25\nstats.statsd.numStats 0 25\n"
	if !strings.HasSuffix(got, want) {
		t.Errorf("%s\nwant at its end:\n%s", got, want)
	}
}

func TestMetrics(t *testing.T) {
	in := verbtest.Lines("t=1 host=a.b ms=5 n=2 s=7.5", "t=2 host=c ms=x",
		"t=3 ms=15 n=3", "t=4 host='d\te'")
	f := func(words string, want ...string) {
		t.Helper()
		got := run(t, &stage.Env{}, words, in...)
		if w := "@4\n" + strings.Join(want, " 4\n") + " 4\n"; got != w {
			t.Errorf("%s:\n%s\nwant:\n%s", words, got, w)
		}
	}
	f("counter hits", "stats.counters.hits.rate 0.400000", "stats.counters.hits.count 4",
		"stats.statsd.numStats 1")
	f("counter web.%{host}.hits", "stats.counters.web.a.b.hits.rate 0.100000",
		"stats.counters.web.a.b.hits.count 1", "stats.counters.web.c.hits.rate 0.100000",
		"stats.counters.web.c.hits.count 1", "stats.counters.web.d_e.hits.rate 0.100000",
		"stats.counters.web.d_e.hits.count 1", "stats.statsd.numStats 3")
	f("counter %{host}.n .n --replace-dot _", "stats.counters.a_b.n.rate 0.200000",
		"stats.counters.a_b.n.count 2", "stats.statsd.numStats 1")
	f("gauge n .n gauge s .s gauge seven 7 every 5s", "stats.gauges.n 3.000000",
		"stats.gauges.s 7.500000", "stats.gauges.seven 7.000000", "stats.statsd.numStats 3")
	f("timer n .n counter n .n counter n 0.25", "stats.counters.n.rate 0.600000",
		"stats.counters.n.count 6", "stats.timers.n.count 2", "stats.timers.n.count_ps 0.200000",
		"stats.timers.n.lower 2.000000", "stats.timers.n.upper 3.000000", "stats.timers.n.sum 5.000000",
		"stats.timers.n.mean 2.500000", "stats.timers.n.mean_90 2.500000",
		"stats.timers.n.upper_90 3.000000", "stats.statsd.numStats 2")
}

func TestFields(t *testing.T) {
	verbtest.Run(t, Kind, "counter a gauge b .n --emit fields", []string{"t=7.9 n=4", "t=8.9"},
		[]string{`heka.statmetric@8.9 timestamp=8 stats.counters.a.rate=0.2 stats.counters.a.count=2 ` +
			`stats.gauges.b=4.0 stats.statsd.numStats=2`})
	verbtest.Run(t, Kind, "counter a 15 --emit both --legacy-namespaces", []string{"t=8"},
		[]string{`heka.statmetric@8 timestamp=8 stats.a=1 stats_counts.a=15 statsd.numStats=1`})
	verbtest.Run(t, Kind, "counter a", nil, []string{`heka.statmetric@0`})
}

func TestBadLines(t *testing.T) {
	in := []msg.Message{lines(1, "a:1|c", "what", "a:1|c"), lines(2, "a:1|c")}
	const want = "@1\na:1|c\nwhat\na:1|c\n@2\nstats.counters.a.rate 0.300000 2\n" +
		"stats.counters.a.count 3 2\nstats.statsd.numStats 1 2\n"
	env := &stage.Env{}
	if got := run(t, env, "statsd", in...); got != want || env.Stats.Bad.Load() != 2 {
		t.Errorf("%s\n%d bad", got, env.Stats.Bad.Load())
	}
	var failed []string
	env = &stage.Env{Fail: func(rec []byte) error {
		var v msg.View
		v.Reset(rec[msg.HeaderSize:])
		f, _ := v.Field("heka.error", 0)
		failed = append(failed, string(f.Text()))
		return nil
	}}
	if got := run(t, env, "statsd", in...); got != want[strings.Index(want, "@2"):] ||
		len(failed) != 2 || failed[0] != errLine.Error() {
		t.Errorf("%s\nfailed: %q", got, failed)
	}
	env = &stage.Env{Strict: true}
	st, err := verbtest.Make(Kind, env, "statsd")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stagetest.RunErr(env, st, 2, in...); err == nil ||
		!strings.Contains(err.Error(), "statmetric: can't parse message") {
		t.Errorf("under --strict: %v", err)
	}
}

func TestManyTimes(t *testing.T) {
	a := newStats(&stage.Env{}, flags{most: 10, percent: []int{90}}, nil, 1)
	a.scratch = []byte("tx")
	const n = 3 * maxTimes
	for i := range n {
		a.take(timer, float64(i*7919%n), 1)
	}
	r := &a.rows[0]
	if r.count != n || len(r.times) != maxTimes || r.min != 0 || r.max != n-1 ||
		r.sum != float64(n)*(n-1)/2 {
		t.Errorf("count %d, %d held, from %v to %v, sum %v", r.count, len(r.times), r.min, r.max, r.sum)
	}
	slices.Sort(r.times)
	if _, upper := r.within(90); math.Abs(upper-.9*n) > .01*n {
		t.Errorf("90 %% are below %v of %d", upper, n)
	}
}

func TestTooMany(t *testing.T) {
	env := &stage.Env{}
	got := run(t, env, "counter %{k} --max-keys 1", verbtest.Lines("k=a", "k=b", "k=a")...)
	if !strings.Contains(got, "counters.a.count 2") || strings.Contains(got, "b.count") ||
		env.Stats.Dropped.Load() != 2 {
		t.Errorf("%s\n%d dropped", got, env.Stats.Dropped.Load())
	}
}

func TestMistakes(t *testing.T) {
	f := func(line string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, line, want...)
	}
	f("", "a metric is missing", "statsd")
	f("conter x", `"conter"`, "did you mean counter?")
	f("statd", `"statd"`, "did you mean statsd?")
	f("counter", `"counter"`, "name is missing")
	f("timer x", `"x"`, "timer x .request_time")
	f("timer x gauge y .z", `"x"`, "its value is missing")
	f("counter x Hostname", `"Hostname"`, "no number")
	f("counter x nope", `"nope"`)
	f("counter x NaN", `"NaN"`, "no number")
	f("counter '%{a'", "%{ without }")
	f("counter '%{}'", "%{}")
	f("counter 'a b'", "no blanks")
	f("statsd statsd", "twice")
	f("statsd every 0s", `"0s"`)
	f("statsd by .x", `"by"`, "every")
	f("statsd --emit nowhere", "nowhere", "payload, fields, both")
	f("statsd --percent-threshold 0", "from 1 to 100")
	f("statsd --prefix 'a b'", `"a b"`, "no blanks")
	f("statsd --max-keys 0", "--max-keys 0")
}

func newBench(t testing.TB, line ...string) *stats {
	w := &words.Words{Verb: "statmetric", Args: line}
	statsd, metrics, err := parseMetrics(w, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := newStats(&stage.Env{}, flags{most: 1000}, metrics, 10)
	a.statsd = statsd
	return a
}

func feed(t testing.TB) func(m *msg.View) {
	a := newBench(t, "counter", "web.%{status}", "timer", "web.time", ".request_time", "gauge", "b",
		".body_bytes_sent")
	n := 0
	return func(m *msg.View) {
		if n++; n%10_000 == 0 {
			a.reset()
		}
		if err := a.add(m, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoAllocs(t *testing.T) {
	a := newBench(t, "counter", "web.%{status}", "timer", "web.time", ".request_time")
	verbtest.NoAllocs(t, func(m *msg.View) { // as many times as there were before
		a.add(m, nil)
		if a.rows[1].count == 1000 {
			a.reset()
		}
	})
	a = newBench(t, "statsd")
	in := lines(1, "a:1|c", "b.c:2.5|ms", "d:1|g")
	var v msg.View
	v.Reset(in.Append(nil)[msg.HeaderSize:])
	if n := testing.AllocsPerRun(100, func() { a.add(&v, nil); a.reset() }); n > 0 {
		t.Errorf("%v allocations a message of StatsD", n)
	}
}

func BenchmarkStatmetric(b *testing.B) { verbtest.Bench(b, feed(b)) }

func BenchmarkStatsd(b *testing.B) {
	a := newBench(b, "statsd")
	in := lines(1, "web.hits.a:1|c")
	var v msg.View
	v.Reset(in.Append(nil)[msg.HeaderSize:])
	b.ReportAllocs()
	for b.Loop() {
		a.add(&v, nil)
	}
}
