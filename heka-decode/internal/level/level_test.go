package level

import "testing"

func TestSeverity(t *testing.T) {
	f := func(word string, want int64) {
		t.Helper()
		got, ok := Severity([]byte(word))
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", word, got, want)
		}
	}
	f("emerg", 0)
	f("alert", 1)
	f("FATAL", 2)
	f("Error", 3)
	f("warning", 4)
	f("notice", 5)
	f("INFO", 6)
	f("informational", 6)
	f("debug", 7)
	f("@@@@", -1)
	f("", -1)
	f("information overload", -1)
}

func TestIsField(t *testing.T) {
	f := func(name string, want bool) {
		t.Helper()
		if IsField([]byte(name)) != want {
			t.Errorf("%q: not %v", name, want)
		}
	}
	f("level", true)
	f("severity", true)
	f("levels", false)
}
