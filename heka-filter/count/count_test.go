package count

import (
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/spacesaving"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
)

var in = []string{
	"t=1 status=200 m=GET", "t=2 status=404 m=GET", "t=3 status=200 m=POST",
	"t=12 status=500", "t=35 status=200 m=GET", "t=34 m=GET",
}

func TestCount(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f("", "heka.count@35 count=6")
	f("by .status",
		"heka.count@35 status=200 count=3", "heka.count@35 count=1",
		"heka.count@35 status=404 count=1", "heka.count@35 status=500 count=1")
	f("by .status, .m every 1h",
		"heka.count@35 status=200 m=\"GET\" count=2", "heka.count@35 m=\"GET\" count=1",
		"heka.count@35 status=200 m=\"POST\" count=1", "heka.count@35 status=404 m=\"GET\" count=1",
		"heka.count@35 status=500 count=1")
	f("every 10s", "heka.count@10 count=3", "heka.count@20 count=1", "heka.count@30 count=0",
		"heka.count@35 count=2")
	f("every 10s by .status",
		"heka.count@10 status=200 count=2", "heka.count@10 status=404 count=1",
		"heka.count@20 status=500 count=1", "heka.count@35 count=1", "heka.count@35 status=200 count=1")
	f("by Type,Hostname", `heka.count@35 Type="" Hostname="in" count=6`)
}

func TestCountApproximate(t *testing.T) {
	verbtest.Run(t, Kind, "by .k --max-keys 2",
		[]string{"k=1", "k=1", "k=1", "k=2", "k=3", "k=3"},
		[]string{
			"heka.count@0 k=1 count=3 approximate=true error=0",
			"heka.count@0 k=3 count=3 approximate=true error=1",
		})
}

func TestCountNothing(t *testing.T) {
	verbtest.Run(t, Kind, "", nil, []string{"heka.count@0 count=0"})
	verbtest.Run(t, Kind, "by .status", nil, nil)
	verbtest.Run(t, Kind, "every 10s", nil, []string{"heka.count@0 count=0"})
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f(".status", `".status"`, "did you mean by .status?")
	f("by", `"by"`, "by .status")
	f("by status", `"status"`, "did you mean", ".status")
	f("by .a,.a", `".a"`, "twice")
	f("by .a by .b", `"by"`, "twice")
	f("by .a within 5s", `"within"`, "by, every")
	f("every", `"every"`, "10s")
	f("every 10", `"10"`, "did you mean 10s?")
	f("every soon", `"soon"`, "5m")
	f("every 0s", `"0s"`, "1ms")
	f("evry 10s", `"evry"`, "did you mean every?")
	f("every 10s evry", `"evry"`)
	f("by .a --max-keys 0", `"--max-keys 0"`, "from 1")
}

func newCounts(vars ...match.Var) *counts {
	return &counts{by: keys.New(vars...), counter: spacesaving.New(1000)}
}

func TestNoAllocs(t *testing.T) {
	status, _ := match.ParseVar(".status")
	verbtest.NoAllocs(t, newCounts(status).Add)
}

func BenchmarkCountBy(b *testing.B) {
	status, _ := match.ParseVar(".status")
	verbtest.Bench(b, newCounts(status).Add)
}
