package encode

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAppendVisible(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := string(AppendVisible([]byte("x"), []byte(s))); got != "x"+want {
			t.Errorf("%q becomes %q, not %q", s, got[1:], want)
		}
	}
	f("", "")
	f("plain é 世界 😀 \\", "plain é 世界 😀 \\")
	f("\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`)
	f("a\tb\r\n\x00\x7f", `a\tb\r\n\x00\x7f`)
	f("\u009b31m", `\u009b31m`)
	f("\xff\xc3", `\xff\xc3`)
	f("\u202eabc\u2066\u200f\ufeff", `\u202eabc\u2066\u200f\ufeff`)
	f("\U000e0041", `\ue0041`)
	f("\uFFFD", "\uFFFD")
}

// FuzzAppendVisible holds that nothing in the result acts on a terminal.
func FuzzAppendVisible(f *testing.F) {
	f.Add([]byte("\x1b]0;title\a\u009b\u202e\xff"))
	f.Fuzz(func(t *testing.T, s []byte) {
		got := AppendVisible(nil, s)
		if !utf8.Valid(got) {
			t.Fatalf("%q becomes %q", s, got)
		}
		for _, r := range string(got) {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%q becomes %q", s, got)
			}
		}
	})
}
