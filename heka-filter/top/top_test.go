package top

import (
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/spacesaving"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
)

var in = []string{
	"t=1 uri=/a s=200", "t=2 uri=/b s=200", "t=3 uri=/a s=404", "t=4 uri=/c s=200",
	"t=15 uri=/a s=200", "t=16 uri=/b s=404", "t=17 uri=/d s=200", "t=18 s=404",
}

func TestTop(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f(".uri 2", `heka.top@18 uri="/a" count=3 percent=37.5`,
		`heka.top@18 uri="/b" count=2 percent=25.0`)
	f(".uri",
		`heka.top@18 uri="/a" count=3 percent=37.5`, `heka.top@18 uri="/b" count=2 percent=25.0`,
		`heka.top@18 count=1 percent=12.5`, `heka.top@18 uri="/c" count=1 percent=12.5`,
		`heka.top@18 uri="/d" count=1 percent=12.5`)
	f(".uri .s 1", `heka.top@18 uri="/a" s=200 count=2 percent=25.0`)
	f(".uri 1 by .s",
		`heka.top@18 s=200 uri="/a" count=2 percent=40.0`,
		`heka.top@18 s=404 count=1 percent=33.3333`)
	f(".uri 1 every 10s",
		`heka.top@10 uri="/a" count=2 percent=50.0`, `heka.top@18 count=1 percent=25.0`)
}

func TestTopApproximate(t *testing.T) {
	verbtest.Run(t, Kind, ".k 1 --max-keys 2",
		[]string{"k=1", "k=1", "k=2", "k=3", "k=1"},
		[]string{"heka.top@0 k=1 count=3 percent=60.0 approximate=true error=0"})
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "a variable is missing", "top .status")
	f("5", "a variable is missing")
	f(".uri 0", `"0"`, "at least 1")
	f(".uri 5 .host", `"5"`)
	f("uri", `"uri"`, ".uri")
	f(".uri by .uri", `".uri"`, "by")
	f(".uri bt .status", `"bt"`)
	f(".uri by .status 10", `"10"`)
}

func newTops(name string) *tops {
	v, _ := match.ParseVar(name)
	return &tops{n: 10, by: keys.New(), all: keys.New(v), counter: spacesaving.New(1000)}
}

func TestNoAllocs(t *testing.T) { verbtest.NoAllocs(t, newTops(".request").Add) }

func TestNoAllocsWhenFull(t *testing.T) {
	a := newTops(".request")
	a.counter = spacesaving.New(20)
	verbtest.NoAllocs(t, a.Add)
}

func BenchmarkTop(b *testing.B) { verbtest.Bench(b, newTops(".request").Add) }

func BenchmarkTopFull(b *testing.B) {
	a := newTops(".request")
	a.counter = spacesaving.New(20)
	verbtest.Bench(b, a.Add)
}
