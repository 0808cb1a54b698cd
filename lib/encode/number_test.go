package encode

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

func TestAppendInt(t *testing.T) {
	f := func(n int64) {
		t.Helper()
		if got := string(AppendInt([]byte("x"), n)); got != "x"+strconv.FormatInt(n, 10) {
			t.Errorf("%d becomes %s", n, got)
		}
	}
	f(math.MinInt64)
	f(math.MaxInt64)
	for n := int64(1); n < 1e18; n *= 10 {
		for _, d := range []int64{-1, 0, 1} {
			f(n + d)
			f(-n + d)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		f(int64(r.Uint64()) >> r.IntN(64))
	}
}

func TestAppendFloat(t *testing.T) {
	f := func(x float64) {
		t.Helper()
		want, err := json.Marshal(x)
		if err != nil {
			want = []byte("null")
		}
		if got := string(AppendFloat([]byte("x"), x)); got != "x"+string(want) {
			t.Errorf("%v becomes %s, not %s", x, got, want)
		}
	}
	for _, x := range []float64{0, math.Copysign(0, -1), 1, -1, .1, .001, .0001, 1e-6, 1e-7, 1.5e-9,
		1e9, 999999999.999999, 1e20, 1e21, 1e22, 5e-324, math.MaxFloat64, 1.0000001, 0.3, 0.1 + 0.2,
		math.NaN(), math.Inf(1), math.Inf(-1), 123456.789, 9007199254740993, 1e-100} {
		f(x)
		f(-x)
		f(math.Nextafter(x, 2))
		f(math.Nextafter(x, -2))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100000 {
		f(math.Float64frombits(r.Uint64()))
		f(float64(r.Int64N(1e12)) / math.Pow10(r.IntN(9)))
		f(r.ExpFloat64())
	}
}

func TestAppendTime(t *testing.T) {
	f := func(ns int64) {
		t.Helper()
		want := time.Unix(0, ns).UTC()
		got := string(AppendTime(nil, ns))
		layout := "2006-01-02T15:04:05Z"
		switch {
		case ns%1e3 != 0:
			layout = "2006-01-02T15:04:05.000000000Z"
		case ns%1e6 != 0:
			layout = "2006-01-02T15:04:05.000000Z"
		case ns%1e9 != 0:
			layout = "2006-01-02T15:04:05.000Z"
		}
		if got != want.Format(layout) {
			t.Errorf("%d becomes %s, not %s", ns, got, want.Format(layout))
		}
	}
	for _, ns := range []int64{0, -1, 1, -1e9, 1e9, -1e6, 1e6, 1790812800123000000, math.MinInt64,
		math.MaxInt64, 951782400e9, 951868799999999999, 4107542400e9} {
		f(ns)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		ns := int64(r.Uint64())
		f(ns)
		f(ns / 1e6 * 1e6)
		f(ns / 1e9 * 1e9)
	}
	var c clock
	for i := range int64(5000) { // the clock keeps a second
		ns := 951782398e9 + i*1e6
		if got, want := string(c.append(nil, ns)), string(AppendTime(nil, ns)); got != want {
			t.Fatalf("%s, not %s", got, want)
		}
	}
}
