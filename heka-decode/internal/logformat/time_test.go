package logformat

import (
	"testing"
	"time"
)

func layoutVar(t testing.TB, layout string) *Var {
	t.Helper()
	v := &Var{Text: "%{" + layout + "}t", Field: "time", Kind: Clock}
	switch layout {
	case "sec":
		v.Time = Epoch(time.Second)
	case "usec":
		v.Time = Epoch(time.Microsecond)
	case "msec_frac":
		v.Time = Fraction(time.Millisecond)
	case "usec_frac":
		v.Time = Fraction(time.Microsecond)
	default:
		var err error
		if v.Time, err = Strftime(layout); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func TestTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	f := func(layout, in, want string) {
		t.Helper()
		got := scan(t, []Part{{Var: layoutVar(t, layout)}}, Options{Location: berlin}, in)
		if got != want {
			t.Errorf("%s: %s: got %s, want %s", layout, in, got, want)
		}
	}
	bad := func(layout, in string) {
		t.Helper()
		f(layout, in, "no match at %{"+layout+"}t")
	}
	const common = "%d/%b/%Y:%H:%M:%S %z"
	f(common, "10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z")
	f(common, "29/Feb/2024:00:00:00 +0530", "2024-02-28T18:30:00Z")
	f(common, "31/Dec/1969:23:59:58 +0000", "1969-12-31T23:59:58Z")
	f(common, "30/Jun/2015:23:59:60 +0000", "2015-07-01T00:00:00Z")
	f(common, "-", "")
	bad(common, "29/Feb/2023:00:00:00 +0000")
	bad(common, "10/Oct/2000:24:55:36 -0700")
	bad(common, "10/Oct/2000:13:55:36 -07000")
	bad(common, "10/Oct/2000:13:55:36")
	bad(common, "10/Oct/1000:13:55:36 +0000")
	bad(common, "10/Okt/2000:13:55:36 +0000")
	f("%Y-%m-%dT%H:%M:%S%z", "2000-10-10T13:55:36-07:00", "2000-10-10T20:55:36Z")
	f("%FT%T%z", "2000-10-10T13:55:36Z", "2000-10-10T13:55:36Z")
	f("%F %T", "2025-07-01 12:00:00", "2025-07-01T10:00:00Z")
	f("%F %T", "2025-01-01 12:00:00", "2025-01-01T11:00:00Z")
	f("%a %b %e %I:%M:%S %p %Y", "Tue Mar  4 12:05:06 AM 2025", "2025-03-03T23:05:06Z")
	f("%D %R %%", "03/04/25 17:30 %", "2025-03-04T16:30:00Z")
	f("%y%m%d", "690101", "1968-12-31T23:00:00Z")
	f("%s", "1700000000", "2023-11-14T22:13:20Z")
	bad("%s", "17000000000")
	f("%H:%M", "12:30", `time="12:30"`)
	f("sec", "1700000000.123", "2023-11-14T22:13:20.123Z")
	f("sec", "1700000000.12345678", "2023-11-14T22:13:20.12345678Z")
	f("usec", "1700000000123456", "2023-11-14T22:13:20.123456Z")
	bad("sec", "170000000000")
	bad("usec", "x")
}

func TestTimeOfParts(t *testing.T) {
	parts := []Part{
		{Literal: "["}, {Var: layoutVar(t, "%d/%b/%Y:%H:%M:%S")}, {Literal: "."},
		{Var: layoutVar(t, "usec_frac")}, {Literal: " "}, {Var: layoutVar(t, "%z")}, {Literal: "]"},
	}
	f := func(in, want string) {
		t.Helper()
		if got := scan(t, parts, Options{}, in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	f("[10/Oct/2000:13:55:36.012345 -0700]", "2000-10-10T20:55:36.012345Z")
	f("[10/Oct/2000:13:55:36.1000000 -0700]", "no match at %{usec_frac}t")
	f("[10/Oct/2000:13:55:36 -0700]", "no match at %{%d/%b/%Y:%H:%M:%S}t")
}

func TestStrftimeErrors(t *testing.T) {
	f := func(layout, want string) {
		t.Helper()
		if _, err := Strftime(layout); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", layout, err, want)
		}
	}
	f("%H:%", "a percent sign ends the time format '%H:%'")
	f("%Q", "%Q in the time format '%Q' can't be read; "+
		"known are %Y %m %d %b %H %M %S %z %s %T %F and their like")
}

// FuzzTime compares with time.Parse what both can read, and finds that times of
// lines before do not matter.
func FuzzTime(f *testing.F) {
	f.Add("10/Oct/2000:13:55:36 -0700", "10/Oct/2000:13:55:37 -0700")
	f.Add("31/Feb/2000:13:55:36 +0000", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		layout, err := Strftime("%d/%b/%Y:%H:%M:%S %z")
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []string{a, b} {
			m, ok := layout.parse([]byte(v))
			const same = "02/Jan/2006:15:04:05 -0700"
			want, err := time.Parse(same, v)
			if err != nil || want.Format(same) != v || want.Year() < 1678 || want.Year() > 2261 {
				continue // time.Parse takes hours of one digit, and the like
			}
			if got := m.day*86400 + m.sec - m.off; !ok || got != want.Unix() {
				t.Errorf("%q: got %d %v, want %d", v, got, ok, want.Unix())
			}
		}
	})
}
