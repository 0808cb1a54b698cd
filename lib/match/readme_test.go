package match

import (
	"os"
	"strings"
	"testing"
)

// section returns the part of the README below a heading.
func section(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, s, ok := strings.Cut(string(b), "\n## "+name+"\n")
	if !ok {
		t.Fatalf("README.md has no section %s", name)
	}
	s, _, _ = strings.Cut(s, "\n## ")
	return s
}

func TestReadme(t *testing.T) {
	for _, name := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "GRAMMAR", "MEANING", "EXAMPLES",
		"DIFFERENCES FROM HEKA", "SEE ALSO"} {
		section(t, name)
	}
	examples, complaint, ok := strings.Cut(section(t, "EXAMPLES"), "An error shows")
	if !ok {
		t.Fatal("no example of an error")
	}
	n := 0
	for line := range strings.Lines(examples) {
		if expr, ok := strings.CutPrefix(line, "    "); ok {
			expr, _, ok = strings.Cut(expr, " # ")
			if roundTrip(t, expr); !ok {
				t.Errorf("%s: it isn't said what this selects", expr)
			}
			n++
		}
	}
	if n < 15 {
		t.Errorf("%d examples", n)
	}
	_, err := Parse("Type = 'nginx.access'")
	for line := range strings.Lines(err.Error()) {
		if !strings.Contains(complaint, "    "+strings.TrimRight(line, "\n")+"\n") {
			t.Errorf("README.md lacks %q", line)
		}
	}
}
