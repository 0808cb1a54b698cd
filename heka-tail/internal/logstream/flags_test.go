package logstream

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParsePriority(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got, err := ParsePriority(in)
		if s := strings.Join(got, "|"); err != nil && err.Error() != want || err == nil && s != want {
			t.Errorf("%q: %q, %v; want\n%s", in, s, err, want)
		}
	}
	f("Year", "Year")
	f("Year,^Seq", "Year|^Seq")
	f(" Year , ^ Seq ", "Year|^Seq")
	f("", "--priority: no group is named; want names like Year,^Seq")
	f("Year,", "--priority: the name of a group is missing\n    Year,\n         ^ want names like Year,Month,^Seq")
	f("Year,^,Seq", "--priority: the name of a group is missing\n    Year,^,Seq\n         ^ want names like Year,Month,^Seq")
	f("Year;Seq", "--priority: this is no name of a group\n    Year;Seq\n    ^ want names like Year,Month,^Seq")
	f("A,B,^A", "--priority: A is named before\n    A,B,^A\n        ^ the first decides, so drop this one")
}

func TestParseDifferentiator(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got, err := ParseDifferentiator(in)
		if s := strings.Join(got, "|"); err != nil && err.Error() != want || err == nil && s != want {
			t.Errorf("%q: %q, %v; want\n%s", in, s, err, want)
		}
	}
	f("nginx,-,Host", "nginx|-|Host")
	f(`a\,b, x ,\\`, `a,b| x |\`)
	f("", "--differentiator: there is nothing here; want groups and text, like nginx-,Host; \\, is a comma")
	f("a,", "--differentiator: there is nothing here\n    a,\n      ^ want groups and text, like nginx-,Host; \\, is a comma")
	f(`a\`, "--differentiator: there is nothing behind this backslash\n    a\\\n     ^ \\\\ is a backslash")
}

func TestTranslation(t *testing.T) {
	var tr Translation
	f := func(in, want string) {
		t.Helper()
		before := tr.String()
		switch err := tr.Set(in); {
		case err == nil && tr.String() != want:
			t.Errorf("%q gives %s; want %s", in, tr.String(), want)
		case err != nil && err.Error() != want:
			t.Errorf("%q: %v; want\n%s", in, err, want)
		case err != nil && tr.String() != before:
			t.Errorf("%q: an error, and %s became %s", in, before, tr.String())
		}
	}
	const want = "want a group, a colon, and numbers for texts, like Month:jan=1,feb=2"
	f("Seq", "--translate: the name of a group and a colon are missing\n    Seq\n      ^ "+want)
	f(":a=1", "--translate: the name of a group and a colon are missing\n    :a=1\n    ^ "+want)
	f("Seq=1", "--translate: the name of a group and a colon are missing\n    Seq=1\n       ^ "+want)
	f("Seq:", "--translate: a text is missing\n    Seq:\n        ^ for a group that matched nothing it is \"missing\"")
	f("Seq:a", "--translate: this text has no number\n    Seq:a\n        ^ "+want)
	f("Seq:a=1,b=x", "--translate: this is no whole number of at most 18 digits\n    Seq:a=1,b=x\n              ^ "+want)
	f("Seq:a=1000000000000000000", "--translate: this is no whole number of at most 18 digits\n    Seq:a=1000000000000000000\n          ^ "+want)
	f("Seq:missing=0", "Seq:missing=0")
	f("Month:Jan=1, feb = -2", "Month:feb=-2,jan=1\nSeq:missing=0")
	f("Month:mar=3", "Month:feb=-2,jan=1,mar=3\nSeq:missing=0")
	f("Month:mar=3", "Month:feb=-2,jan=1,mar=3\nSeq:missing=0")
	f("Month:apr=4,MAR=5", "--translate: \"mar\" of Month has a number already\n    Month:apr=4,MAR=5\n                ^ it is 3")
	f(`Seq:\,\=\\:=7`, "Month:feb=-2,jan=1,mar=3\nSeq:\\,\\=\\\\\\:=7,missing=0")
}

func TestParseOldest(t *testing.T) {
	f := func(in string, want time.Duration, text string) {
		t.Helper()
		if got, err := ParseOldest(in); got != want || err == nil && text != "" || err != nil && err.Error() != text {
			t.Errorf("%q: %v, %v", in, got, err)
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
