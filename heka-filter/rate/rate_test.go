package rate

import (
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/heka-filter/internal/window"
	"heka/lib/match"
	"heka/lib/stage"
)

var in = []string{"t=0.5 s=200", "t=1 s=200", "t=2 s=404", "t=4.5 s=200"}

func TestRate(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f("", "heka.rate@4.5 count=4 rate=1.0")
	f("by .s", "heka.rate@4.5 s=200 count=3 rate=0.75", "heka.rate@4.5 s=404 count=1 rate=0.25")
	f("every 2s", "heka.rate@2 count=2 rate=1.0", "heka.rate@4 count=1 rate=0.5",
		"heka.rate@4.5 count=1 rate=0.5")
	f("by .s --max-keys 1", "heka.rate@4.5 s=200 count=3 rate=0.75",
		`heka.rate@4.5 s="(other)" count=1 rate=0.25`)
}

func TestRateOne(t *testing.T) {
	verbtest.Run(t, Kind, "", in[:1], []string{"heka.rate@0.5 count=1 rate=1.0"})
	verbtest.Run(t, Kind, "", nil, []string{"heka.rate@0 count=0 rate=0.0"})
}

func TestTooManyKeysIsSaidOnce(t *testing.T) {
	var log verbtest.Log
	env := &stage.Env{Log: log.Logger()}
	a := &rates{keyed: true, groups: keys.NewGroups[int64](keys.New(match.Var{}), 1,
		window.Full(env, "rate", 1))}
	verbtest.NoAllocs(t, a.Add)
	if n := countLines(log.String()); n != 1 {
		t.Errorf("%d lines in the log:\n%s", n, log.String())
	}
}

func countLines(s string) (n int) {
	for _, c := range s {
		if c == '\n' {
			n++
		}
	}
	return n
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("1s", `"1s"`, "one word too many")
	f("every 1x", `"1x"`, "no duration")
	f("by status", `"status"`, ".status")
	f("--max-keys -1", `"--max-keys -1"`)
}

func BenchmarkRateBy(b *testing.B) {
	v, _ := match.ParseVar(".status")
	a := &rates{keyed: true, groups: keys.NewGroups[int64](keys.New(v), 1000, func() {})}
	verbtest.Bench(b, a.Add)
}
