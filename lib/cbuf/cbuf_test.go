package cbuf

import (
	"math"
	"math/rand/v2"
	"testing"
)

func newBuffer(t testing.TB, rows, columns, seconds int, deltas bool) *Buffer {
	t.Helper()
	b, err := New(rows, columns, seconds, deltas)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// equal wants texts to be equal.
func equal(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

const golden = `"rows":3,"columns":3,"seconds_per_row":1,"column_info":[` +
	`{"name":"Add_column","unit":"count","aggregation":"sum"},` +
	`{"name":"Set_column","unit":"count","aggregation":"sum"},` +
	`{"name":"Get_column","unit":"count","aggregation":"sum"}]}` + "\n"

// filled returns the buffer of Heka's tests and what they do at each time: add to the
// first column, copy that to the third, set the second.
func filled(t *testing.T, deltas bool, seconds ...int64) (*Buffer, func(seconds ...int64)) {
	b := newBuffer(t, 3, 3, 1, deltas)
	for i, name := range []string{"Add column", "Set column", "Get column"} {
		b.SetColumn(i, Column{Name: name, Unit: "count"})
	}
	at := func(seconds ...int64) {
		for _, s := range seconds {
			v, _ := b.Add(s*1e9, 0, 1)
			b.Set(s*1e9, 2, v)
			b.Set(s*1e9, 1, 1)
		}
	}
	at(seconds...)
	return b, at
}

func TestGoldenFull(t *testing.T) {
	b, at := filled(t, false)
	none := "nan\tnan\tnan\n"
	equal(t, string(b.AppendText(nil)), `{"time":0,`+golden+none+none+none)
	at(0, 1, 1, 2, 2, 2)
	equal(t, string(b.AppendText(nil)), `{"time":0,`+golden+"1\t1\t1\n2\t1\t2\n3\t1\t3\n")
	at(4)
	equal(t, string(b.AppendText(nil)), `{"time":2,`+golden+"3\t1\t3\n"+none+"1\t1\t1\n")
	at(10)
	equal(t, string(b.AppendText(nil)), `{"time":8,`+golden+none+none+"1\t1\t1\n")
}

func TestGoldenDelta(t *testing.T) {
	b, _ := filled(t, true, 0, 1, 1, 2, 2, 2)
	equal(t, string(b.AppendDelta(nil)), `{"time":0,`+golden+"0\t1\t1\t1\n1\t2\t1\t2\n2\t3\t1\t3\n")
	equal(t, string(b.AppendDelta(nil)), `{"time":0,`+golden+"0\t1\t1\t1\n1\t2\t1\t2\n2\t3\t1\t3\n")
	b.ResetDelta()
	equal(t, string(b.AppendDelta(nil)), "")
	equal(t, string(b.AppendText(nil)), `{"time":0,`+golden+"1\t1\t1\n2\t1\t2\n3\t1\t3\n")
	v, _ := b.Add(2e9, 0, math.NaN())
	b.Set(2e9, 2, v)
	equal(t, string(b.AppendDelta(nil)), `{"time":0,`+golden+"2\tnan\tnan\tnan\n")
}

// TestDeltas wants differences of sums, and current values of all else.
func TestDeltas(t *testing.T) {
	b := newBuffer(t, 3, 4, 1, true)
	for i, a := range []Aggregation{Sum, Min, Max, None} {
		b.SetColumn(i, Column{Name: "c", Unit: "count", Aggregation: a})
	}
	f := func(want string) {
		t.Helper()
		got := string(b.AppendDelta(nil))
		for i, c := range got {
			if c == '\n' {
				got = got[i+1:]
				break
			}
		}
		equal(t, got, want)
		b.ResetDelta()
	}
	f("")
	for col := range 4 {
		b.Set(0, col, 3)
	}
	f("0\t3\t3\t3\t3\n")
	for col := range 4 {
		b.Set(0, col, 5)
	}
	f("0\t2\tnan\t5\t5\n")
	for col := range 4 {
		b.Set(0, col, 2)
	}
	f("0\t-3\t2\tnan\t2\n")
	b.Set(0, 0, 2)
	f("")
	b.Add(0, 0, 0)
	f("")
	b.Add(1e9, 0, 1)
	b.Add(1e9, 0, 1.5)
	b.Add(1e9, 3, 1)
	b.Add(1e9, 3, 1)
	f("1\t2.5\tnan\tnan\t2\n")
	b.Add(0, 0, 1)
	b.Add(20e9, 0, 1) // all leave the window
	b.Add(20e9, 1, 7)
	f("0\t1\tnan\tnan\tnan\n20\t1\t7\tnan\tnan\n")
}

func TestDeltasAreKeptFromTheStart(t *testing.T) {
	b, at := filled(t, false, 0, 1, 1, 2, 2, 2)
	b.KeepDeltas()
	equal(t, string(b.AppendDelta(nil)), `{"time":0,`+golden+"0\t1\t1\t1\n1\t2\t1\t2\n2\t3\t1\t3\n")
	b.ResetDelta()
	at(2)
	equal(t, string(b.AppendDelta(nil)), `{"time":0,`+golden+"2\t1\tnan\t1\n")
	restored := newBuffer(t, 2, 1, 1, false)
	if err := restored.Restore("1 1 3 4"); err != nil {
		t.Fatal(err)
	}
	restored.KeepDeltas()
	equal(t, string(restored.AppendDelta(nil)), "")
}

func TestLateDeltasAreBounded(t *testing.T) {
	b := newBuffer(t, 2, 7, 1, true)
	for s := range int64(30_000) {
		b.Add(s*1e9, 0, 1)
	}
	if n := len(b.delta.late); n > maxLate || b.LostDeltas() == 0 {
		t.Errorf("%d numbers, %d rows lost", n, b.LostDeltas())
	}
	rows := int64(len(b.delta.late))/8 + 2
	if rows+b.LostDeltas() != 30_000 {
		t.Errorf("%d rows kept, %d lost", rows, b.LostDeltas())
	}
}

// TestWindow wants the buffer to do what a map of times does that forgets what is old.
func TestWindow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, seconds := range []int{1, 7, 60} {
		b := newBuffer(t, 5, 2, seconds, false)
		step := int64(seconds) * 1e9
		cells := map[[2]int64]float64{}
		newest := int64(4)
		now := int64(0)
		for range 5000 {
			now += rng.Int64N(step)
			ns := now - rng.Int64N(7*step)
			n, col := floor(ns, step), rng.Int64N(2)
			v, ok := b.Add(ns, int(col), 1)
			newest = max(newest, n)
			if wantOK := n > newest-5; ok != wantOK {
				t.Fatalf("%d s: Add at %d is %v", seconds, ns, ok)
			} else if ok {
				cells[[2]int64{n, col}]++
				if want := cells[[2]int64{n, col}]; v != want {
					t.Fatalf("%d s: %g, want %g", seconds, v, want)
				}
			}
			ns = now - rng.Int64N(8*step) + step
			n = floor(ns, step)
			v, ok = b.Get(ns, 1)
			want, has := cells[[2]int64{n, 1}]
			if ok != (n > newest-5 && n <= newest) || ok && (has && v != want || !has && v == v) {
				t.Fatalf("%d s: Get at %d: %g, %v; want %g", seconds, ns, v, ok, want)
			}
		}
	}
}

func TestTimes(t *testing.T) {
	b := newBuffer(t, 3, 1, 60, false)
	if b.Time() != 120e9 || b.Start() != 0 {
		t.Errorf("%d to %d", b.Start(), b.Time())
	}
	f := func(ns int64, ahead int, ok bool) {
		t.Helper()
		if n := b.Ahead(ns); n != ahead {
			t.Errorf("%d is %d rows ahead", ns, n)
		}
		if _, got := b.Add(ns, 0, 1); got != ok {
			t.Errorf("Add at %d: %v", ns, got)
		}
	}
	f(-1, 0, false)
	f(math.MinInt64, 0, false)
	f(0, 0, true)
	f(179999999999, 0, true)
	f(180e9, 1, true)
	f(59e9, 0, false)
	f(361e9, 3, true)
	f(math.MaxInt64, 3, true)
	f(math.MinInt64, 0, false)
	f(math.MaxInt64-180e9, 0, false)
	f(math.MaxInt64-100e9, 0, true)
}

func TestSizes(t *testing.T) {
	f := func(rows, columns, seconds int, want error) {
		t.Helper()
		if _, err := New(rows, columns, seconds, true); err != want {
			t.Errorf("New(%d, %d, %d): %v", rows, columns, seconds, err)
		}
	}
	f(1, 1, 1, ErrSize)
	f(2, 0, 1, ErrSize)
	f(2, 1, 0, ErrSize)
	f(2, 1, 86401, ErrSize)
	f(2, 1, 86400, nil)
	f(math.MaxInt, math.MaxInt, 1, ErrTooLarge)
	f(1<<20, 1<<20, 1, ErrTooLarge)
	f(math.MinInt, 1, 1, ErrSize)
}

func TestColumns(t *testing.T) {
	b := newBuffer(t, 2, 1, 1, false)
	f := func(name, unit, want string) {
		t.Helper()
		b.SetColumn(0, Column{Name: name, Unit: unit, Aggregation: Max})
		c := b.Column(0)
		equal(t, c.Name+" "+c.Unit+" "+c.Aggregation.String(), want)
	}
	f("a b", "m/s", "a_b m/s max")
	f("0123456789abcdefgh", "*234567890", "0123456789abcde *234567 max")
	f("é\"\\", "", "____  max")
	f("cut\x00here", "u\n", "cut u_ max")
	c := newBuffer(t, 2, 12, 1, false).Column(11)
	equal(t, c.Name+" "+c.Unit+" "+c.Aggregation.String(), "Column_12 count sum")
	for a := Sum; a <= None; a++ {
		if got, ok := ParseAggregation(a.String()); got != a || !ok {
			t.Error(a)
		}
	}
	if _, ok := ParseAggregation("avg"); ok {
		t.Error("avg is an aggregation")
	}
}

func TestAddColumn(t *testing.T) {
	b := newBuffer(t, 2, 1, 1, true)
	b.Add(0, 0, 1)
	b.Add(2e9, 0, 2)
	if n, err := b.AddColumn(Column{Name: "b c", Unit: "B", Aggregation: Max}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	b.Set(1e9, 1, 5)
	head := `{"time":1,"rows":2,"columns":2,"seconds_per_row":1,"column_info":[` +
		`{"name":"Column_1","unit":"count","aggregation":"sum"},` +
		`{"name":"b_c","unit":"B","aggregation":"max"}]}` + "\n"
	equal(t, string(b.AppendText(nil)), head+"nan\t5\n2\tnan\n")
	equal(t, string(b.AppendDelta(nil)), head+"0\t1\tnan\n1\tnan\t5\n2\t2\tnan\n")
	large := newBuffer(t, MaxCells/8, 8, 1, false)
	if _, err := large.AddColumn(Column{}); err != ErrTooLarge {
		t.Error(err)
	}
}

func TestSize(t *testing.T) {
	b := newBuffer(t, 1000, 3, 1, false)
	before := b.Size()
	more := b.DeltaSize()
	b.KeepDeltas()
	if got := b.Size() - before; got != more || b.DeltaSize() != 0 {
		t.Errorf("%d bytes of deltas instead of %d", got, more)
	}
	if before < 24_000 || before > 25_000 {
		t.Errorf("%d bytes", before)
	}
}

func TestNoAllocs(t *testing.T) {
	for _, deltas := range []bool{false, true} {
		b := newBuffer(t, 60, 4, 1, deltas)
		now := int64(0)
		step := func() {
			for col := range 4 {
				now += 1e8
				b.Add(now, col, 1)
				b.Set(now-1e9, col, 2)
				b.Get(now-30e9, col)
			}
			if now%20e9 == 0 {
				b.ResetDelta()
			}
		}
		for range 1000 {
			step()
		}
		if n := testing.AllocsPerRun(1000, step); n != 0 {
			t.Errorf("deltas %v: %v allocations", deltas, n)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	c := newBuffer(b, 1440, 6, 60, false)
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		c.Add(1700000000e9+i*1e6, int(i&3), 1)
		i++
	}
}

// BenchmarkAddSpread adds at times all over the window.
func BenchmarkAddSpread(b *testing.B) {
	c := newBuffer(b, 1440, 6, 60, false)
	c.Add(1700000000e9, 0, 1)
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		c.Add(1700000000e9-i*77777777777%86000e9, int(i&3), 1)
		i++
	}
}

func BenchmarkAddDelta(b *testing.B) {
	c := newBuffer(b, 1440, 6, 60, true)
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		c.Add(1700000000e9+i*1e6, int(i&3), 1)
		i++
	}
}

func BenchmarkSet(b *testing.B) {
	c := newBuffer(b, 1440, 6, 60, false)
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		c.Set(1700000000e9+i*1e6, int(i&3), float64(i))
		i++
	}
}

func BenchmarkGet(b *testing.B) {
	c := newBuffer(b, 1440, 6, 60, false)
	c.Add(1700000000e9, 0, 1)
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		c.Get(1700000000e9-i*77777777777%86000e9, int(i&3))
		i++
	}
}
