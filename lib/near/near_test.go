package near

import (
	"strings"
	"testing"
)

func TestWord(t *testing.T) {
	names := []string{"nginx", "apache", "json", "logfmt", "syslog", "csv", "top", "count", "by", "Type"}
	f := func(word, want string) {
		t.Helper()
		if got := Word(word, names); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
	f("nginx", "nginx")
	f("ngnix", "nginx")
	f("ngin", "nginx")
	f("JSON", "json")
	f("jsn", "json")
	f("apahce", "apache")
	f("logfm", "logfmt")
	f("coutn", "count")
	f("tpo", "top")
	f("type", "Type")
	f("bz", "")
	f("x", "")
	f("", "")
	f("unrelated", "")
	f(strings.Repeat("n", 1<<20), "")
}
