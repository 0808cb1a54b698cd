package anomaly

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestParseConfig(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		specs, _, err := parseConfig(text)
		var got []string
		for _, s := range specs {
			got = append(got, fmt.Sprintf("%s %s %d %d %d %d %v %v %v %s", s.algorithm, s.name, s.col,
				s.win, s.hwin, s.nwin, s.limit, s.loss, s.start, s.trend))
		}
		if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %v\n%s", text, err, strings.Join(got, "\n"))
		}
	}
	f(`roc("Output1", 1, 15, 0, 2, true, false)`, "roc Output1 1 15 0 0 2 true false ")
	f(`roc("a""b",2,15,30,1.5,false,true)`, `roc a"b 2 15 30 0 1.5 false true `)
	f(`mww("O", 2, 60, 10, 0.0001, decreasing)`, "mww O 2 60 0 10 0.0001 false false decreasing")
	f(`mww("O", 2, 60, 10, 1, any)`, "mww O 2 60 0 10 1 false false any")
	f(`mww_nonparametric("O", 2, 15, 10, 0.55)`, "mww_nonparametric O 2 15 0 10 0.55 false false ")
	f(`mww_nonparametric("O", 2, 15, 10, 0)`, "mww_nonparametric O 2 15 0 10 0 false false ")
	f(" mww(\"a\", 1,\n 2, 3, 4, increasing)roc(\"b\", 1, 2, 3, 4, true, true)\n",
		"mww a 1 2 0 3 4 false false increasing", "roc b 1 2 3 0 4 true true ")
	f(`roc("""", 1, 2, 3, 4, true, true)`, `roc " 1 2 3 0 4 true true `)
}

func TestBadConfig(t *testing.T) {
	f := func(text string) {
		t.Helper()
		if specs, _, err := parseConfig(text); err != errConfig {
			t.Errorf("%s: %v, %v", text, specs, err)
		}
	}
	f("")
	f("  ")
	f("roc")
	f(`roc("", 1, 15, 0, 2, true, false)`)
	f(`roc("a, 1, 15, 0, 2, true, false)`)
	f(`roc("a", 1, 15, 0, 2, true)`)
	f(`roc("a", 1, 15, 0, 2, true, maybe)`)
	f(`roc("a" , 1, 15, 0, 2, true, false)`)
	f(`roc("a", 1, 15, 0, -2, true, false)`)
	f(`roc("a", 1, 15, 0, 2., true, false)`)
	f(`roc("a", 1, 15, 0, .2, true, false)`)
	f(`roc("a", 1, 15, 0, 2e3, true, false)`)
	f(`roc("a", 99999999999, 15, 0, 2, true, false)`)
	f(`roc("a", 1, 9999999999999999999999999, 0, 2, true, false)`)
	f(`mww("a", 1, 2, 3, 4, sideways)`)
	f(`mww_nonparametric("O", 2, 15, 10, 1)`)
	f(`mww_nonparametric("O", 2, 15, 10, 0.5, any)`)
	f(`roc("a", 1, 15, 0, 2, true, false) x`)
	f(`"roc"`)
}

func FuzzParseConfig(f *testing.F) {
	for _, s := range []string{`roc("Output1", 1, 15, 0, 2, true, false)`,
		`mww("O", 2, 60, 10, 0.0001, any)`,
		`mww_nonparametric("O""", 2, 15, 10, 0.55) roc("`, `roc("a",1,2,3,4,true,`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		specs, at, err := parseConfig(s)
		if at < 0 || at > len(s) || (err == nil) != (len(specs) > 0) {
			t.Fatalf("%d of %d, %v, %v", at, len(s), specs, err)
		}
	})
}

func TestFormatG(t *testing.T) {
	f := func(x float64, want string) {
		t.Helper()
		if got := formatG(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
	f(1.5, "1.5")
	f(2, "2")
	f(0, "0")
	f(0.9444444444444, "0.944444")
	f(0.0001, "0.0001")
	f(0.00001, "1E-05")
	f(1234567, "1.23457E+06")
	f(100000, "100000")
	f(999999.7, "1E+06")
	f(math.NaN(), "NAN")
}
