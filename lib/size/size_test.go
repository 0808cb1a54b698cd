package size

import "testing"

func TestParse(t *testing.T) {
	f := func(in string, want int64, ok bool) {
		t.Helper()
		if got, k := Parse(in); k != ok || ok && got != want {
			t.Errorf("%q: got %d, %v; want %d, %v", in, got, k, want, ok)
		}
	}
	f("65536", 65536, true)
	f("64KiB", 65536, true)
	f("64 KiB", 65536, true)
	f("1MB", 1e6, true)
	f("2G", 2<<30, true)
	f("0", 0, true)
	f("-1", 0, false)
	f("", 0, false)
	f("1.5M", 0, false)
	f("9999999GiB", 0, false)
	f("MiB", 0, false)
}

func TestFormat(t *testing.T) {
	f := func(n int64, want string) {
		t.Helper()
		if got := Format(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
	f(0, "0B")
	f(1023, "1023B")
	f(8<<20, "8MiB")
	f(1500, "1.5KiB")
}

func TestValue(t *testing.T) {
	f := func(text string, want int64, shown string) {
		t.Helper()
		s := Value{Min: 1}
		if err := s.Set(text); (err != nil) != (want == 0) || s.Bytes != want {
			t.Errorf("%s: got %d, %v, want %d", text, s.Bytes, err, want)
		} else if err == nil && s.String() != shown {
			t.Errorf("%s: shown as %s, want %s", text, s.String(), shown)
		}
	}
	f("1", 1, "1B")
	f("64KiB", 65536, "64KiB")
	f("1MB", 1e6, "976.6KiB")
	f("2GiB", 2<<30, "2GiB")
	f("3GiB", 0, "")
	f("9999999999999999999", 0, "")
	f("-1", 0, "")
	f("0", 0, "")
	f("x", 0, "")
	f("", 0, "")
}
