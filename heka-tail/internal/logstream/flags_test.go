package logstream

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// same compares what parsing in gave with want: a result, or the lines of an error.
func same(t *testing.T, in, got string, err error, want []string) {
	t.Helper()
	if err != nil {
		got = err.Error()
	}
	if got != strings.Join(want, "\n") {
		t.Errorf("%q gives\n%s\nwant\n%s", in, got, strings.Join(want, "\n"))
	}
}

func TestParsePriority(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		got, err := ParsePriority(in)
		same(t, in, strings.Join(got, "|"), err, want)
	}
	f("Year", "Year")
	f("Year,^Seq", "Year|^Seq")
	f(" Year , ^ Seq ", "Year|^Seq")
	f("", "--priority: no group is named; want names like Year,^Seq")
	f("Year,", "--priority: the name of a group is missing",
		"    Year,",
		"         ^ want names like Year,Month,^Seq")
	f("Year,^,Seq", "--priority: the name of a group is missing",
		"    Year,^,Seq",
		"         ^ want names like Year,Month,^Seq")
	f("Year;Seq", "--priority: this is no name of a group",
		"    Year;Seq",
		"    ^ want names like Year,Month,^Seq")
	f("A,B,^A", "--priority: A is named before",
		"    A,B,^A",
		"        ^ the first decides, so drop this one")
}

func TestParseDifferentiator(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		got, err := ParseDifferentiator(in)
		same(t, in, strings.Join(got, "|"), err, want)
	}
	const nothing, hint = "--differentiator: there is nothing here",
		`want groups and text, like nginx-,Host; \, is a comma`
	f("nginx,-,Host", "nginx|-|Host")
	f(`a\,b, x ,\\`, `a,b| x |\`)
	f("", nothing+"; "+hint)
	f("a,", nothing, "    a,", "      ^ "+hint)
	f(`a\`, "--differentiator: there is nothing behind this backslash",
		`    a\`,
		`     ^ \\ is a backslash`)
}

func TestTranslation(t *testing.T) {
	var tr Translation
	f := func(in string, want ...string) {
		t.Helper()
		before := tr.String()
		err := tr.Set(in)
		same(t, in, tr.String(), err, want)
		if err != nil && tr.String() != before {
			t.Errorf("%q: an error, and %s became %s", in, before, tr.String())
		}
	}
	const noGroup, noNumber = "--translate: the name of a group and a colon are missing",
		"--translate: this is no whole number of at most 18 digits"
	f("Seq", noGroup, "    Seq", "      ^ "+wantTranslation)
	f(":a=1", noGroup, "    :a=1", "    ^ "+wantTranslation)
	f("Seq=1", noGroup, "    Seq=1", "       ^ "+wantTranslation)
	f("Seq:", "--translate: a text is missing",
		"    Seq:",
		`        ^ for a group that matched nothing it is "missing"`)
	f("Seq:a", "--translate: this text has no number",
		"    Seq:a",
		"        ^ "+wantTranslation)
	f("Seq:a=1,b=x", noNumber,
		"    Seq:a=1,b=x",
		"              ^ "+wantTranslation)
	f("Seq:a=1000000000000000000", noNumber,
		"    Seq:a=1000000000000000000",
		"          ^ "+wantTranslation)
	f("Seq:missing=0", "Seq:missing=0")
	f("Month:Jan=1, feb = -2", "Month:feb=-2,jan=1", "Seq:missing=0")
	f("Month:mar=3", "Month:feb=-2,jan=1,mar=3", "Seq:missing=0")
	f("Month:mar=3", "Month:feb=-2,jan=1,mar=3", "Seq:missing=0")
	f("Month:apr=4,MAR=5", `--translate: "mar" of Month has a number already`,
		"    Month:apr=4,MAR=5",
		"                ^ it is 3")
	f(`Seq:\,\=\\:=7`, "Month:feb=-2,jan=1,mar=3", `Seq:\,\=\\\:=7,missing=0`)
}

func TestParseOldest(t *testing.T) {
	f := func(in string, want time.Duration, text string) {
		t.Helper()
		got, err := ParseOldest(in)
		if got != want || (err == nil) != (text == "") || err != nil && err.Error() != text {
			t.Errorf("%q: %v, %v; want %v, %s", in, got, err, want, text)
		}
	}
	f("0", 0, "")
	f("720h", 720*time.Hour, "")
	f("30d", 720*time.Hour, "")
	f("1h30m", 90*time.Minute, "")
	f("30", 0, `--oldest: "30" is no age; want one like 30d, 720h or 90m, or 0 for any`)
	f("-3d", 0, `--oldest: "-3d" is no age; want one like 30d, 720h or 90m, or 0 for any`)
	f("", 0, `--oldest: "" is no age; want one like 30d, 720h or 90m, or 0 for any`)
}

// What String gives, Set reads, whatever is in it; and an error has its caret in line.
func FuzzFlags(f *testing.F) {
	f.Add(`Seq:missing=0`)
	f.Add(`M\:onth:jan=1,\,=-2`)
	f.Add("A,^B\\,\xff,")
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) ([]string, error){ParsePriority, ParseDifferentiator} {
			if got, err := parse(s); err != nil && err.Error() == "" || err == nil && len(got) == 0 {
				t.Errorf("%q, %v", got, err)
			}
		}
		var tr, again Translation
		if err := tr.Set(s); err != nil {
			_ = err.Error()
			return
		}
		for line := range strings.SplitSeq(tr.String(), "\n") {
			if strings.ContainsAny(s, "\n\r") {
				return // String is for lines
			}
			if err := again.Set(line); err != nil {
				t.Fatal(err)
			}
		}
		if fmt.Sprint(tr) != fmt.Sprint(again) {
			t.Errorf("%q: %v and %v", s, tr, again)
		}
	})
}

func TestVisible(t *testing.T) {
	got := visible("a\tß\xff�\x1b")
	if want := `a\tß\xff�\x1b`; got != want {
		t.Errorf("%s; want %s", got, want)
	}
	if !slices.Equal([]byte(visible("plain")), []byte("plain")) {
		t.Error("changed")
	}
}
