package target

import (
	"strings"
	"testing"
)

// FuzzParse wants that what is taken is told as it was typed, that nothing odd is
// taken for a file, and that a mistake is told on one line.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "a", "a.heka", "|wc", "| ", "unix:/s", "tcp:h:1", "tcp://[::1]:1",
		"x/", "ab:c", "a:b", "./ab:c", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		tg, err := Parse(spec, Options{})
		if err != nil {
			if tg != nil || !strings.Contains(spec, "\n") && strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v, %v", spec, tg, err)
			}
			return
		}
		if !strings.HasPrefix(spec, "|") && tg.String() != spec {
			t.Errorf("%q became %q", spec, tg.String())
		}
		if _, again := Parse(tg.String(), Options{}); again != nil {
			t.Errorf("%q is not taken again: %v", tg.String(), again)
		}
	})
}

// FuzzWhole wants that what is cut off is less than a unit.
func FuzzWhole(f *testing.F) {
	one := record(1, "hello")
	f.Add(append(one, one[:9]...))
	f.Add([]byte("a\nb"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if n := Records(p); n > len(p) || n > 0 && Records(p[:n]) != n {
			t.Errorf("%d of %d", n, len(p))
		}
		if n := Lines(p); n > 0 && p[n-1] != '\n' {
			t.Errorf("%d of %q", n, p)
		}
	})
}
