package cbuf

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestNumbers(t *testing.T) {
	f := func(v float64, want string) {
		t.Helper()
		equal(t, string(appendNumber(nil, v)), want)
		got, ok := parseNumber(want)
		if same := got == v || math.Abs(got-v) <= 1e-8 || v != v && got != got; !ok || !same {
			t.Errorf("%s is read as %g", want, got)
		}
	}
	f(0, "0")
	f(-1, "-1")
	f(1.2, "1.2")
	f(100, "100")
	f(1.0/3, "0.33333333")
	f(-2.5, "-2.5")
	f(2147483647, "2147483647")
	f(2147483648, "2147483648")
	f(3000000000.5, "3000000000.5")
	f(-3e9, "-3000000000")
	f(0.1+3e9, "3000000000.0999999")
	f(12345678901234567, "12345678901234568")
	f(1e17, "1e+17")
	f(-1.5e20, "-1.5e+20")
	f(math.Inf(1), "inf")
	f(math.Inf(-1), "-inf")
	f(math.NaN(), "nan")
}

func TestAnnotations(t *testing.T) {
	b := newBuffer(t, 3, 2, 60, true)
	b.Annotate(-1, 0, Info, "before the window", true)
	b.Annotate(999e9, 0, Info, "behind it", true)
	b.Annotate(119e9, 1, Alert, "a/b \"c\"\\\n\t\x01\xff é\u202e", true)
	b.Annotate(61e9, 0, Info, "first", false)
	b.Annotate(62e9, 0, Info, "later", false)
	head := `{"time":0,"rows":3,"columns":2,"seconds_per_row":60,"column_info":[` +
		`{"name":"Column_1","unit":"count","aggregation":"sum"},` +
		`{"name":"Column_2","unit":"count","aggregation":"sum"}]`
	second := `{"x":60000,"col":2,"shortText":"a","text":"a\/b \"c\"\\\n\t   é "}`
	rows := "nan\tnan\nnan\tnan\nnan\tnan\n"
	equal(t, string(b.AppendText(nil)), head+
		`,"annotations":[{"x":60000,"col":1,"shortText":"i","text":"later"},`+second+"]}\n"+rows)
	equal(t, string(b.AppendDelta(nil)), head+`,"annotations":[`+second+"]}\n")
	b.ResetDelta()
	equal(t, string(b.AppendDelta(nil)), "")
	if n := len(b.Annotations()); n != 2 {
		t.Errorf("%d annotations", n)
	}
	b.Add(240e9, 0, 1)
	if n := len(b.Annotations()); n != 0 {
		t.Errorf("%d annotations are left", n)
	}
}

func TestState(t *testing.T) {
	b, _ := filled(t, true, 0, 1, 1, 2, 2, 2)
	text := `if _G["data"] == nil then _G["data"] = circular_buffer.new(3, 3, 1, true) end
_G["data"]:set_header(1, "Add_column", "count", "sum")
_G["data"]:set_header(2, "Set_column", "count", "sum")
_G["data"]:set_header(3, "Get_column", "count", "sum")
_G["data"]:fromstring("2 2 1 1 1 2 1 2 3 1 3 0 1 1 1 1 2 1 2 2 3 1 3")
`
	equal(t, string(b.AppendState(nil, `_G["data"]`)), text)
	b.Annotate(2e9, 0, Info, "a \"b\"\n\x01\\é", true)
	equal(t, string(b.AppendState(nil, `x`)), strings.ReplaceAll(text, `_G["data"]`, "x")+
		`x:annotate(2000000000, 1, "info", "a \"b\"\`+"\n"+`\001\\é", true)`+"\n")
	plain := newBuffer(t, 2, 1, 60, false)
	plain.Add(60e9, 0, 17.25)
	plain.KeepDeltas()
	want := `if y == nil then y = circular_buffer.new(2, 1, 60) end
y:set_header(1, "Column_1", "count", "sum")
y:fromstring("60 1 nan 17.25")
`
	equal(t, string(plain.AppendState(nil, "y")), want)
}

// inner returns what is within fromstring.
func inner(b *Buffer) string {
	_, s, _ := strings.Cut(string(b.AppendState(nil, "x")), `fromstring("`)
	s, _, _ = strings.Cut(s, `"`)
	return s
}

func TestRestore(t *testing.T) {
	f := func(deltas bool, text, want string) {
		t.Helper()
		b := newBuffer(t, 2, 1, 1, deltas)
		b.Add(1e9, 0, 42)
		before := inner(b)
		if err := b.Restore(text); err != nil {
			equal(t, err.Error(), want)
			equal(t, inner(b), before)
			return
		}
		equal(t, inner(b), want)
	}
	f(false, "1 1 nan 99", "1 1 nan 99")
	f(false, " 1\t1\nnan -inf ", "1 1 nan -inf")
	f(false, "3 0 1.5 2e3", "3 1 1.5 2000")
	f(false, "", "too few values: 0, expected 2")
	f(false, "0 0 na 1", "too few values: 0, expected 2")
	f(false, "1 1 5 x", "too few values: 1, expected 2")
	f(false, "0 0 1 2 3", "too many values, more than: 2")
	f(true, "4 0 1 2 3 7 4 8", "4 0 1 2 3 7 4 8")
	f(true, "4 0 1 2 4 8 2 7 1 nan", "4 0 1 2 1 nan 2 7 4 8")
	f(true, "4 0 1 2 9 8 nan 7", "4 0 1 2")
	f(true, "4 0 1 2 4", "invalid delta")
	f(false, "99999999999999 0 1 2", "4000000000 0 1 2")
	f(false, "0 0 1 2", "0 0 1 2")
}

// TestRestoreOfHeka has a state that Heka wrote, where 0 stands for what has not changed.
func TestRestoreOfHeka(t *testing.T) {
	const text = "2 2 1 1 1 2 1 2 4 1 4 2 1 0 1"
	b := newBuffer(t, 3, 3, 1, true)
	if err := b.Restore(text); err != nil {
		t.Fatal(err)
	}
	equal(t, inner(b), text)
}

func TestRestoredGoesOn(t *testing.T) {
	a, at := filled(t, true, 0, 1, 2)
	b, then := filled(t, true)
	if err := b.Restore(inner(a)); err != nil {
		t.Fatal(err)
	}
	at(2, 4)
	then(2, 4)
	equal(t, string(b.AppendText(nil)), string(a.AppendText(nil)))
	equal(t, string(b.AppendDelta(nil)), string(a.AppendDelta(nil)))
}

func TestParse(t *testing.T) {
	b := newBuffer(t, 3, 2, 60, true)
	b.SetColumn(1, Column{Name: "bytes", Unit: "B", Aggregation: Max})
	b.Add(61e9, 0, 2)
	b.Set(250e9, 1, 1.5)
	b.Annotate(200e9, 1, Alert, "x\ny", true)
	want := &Text{
		Start: 120, Rows: 3, SecondsPerRow: 60,
		Columns: []Column{
			{Name: "Column_1", Unit: "count"}, {Name: "bytes", Unit: "B", Aggregation: Max},
		},
		Annotations: []Annotation{{Time: 180e9, Column: 1, Short: "a", Text: "x\ny"}},
		Cells:       []float64{nan, nan, nan, nan, nan, 1.5},
	}
	f := func(text string, want *Text) {
		t.Helper()
		got, err := Parse(text)
		if d := cmp.Diff(want, got, cmpopts.EquateNaNs()); err != nil || d != "" {
			t.Error(err, d)
		}
	}
	f(string(b.AppendText(nil)), want)
	if want.Len() != 3 || want.Row(2)[1] != 1.5 || want.Time(2) != 240 {
		t.Error("rows")
	}
	want.Times, want.Cells = []int64{60, 240}, []float64{2, nan, nan, 1.5}
	f(string(b.AppendDelta(nil)), want)
	if want.Len() != 2 || want.Time(1) != 240 {
		t.Error("rows of deltas")
	}
	before := `{"annotations":[{"x":180000,"col":2,"shortText":"a","text":"x\ny"},` +
		`{"x":1e300,"col":1}]}` + "\n" +
		`{"options":{"stackedGraph":true}}` + "\n"
	b.ResetDelta()
	b.Add(240e9, 0, 1)
	want.Times, want.Cells = []int64{240}, []float64{1, nan}
	f(before+string(b.AppendDelta(nil)), want)
	f(before+`{"annotations":{}}`+"\n"+string(b.AppendDelta(nil)), want)
}

func TestParseMistakes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := Parse(text)
		if !errors.Is(err, ErrText) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	head := func(more string) string {
		return `{"time":0,"rows":2,"columns":1,"seconds_per_row":1,"column_info":[{}]` + more + "}\n"
	}
	if _, err := Parse(head("") + "1\n2\n"); err != nil {
		t.Fatal(err)
	}
	f("", "header")
	f("text", "header")
	f(strings.Repeat("{}\n", 20), "no header")
	f(head("")+"1\n", "1 rows instead of 2")
	f(head("")+"1\n2\n3\n", "3 rows instead of 2")
	f(head("")+"1\nx\n", "row 2: there is no number in column 1")
	f(head("")+"1\n1\t2\n", "row 2: 2 numbers")
	f(head("")+"x\t1\n", "row 1: it has no time")
	f(head("")+"1e300\t1\n", "row 1: it has no time")
	f(head("")+"\n\n", "row 1")
	f(head(`,"columns":2`), "2 columns, 1 described")
	f(head(`,"rows":0`), "0 rows")
	f(head(`,"rows":60000000`)+"1\n", "fewer than")
	f(head(`,"rows":9000000000000000000`)+"1\n", "rows of")
	f(head(`,"seconds_per_row":0`)+"1\n", "0 seconds")
	f(head(`,"seconds_per_row":3999999999`)+"1\n2\n", "out of range")
	f(head(`,"time":9223372036854775807`)+"1\n2\n", "out of range")
	f(head(`,"time":"x"`)+"1\n2\n", "header")
}

func FuzzParse(f *testing.F) {
	b := newBuffer(f, 3, 2, 60, true)
	b.Add(61e9, 0, 2.5)
	b.Annotate(120e9, 1, Alert, "text", true)
	f.Add(string(b.AppendText(nil)))
	f.Add(string(b.AppendDelta(nil)))
	f.Add(`{"annotations":[]}` + "\n" +
		`{"time":0,"rows":1,"columns":1,"seconds_per_row":1,"column_info":[{}]}` + "\n1")
	f.Fuzz(func(t *testing.T, s string) {
		text, err := Parse(s)
		if err != nil {
			return
		}
		n := text.Len()
		if n*len(text.Columns) != len(text.Cells) || text.Times != nil && len(text.Times) != n {
			t.Fatalf("%d rows, %d cells, %d times", n, len(text.Cells), len(text.Times))
		}
		for i := range text.Len() {
			text.Row(i)
			text.Time(i)
		}
		if len(text.Cells) > len(s) {
			t.Fatal("more cells than bytes")
		}
	})
}

func FuzzRestore(f *testing.F) {
	f.Add("2 2 1 1 1 2 1 2 3 1 3 0 1 1 1", true)
	f.Add("nan 7 inf -inf 1e999 0x10 1 1 1 1 1 1", true)
	f.Add("-5 1 1 1 1 1 1 1 1 1 1", false)
	f.Fuzz(func(t *testing.T, s string, deltas bool) {
		b := newBuffer(t, 3, 3, 1, deltas)
		if b.Restore(s) != nil {
			return
		}
		again := newBuffer(t, 3, 3, 1, deltas)
		if err := again.Restore(inner(b)); err != nil {
			t.Fatal(err)
		}
		equal(t, inner(again), inner(b))
		b.Add(b.Time()+5e9, 0, 1)
		b.AppendText(nil)
		b.AppendDelta(nil)
	})
}

func BenchmarkAppendText(b *testing.B) {
	c := newBuffer(b, 1440, 6, 60, false)
	for i := range int64(1440 * 6) {
		c.Add(1700000000e9+i/6*60e9, int(i%6), float64(i%1000))
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = c.AppendText(dst[:0])
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkParse(b *testing.B) {
	c := newBuffer(b, 1440, 6, 60, false)
	for i := range int64(1440 * 6) {
		c.Add(1700000000e9+i/6*60e9, int(i%6), float64(i%1000))
	}
	s := string(c.AppendText(nil))
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(s); err != nil {
			b.Fatal(err)
		}
	}
}
