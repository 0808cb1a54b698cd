package capture

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// agree wants a matcher to find in line what package regexp finds.
func agree(t *testing.T, pattern, line string) {
	t.Helper()
	e, err := Compile(pattern)
	if err != nil {
		return
	}
	want := e.re.FindSubmatchIndex([]byte(line))
	if got := e.matcher().find([]byte(line)); !slices.Equal(got, want) {
		t.Fatalf("%q in %q: %v, want %v", pattern, line, got, want)
	}
	if want != nil && !e.quick([]byte(line)) {
		t.Fatalf("%q in %q: not quick", pattern, line)
	}
	// Groups without names were taken out: what is left matches alike.
	if re := regexp.MustCompile(pattern); re.MatchString(line) != (want != nil) {
		t.Fatalf("%q in %q: another expression", pattern, line)
	}
}

func TestFind(t *testing.T) {
	for _, pattern := range []string{
		``, `a`, `^a$`, `(?P<x>a*)(?P<y>a)`, `(?P<x>a*?)(?P<y>b)`, `(?P<x>a|ab)(?P<y>c|bcd)`,
		`(?P<x>[^b]*)b`, `(?P<x>[^b]+?)b`, `(?:(?P<x>a)|(?P<y>b))*`, `(?P<x>a*)*b`, `(?i)É(?P<x>.)`,
		`\b(?P<x>\w+)\b$`, `(?m)^(?P<x>b.*)$`, `(?s)a.b`, `(?P<x>é+|.)x`, `(?:|a)+`, `(?P<x>(?:a{2}){2})`,
		`[^a]`, `\x{fffd}`, `(?P<x>x*)$`, `\B(?P<x>a)`, `(?P<x>.*)b(?P<y>.*)`, `[[:^ascii:]]+(?P<x>.)`,
	} {
		for _, line := range []string{
			"", "a", "b", "aab", "abcd", "aaaa", "xéb", "é", "a\nb", "b\xffa", "\xc3", "ÉA éa",
			"aéx x",
		} {
			agree(t, pattern, line)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add(`^(?P<a>\S+) "(?P<b>[^"]*)" (?P<c>\d+|-)`, `x "y z" 17`)
	f.Add(`(?P<a>x*?)(?:y|(?P<b>z+))*$`, "xxyzz")
	f.Add(`(?i)(?P<a>[k-s]+)\b`, "K \xffſ")
	f.Fuzz(func(t *testing.T, pattern, line string) {
		if len(pattern) < 60 && len(line) < 100 {
			agree(t, pattern, line)
		}
	})
}

// TestHostile wants what drives other matchers to despair to take linear time, and a
// line too long for the notes to be matched all the same.
func TestHostile(t *testing.T) {
	agree(t, `(?P<x>(a*)*)*b`, strings.Repeat("a", 5000))
	agree(t, `(?P<x>a?){30}a{30}`, strings.Repeat("a", 30))
	agree(t, `(?P<x>(?:a{1,30}b){999})|c`, "xc")
	e, err := Compile(`(?P<x>(?:a|aa)+)b`)
	if err != nil {
		t.Fatal(err)
	}
	m := e.matcher()
	m.limit = 100
	if got := m.find([]byte(strings.Repeat("a", 1000) + "b")); len(got) != 4 || got[3] != 1000 {
		t.Errorf("beyond the limit: %v", got)
	}
}

func TestFindAllocs(t *testing.T) {
	e, err := Compile(`(?P<x>\w+)=(?P<y>.*?);`)
	if err != nil {
		t.Fatal(err)
	}
	m, line := e.matcher(), []byte("so it goes: a=b; and on")
	if n := testing.AllocsPerRun(100, func() { m.find(line) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
