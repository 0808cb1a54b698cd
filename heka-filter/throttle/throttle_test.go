package throttle

import (
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
	"heka/lib/stage"
)

func TestThrottle(t *testing.T) {
	in := []string{"t=10 s=a", "t=10 s=a", "t=10 s=b", "t=10.1 s=a", "t=10.6 s=a", "t=10.7 s=b",
		"t=25 s=a"}
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f("2/s", `@10 s="a"`, `@10 s="a"`, `@10.6 s="a"`, `@25 s="a"`, "heka.throttled@25 dropped=3")
	f("1/s by .s", `@10 s="a"`, `@10 s="b"`, `@25 s="a"`,
		`heka.throttled@25 s="a" dropped=3`, `heka.throttled@25 s="b" dropped=1`)
	f("1/m", `@10 s="a"`, "heka.throttled@25 dropped=6")
	f("100/s", `@10 s="a"`, `@10 s="a"`, `@10 s="b"`, `@10.1 s="a"`, `@10.6 s="a"`,
		`@10.7 s="b"`, `@25 s="a"`)
	f("1/h by .s every 10s", `@10 s="a"`, `@10 s="b"`,
		`heka.throttled@20 s="a" dropped=3`, `heka.throttled@20 s="b" dropped=1`,
		`heka.throttled@25 s="a" dropped=1`)
	f("1/h by .s --max-keys 1", `@10 s="a"`, `@10 s="b"`, `@10.1 s="a"`, `@10.7 s="b"`, `@25 s="a"`,
		`heka.throttled@25 s="(other)" dropped=2`)
}

func TestDroppedIsCounted(t *testing.T) {
	env := &stage.Env{}
	verbtest.RunEnv(t, env, Kind, "1/s", []string{"t=5", "t=5", "t=5"},
		[]string{"@5", "heka.throttled@5 dropped=2"})
	if n := env.Stats.Dropped.Load(); n != 4 { // the messages are run twice
		t.Errorf("%d dropped", n)
	}
}

func TestLimit(t *testing.T) {
	f := func(words string, every float64, n, want int) {
		t.Helper()
		w, err := parseLimit(nil, words)
		if err != nil {
			t.Fatal(err)
		}
		var due int64
		passed := 0
		for i := range n {
			if w.pass(&due, int64(1700000000e9)+int64(float64(i)*every*1e9)) {
				passed++
			}
		}
		if passed != want {
			t.Errorf("%s: %d of %d, one every %v s; want %d", words, passed, n, every, want)
		}
	}
	f("3/s", 0, 10, 3)
	f("10/s", .01, 1000, 109)
	f("10/s", .1, 1000, 1000)
	f("10/s", .2, 1000, 1000)
	f("60/m", 0, 100, 60)
	f("60/min", 1, 100, 100)
	f("7/h", 0, 100, 7)
	f("1000000/second", 0, 2_000_000, 1_000_000)
}

func TestClockSetBack(t *testing.T) {
	l := limit{interval: 1e9, period: 1e9}
	var due int64
	f := func(seconds int64, want bool) {
		t.Helper()
		if got := l.pass(&due, seconds*1e9); got != want {
			t.Errorf("at %d: %v", seconds, got)
		}
	}
	f(1000, true)
	f(990, false)
	f(1001, true)
	f(9000000, true)
	f(1002, true)
	f(1002, false)
	f(1003, true)
	f(-9000000000, true)
	f(9000000000, true)
	f(9000000000, false)
	f(-9000000000, true)
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "how many is missing", "100/s")
	f("100", `"100"`, "did you mean 100/s?")
	f("100/d", `"100/d"`, "one of /s, /m, /h")
	f("x/s", `"x/s"`, "no rate")
	f("0/s", `"0/s"`, "from 1")
	f("1/s .a", `".a"`, "did you mean by .a?")
	f("1/s within 5s", `"within"`)
	f("1/s --max-keys 0", `"--max-keys 0"`)
}

func newBench() *throttle {
	v, _ := match.ParseVar(".request")
	return newThrottle(&stage.Env{}, limit{1e8, 1e9}, keys.New(v), 50, 0)
}

func TestNoAllocs(t *testing.T) { verbtest.NoAllocsBatch(t, newBench().pick) }

func BenchmarkThrottle(b *testing.B) { verbtest.BenchBatch(b, newBench().pick) }
