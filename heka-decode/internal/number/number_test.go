package number

import (
	"math"
	"strconv"
	"testing"

	"heka/lib/msg"
)

func TestParse(t *testing.T) {
	f := func(in string, want any) {
		t.Helper()
		n, fl, kind := Parse([]byte(in))
		var got any = in
		switch kind {
		case msg.Int:
			got = n
		case msg.Float:
			got = fl
		}
		if got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
	f("0", int64(0))
	f("200", int64(200))
	f("-17", int64(-17))
	f("9223372036854775807", int64(math.MaxInt64))
	f("0.25", 0.25)
	f("-1.5e-7", -1.5e-7)
	f("1e9", 1e9)
	f("3.141592653589793", math.Pi)
	for _, s := range []string{
		"", "-", "007", "9223372036854775808", "99999999999999999999999", "1.", ".5", "1e", "0x10",
		"NaN", "Inf", "1_000", "+1", "1 ", "1.2.3", "10.0.0.1", "1e999", "-abc",
	} {
		f(s, s)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("12.5e3")
	f.Add("-0.1")
	f.Add("18446744073709551616")
	f.Fuzz(func(t *testing.T, s string) {
		n, fl, kind := Parse([]byte(s))
		switch kind {
		case msg.Int:
			if want, err := strconv.ParseInt(s, 10, 64); err != nil || n != want {
				t.Errorf("%q: %d, want %d %v", s, n, want, err)
			}
		case msg.Float:
			if want, err := strconv.ParseFloat(s, 64); err != nil || fl != want {
				t.Errorf("%q: %v, want %v %v", s, fl, want, err)
			}
		}
	})
}

func TestAppendAllocs(t *testing.T) {
	var b msg.Builder
	in := [][]byte{[]byte("200"), []byte("0.25"), []byte("text"), []byte("1.23456789012345678")}
	n := testing.AllocsPerRun(100, func() {
		b.ClearFields()
		for _, s := range in {
			b.Name(s)
			Append(&b, s)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
