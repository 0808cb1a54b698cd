package stats

import (
	"math"
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
)

func TestStats(t *testing.T) {
	in := []string{
		"t=1 rt:s=0.5 n=10 s=200", "t=2 rt:s=1.5 n=20 s=200", "t=3 rt:s=1.0 n=30 s=404",
		"t=4 rt:s=none s=200", "t=5 rt:s=NaN n=-40 s=404", "t=6 n=5 rt=+Inf s=200",
	}
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f(".rt", `heka.stats@6 field="rt" count=3 missing=3 sum=3.0 min=0.5 mean=1.0 `+
		`p50=1.01 p95=1.5 p99=1.5 max=1.5`)
	f(".n", `heka.stats@6 field="n" count=5 missing=1 sum=25 min=-40 mean=5.0 `+
		`p50=10.02 p95=30.0 p99=30.0 max=30`)
	f(".rt by .s",
		`heka.stats@6 s=200 field="rt" count=2 missing=2 sum=2.0 min=0.5 mean=1.0 `+
			`p50=0.5 p95=1.5 p99=1.5 max=1.5`,
		`heka.stats@6 s=404 field="rt" count=1 missing=1 sum=1.0 min=1.0 mean=1.0 `+
			`p50=1.0 p95=1.0 p99=1.0 max=1.0`)
	f(".x", `heka.stats@6 field="x" count=0 missing=6`)
	f(".x .n every 3s --max-keys 5", `heka.stats@3 field="x" count=0 missing=2`,
		`heka.stats@3 field="n" count=2 missing=0 sum=30 min=10 mean=15.0 `+
			`p50=10.0 p95=20.0 p99=20.0 max=20`,
		`heka.stats@6 field="x" count=0 missing=3`,
		`heka.stats@6 field="n" count=2 missing=1 sum=-10 min=-40 mean=-5.0 `+
			`p50=-40.0 p95=30.0 p99=30.0 max=30`,
		`heka.stats@6 field="x" count=0 missing=1`,
		`heka.stats@6 field="n" count=1 missing=0 sum=5 min=5 mean=5.0 `+
			`p50=5.0 p95=5.0 p99=5.0 max=5`)
	f(".n by .s --max-keys 1",
		`heka.stats@6 s=200 field="n" count=3 missing=1 sum=35 min=5 mean=11.6667 `+
			`p50=10.02 p95=20.0 p99=20.0 max=20`,
		`heka.stats@6 s="(other)" field="n" count=2 missing=0 sum=-10 min=-40 mean=-5.0 `+
			`p50=-40.0 p95=30.0 p99=30.0 max=30`)
}

func TestNothing(t *testing.T) {
	verbtest.Run(t, Kind, ".a .b", nil,
		[]string{`heka.stats@0 field="a" count=0 missing=0`, `heka.stats@0 field="b" count=0 missing=0`})
	verbtest.Run(t, Kind, ".a by .b", nil, nil)
}

func TestPercentiles(t *testing.T) {
	a := newAggregate(t, ".x")
	s := summary{sketch: newSketch(a.bins)}
	for i := 1; i <= 10000; i++ {
		s.add(float64(i)-1000, true, true)
	}
	f := func(q, want float64) {
		t.Helper()
		if got := s.quantile(q); math.Abs(got-want) > 0.01*math.Abs(want) {
			t.Errorf("p%v: %v, want %v", 100*q, got, want)
		}
	}
	f(.0001, -999)
	f(.05, -500)
	f(.1, 0)
	f(.5, 4000)
	f(.95, 8500)
	f(.99, 8900)
	f(1, 9000)
}

func TestHugeNumbers(t *testing.T) {
	verbtest.Run(t, Kind, ".n", []string{"n=1e308", "n=1e308", "n=-1e-320"}, []string{
		`heka.stats@0 field="n" count=3 missing=0 sum=+Inf min=-9.99989e-321 mean=+Inf ` +
			`p50=9.909e+307 p95=1e+308 p99=1e+308 max=1e+308`})
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "a variable is missing", "stats .request_time")
	f("by .a", "a variable is missing")
	f("rt", `"rt"`, ".rt")
	f(".a .a", `".a"`, "twice")
	f(".a by", `"by"`)
	f(".a every 1", `"1"`, "1s")
	f(".a --max-keys 0", `"--max-keys 0"`)
}

func newAggregate(t testing.TB, name string, by ...match.Var) *summaries {
	v, err := match.ParseVar(name)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newSummaries([]match.Var{v}, keys.New(by...), 100, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestNoAllocs(t *testing.T) {
	by, _ := match.ParseVar(".status")
	verbtest.NoAllocs(t, newAggregate(t, ".request_time", by).Add)
}

func BenchmarkStatsBy(b *testing.B) {
	by, _ := match.ParseVar(".status")
	verbtest.Bench(b, newAggregate(b, ".request_time", by).Add)
}
