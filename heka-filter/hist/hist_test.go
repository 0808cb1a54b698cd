package hist

import (
	"math"
	"math/rand/v2"
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
)

func TestHist(t *testing.T) {
	in := []string{"t=1 x=0.3 s=a", "t=2 x=0.2 s=a", "t=3 x=3 s=b", "t=4 x=0 s=b", "t=5 x=-4 s=a",
		"t=6 x=no s=a", "t=7 x=0.05 s=a", "t=8 x=0.099 s=a"}
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f(".x",
		"heka.hist@8 lower=-5.0 upper=-2.0 count=1 percent=14.2857",
		"heka.hist@8 lower=0.0 upper=0.0 count=1 percent=14.2857",
		"heka.hist@8 lower=0.05 upper=0.1 count=2 percent=28.5714",
		"heka.hist@8 lower=0.1 upper=0.2 count=0 percent=0.0",
		"heka.hist@8 lower=0.2 upper=0.5 count=2 percent=28.5714",
		"heka.hist@8 lower=0.5 upper=1.0 count=0 percent=0.0",
		"heka.hist@8 lower=1.0 upper=2.0 count=0 percent=0.0",
		"heka.hist@8 lower=2.0 upper=5.0 count=1 percent=14.2857",
		"heka.hist@8 missing=1")
	f(".x --linear --buckets 4",
		"heka.hist@8 lower=-4.0 upper=-2.0 count=1 percent=14.2857",
		"heka.hist@8 lower=-2.0 upper=0.0 count=0 percent=0.0",
		"heka.hist@8 lower=0.0 upper=2.0 count=5 percent=71.4286",
		"heka.hist@8 lower=2.0 upper=4.0 count=1 percent=14.2857",
		"heka.hist@8 missing=1")
	f(".x by .s --buckets 1",
		`heka.hist@8 s="a" lower=-5.0 upper=0.0 count=1 percent=20.0`,
		`heka.hist@8 s="a" lower=0.0 upper=5.0 count=4 percent=80.0`,
		`heka.hist@8 s="a" missing=1`,
		`heka.hist@8 s="b" lower=0.0 upper=5.0 count=2 percent=100.0`)
	f(".none", "heka.hist@8 missing=8")
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "a variable is missing", "hist .request_time")
	f(".x .y", `".y"`, "by .y")
	f("x", `"x"`, ".x")
	f(".x --buckets 0", `"--buckets 0"`, "1 to 100")
	f(".x --buckets 1000", `"--buckets 1000"`)
	f(".x --max-keys 0", `"--max-keys 0"`)
}

// TestLinear compares with the same counted one by one.
func TestLinear(t *testing.T) {
	f := func(want int, values ...float64) {
		t.Helper()
		h := linear{want: want}
		for _, v := range values {
			h.add(v)
		}
		buckets, total := 0, int64(0)
		h.each(func(lower, upper float64, n int64) bool {
			var exact int64
			for _, v := range values {
				if v >= lower && v < upper {
					exact++
				}
			}
			if n != exact {
				t.Errorf("%v of [%v, %v), want %v", n, lower, upper, exact)
			}
			buckets++
			total += n
			return true
		})
		if total != int64(len(values)) || buckets > max(want, 2) {
			t.Errorf("%d buckets of %d values, want %d of %d", buckets, total, want, len(values))
		}
	}
	f(20)
	f(20, 0)
	f(20, 200, 404, 500, 301, 200)
	f(10, 0.1, 0.2, 0.3, 1.1, 1.15, 0.7)
	f(1, -1, 1)
	f(100, 1e-300, 1, -1)
	f(7, 1e300, -1e300, 1e-300)
	f(20, math.MaxFloat64, -math.MaxFloat64)
	f(20, math.SmallestNonzeroFloat64, 5)
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var values []float64
		for range 200 {
			values = append(values, math.Round(r.NormFloat64()*1000)/100)
		}
		f(1+r.IntN(maxBuckets), values...)
	}
}

func TestLogarithmic(t *testing.T) {
	f := func(v, lower, upper float64) {
		t.Helper()
		var h logarithmic
		h.add(v)
		n := 0
		h.each(func(l, u float64, c int64) bool {
			n++
			if l != lower || u != upper || c != 1 {
				t.Errorf("%v: [%v, %v) has %d, want [%v, %v)", v, l, u, c, lower, upper)
			}
			return true
		})
		if n != 1 {
			t.Errorf("%v: %d buckets", v, n)
		}
	}
	f(1, 1, 2)
	f(1.999, 1, 2)
	f(5, 5, 10)
	f(0.05, 0.05, 0.1)
	f(0.1, 0.1, 0.2)
	f(-5, -10, -5)
	f(0, 0, 0)
	f(1e-12, 0, 1e-9)
	f(1e300, 5e18, math.Inf(1))
	f(-1e300, math.Inf(-1), -5e18)
}

func newHists(buckets int) *hists {
	v, _ := match.ParseVar(".request_time")
	by, _ := match.ParseVar(".status")
	return &hists{v: v, buckets: buckets, groups: keys.NewGroups[hist](keys.New(by), 10, func() {})}
}

func TestNoAllocs(t *testing.T) {
	verbtest.NoAllocs(t, newHists(0).Add)
	verbtest.NoAllocs(t, newHists(20).Add)
}

func BenchmarkHistBy(b *testing.B) { verbtest.Bench(b, newHists(0).Add) }

func BenchmarkHistLinearBy(b *testing.B) { verbtest.Bench(b, newHists(20).Add) }
