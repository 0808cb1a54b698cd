package cbuf

import (
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

var in = []string{
	"t=60 s=200 v:ms=1.5", "t=61 s=200 v:ms=2.5", "t=62 s=404 v=x",
	"t=125 s=200 v:ms=8", "t=130 s=404 v:ms=1",
}

// run returns what words make of messages: the type and the name of each payload, the
// columns, and the rows with ';' behind each.
func run(t *testing.T, env *stage.Env, words string, in ...string) string {
	t.Helper()
	env.DataTime, env.Hostname = true, "host"
	st := func() stage.Stage {
		s, err := verbtest.Make(Kind, env, words)
		if err != nil {
			t.Fatalf("%s: %v", words, err)
		}
		return s
	}
	var all []string
	for _, m := range stagetest.Run(t, env, st, verbtest.Lines(in...)...) {
		all = append(all, line(t, &m))
	}
	return strings.Join(all, "\n")
}

func line(t *testing.T, m *msg.Message) string {
	t.Helper()
	text, err := cbuf.Parse(m.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if m.Type != "heka.sandbox-output" || m.Logger != "heka-filter" ||
		m.Fields[0].Rep != "file-extension" {
		t.Errorf("%+v", m)
	}
	var cols []string
	for _, c := range text.Columns {
		cols = append(cols, c.Name+"/"+c.Unit+"/"+c.Aggregation.String())
	}
	_, rows, _ := strings.Cut(m.Payload, "\n")
	rows = strings.NewReplacer("\n", ";", "\t", " ").Replace(rows)
	return strings.Join([]string{
		m.Fields[0].Value.(string), m.Fields[1].Value.(string), strings.Join(cols, ","), rows,
	}, " | ")
}

func TestCbuf(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		got := run(t, &stage.Env{}, words, in...)
		if w := strings.Join(want, "\n"); got != w {
			t.Errorf("%s\ngot\n%s\nwant\n%s", words, got, w)
		}
	}
	f("count --rows 3", "cbuf | count | count/count/sum | nan;3;2;")
	f("count by .s --rows 3",
		"cbuf | count by s | 200/count/sum,404/count/sum | nan nan;2 1;1 1;")
	f("sum .v --rows 3 --title x", "cbuf | x | v/ms/sum | nan;4;9;")
	f("min .v by .s --rows 2", "cbuf | min v by s | 200/ms/min,404/ms/min | 1.5 nan;8 1;")
	f("max .v --rows 2", "cbuf | max v | v/ms/max | 2.5;8;")
	f("avg .v --rows 2", "cbuf | avg v | v/ms/none | 2;4.5;")
	f("count by .s .nothing --rows 2", "cbuf | count by s nothing | "+
		"200_/count/sum,404_/count/sum | 2 1;1 1;")
	f("count by .nothing --rows 2", "cbuf | count by nothing | none/count/sum | 3;2;")
	f("count by .s --rows 2 --max-columns 1",
		"cbuf | count by s | 200/count/sum,other/count/sum | 2 1;1 1;")
	f("count --row 5s --rows 3", "cbuf | count | count/count/sum | nan;1;1;")
	f("count every 1m --rows 2",
		"cbuf | count | count/count/sum | nan;3;",
		"cbuf | count | count/count/sum | 3;2;")
	f("count by .s every 1m --rows 2 --format cbufd",
		"cbufd | count by s | 200/count/sum,404/count/sum | 60 2 1;",
		"cbufd | count by s | 200/count/sum,404/count/sum | 120 1 1;")
	f("count every 1m --row 30s --rows 2",
		"cbuf | count | count/count/sum | nan;3;",
		"cbuf | count | count/count/sum | nan;2;")
	f("sum .nothing", "")
}

func TestNothing(t *testing.T) {
	if got := run(t, &stage.Env{}, "count"); got != "" {
		t.Error(got)
	}
}

func TestLateMessagesAreCounted(t *testing.T) {
	env := &stage.Env{}
	run(t, env, "count --rows 2", "t=600", "t=60", "t=61", "t=599")
	if n := env.Stats.Dropped.Load(); n%2 != 0 || n == 0 { // run runs more than once
		t.Errorf("%d are dropped", n)
	}
}

func TestTooLongIsSaid(t *testing.T) {
	var log verbtest.Log
	env := &stage.Env{Log: log.Logger(), MaxRecord: 1500}
	if got := run(t, env, "count every 1m --rows 500", in...); got != "" {
		t.Error(got)
	}
	if !strings.Contains(log.String(), "fewer --rows") || env.Stats.Dropped.Load() == 0 {
		t.Errorf("%s, %d dropped", log.String(), env.Stats.Dropped.Load())
	}
}

func TestTooManyKeysIsSaid(t *testing.T) {
	var log verbtest.Log
	run(t, &stage.Env{Log: log.Logger()}, "count by .s --max-columns 1", in...)
	if !strings.Contains(log.String(), "too many keys") {
		t.Error(log.String())
	}
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "missing", "count, sum")
	f("cuont", `"cuont"`, "did you mean count?")
	f("median .x", `"median"`, "count, sum, min, max, avg")
	f("count .status", `".status"`, "one word too many", "did you mean by .status?")
	f("sum", "a variable is missing", "cbuf sum .request_time")
	f("sum x", `"x"`)
	f("sum .x .y", `".y"`, "one word too many")
	f("count every 1500ms", `"every"`, "whole seconds")
	f("count every 2d", `"every"`, "1d")
	f("count --row x", `"x"`, "no duration")
	f("count --row 100ms", `"--row 100ms"`, "whole seconds")
	f("count --rows 1", `"--rows 1"`, "from 2 to")
	f("count --rows 2000000", `"--rows 2000000"`)
	f("count --max-columns 0", `"--max-columns 0"`)
	f("count --rows 1000000 --max-columns 256", "too many rows")
	f("count --format x", `"--format x"`, "cbuf or cbufd")
}

func newSeries(of aggregate, value, by string) *series {
	v, _ := match.ParseVar(value)
	k, _ := match.ParseVar(by)
	return &series{env: &stage.Env{}, of: of, value: v, by: []match.Var{k}, rows: 1440,
		seconds: 60, groups: keys.NewGroups[int](keys.New(k), 32, func() {})}
}

func TestNoAllocs(t *testing.T) {
	for of := count; of <= avg; of++ {
		verbtest.NoAllocs(t, newSeries(of, ".request_time", ".status").Add)
	}
}

func BenchmarkCountBy(b *testing.B) {
	verbtest.Bench(b, newSeries(count, ".request_time", ".status").Add)
}

func BenchmarkAvgBy(b *testing.B) {
	verbtest.Bench(b, newSeries(avg, ".request_time", ".status").Add)
}
