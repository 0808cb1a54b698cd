package stamp

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func TestParseRFC3339(t *testing.T) {
	paris := time.FixedZone("there", 3600)
	f := func(in, want string) {
		t.Helper()
		ns, ok := ParseRFC3339([]byte(in), paris)
		got := "none"
		if ok {
			got = time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	f("2026-11-22T19:04:05Z", "2026-11-22T19:04:05Z")
	f("2026-11-22t19:04:05z", "2026-11-22T19:04:05Z")
	f("2026-11-22T19:04:05.123456789+01:00", "2026-11-22T18:04:05.123456789Z")
	f("2026-11-22 19:04:05,5 -0530", "2026-11-23T00:34:05.5Z")
	f("2026/11/22 19:04:05+01", "2026-11-22T18:04:05Z")
	f("2026-11-22T19:04", "2026-11-22T18:04:00Z")
	f("2026-11-22T19:04:05.1234567891234Z", "2026-11-22T19:04:05.123456789Z")
	f("2026-11-22 19:04:05", "2026-11-22T18:04:05Z")
	f("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z")
	f("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z")
	f("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z")
	f("1700-03-01T00:00:00Z", "1700-03-01T00:00:00Z")
	f("2023-02-29T00:00:00Z", "none")
	f("2026-13-22T19:04:05Z", "none")
	f("2026-11-22T24:04:05Z", "none")
	f("2026-11-22T19:04:05Zx", "none")
	f("2026-11-22T19:04:05.Z", "none")
	f("2026-11-22T19:04:0", "none")
	f("2026-11/22T19:04:05", "none")
	f("0001-01-01T00:00:00Z", "none")
	f("2026-11-22T19:04:05+25:00", "none")
	f("", "none")
}

func FuzzRFC3339(f *testing.F) {
	f.Add("2026-11-22T19:04:05.25+01:00")
	f.Add("2000-02-29T00:00:00Z")
	f.Add("2026-11-22 19:04")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseRFC3339([]byte(s), time.UTC)
		var want time.Time
		err := want.UnmarshalText([]byte(s)) // stricter than time.Parse
		if n := len(s); n > 6 && (s[n-2:] == "60" || s[n-5:n-3] == "24") {
			return // offsets that no zone has, and that time lets pass
		}
		if err != nil || s[13] != ':' || want.Year() < 1678 || want.Year() > 2261 {
			return
		}
		if !ok || got != want.UnixNano() {
			t.Errorf("%q: %d %v, want %d", s, got, ok, want.UnixNano())
		}
	})
}

func TestEpoch(t *testing.T) {
	f := func(in string, want int64) {
		t.Helper()
		got, ok := ParseEpoch([]byte(in))
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
	f("1700000000", 1700000000e9)
	f("1700000000.25", 1700000000_250000000)
	f("1700000000.123456789", 1700000000_123456789)
	f("1700000000123", 1700000000_123000000)
	f("1700000000123.5", 1700000000_123500000)
	f("1700000000123456", 1700000000_123456000)
	f("1700000000123456789", 1700000000_123456789)
	f("-5", -5e9)
	f("0", 0)
	f("9999999999999999999", -1)
	f("1e9", -1)
	f("12.", -1)
	f("", -1)
	f("-", -1)
	if ns, ok := EpochFloat(1700000000.25); !ok || ns != 1700000000_250000000 {
		t.Errorf("EpochFloat: %d %v", ns, ok)
	}
	if _, ok := EpochFloat(1e300); ok {
		t.Error("EpochFloat takes 1e300")
	}
}

func TestUnixNear(t *testing.T) {
	f := func(month, day int, near, want string) {
		t.Helper()
		at, err := time.Parse(time.DateOnly, near)
		if err != nil {
			t.Fatal(err)
		}
		c := Civil{Month: month, Day: day}
		ns, ok := c.UnixNear(nil, at.UnixNano())
		if got := time.Unix(0, ns).UTC().Format(time.DateOnly); !ok || got != want {
			t.Errorf("%d-%d near %s: %s %v, want %s", month, day, near, got, ok, want)
		}
	}
	f(10, 11, "2026-11-22", "2026-10-11")
	f(12, 31, "2026-01-01", "2025-12-31")
	f(1, 1, "2025-12-31", "2026-01-01")
	f(2, 29, "2026-01-01", "2024-02-29")
	f(2, 29, "2027-03-01", "2028-02-29")
	c := Civil{Month: 2, Day: 30}
	if _, ok := c.UnixNear(nil, 0); ok {
		t.Error("there is no 30th of February")
	}
}

// reader returns the reader of these flags.
func reader(t *testing.T, args ...string) (*Reader, error) {
	t.Helper()
	var f Flags
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.Declare(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f.Reader(time.UTC)
}

func TestReader(t *testing.T) {
	near := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC).UnixNano()
	f := func(format, in, want string) {
		t.Helper()
		r, err := reader(t, "--time-format", format)
		if err != nil {
			t.Fatal(err)
		}
		got := "none"
		if ns, ok := r.Text([]byte(in), near); ok {
			got = time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%s of %q: %s, want %s", format, in, got, want)
		}
	}
	f("auto", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")
	f("auto", "1700000000", "2023-11-14T22:13:20Z")
	f("auto", "17", "none")
	f("auto", "02/Jan/2026:03:04:05 +0100", "2026-01-02T02:04:05Z")
	f("auto", "02/Jan/2026:03:04:05 +0100 ", "none")
	f("auto", "Dec 31 23:59:59", "2025-12-31T23:59:59Z")
	f("auto", "Dec 31 2024 23:59:59.5Z", "2024-12-31T23:59:59.5Z")
	f("auto", "2024 Dec  1 23:59:59", "2024-12-01T23:59:59Z")
	f("auto", "Dec 31 23:59", "none")
	f("epoch", "17", "1970-01-01T00:00:17Z")
	f("rfc3339", "1700000000", "none")
	f("%d/%b/%Y:%H:%M:%S %z", "02/Jan/2026:03:04:05 +0100", "2026-01-02T02:04:05Z")
	f("%Y-%m-%d %H:%M:%S.%f", "2026-01-02 03:04:05.25", "2026-01-02T03:04:05.25Z")
	f("%b %d %H:%M:%S", "Dec 31 23:59:59", "2025-12-31T23:59:59Z")
	f("%b %d %H:%M:%S", "yesterday", "none")
	f("%Y", "9999", "none")
}

func TestReaderErrors(t *testing.T) {
	f := func(format, want string) {
		t.Helper()
		_, err := reader(t, "--time-format", format)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", format, err, want)
		}
	}
	f("iso", "--time-format \"iso\": names no format")
	f("%Q", "can't be read back")
	f("%", "can't be read back")
}

func TestReaderAllocs(t *testing.T) {
	for format, in := range map[string]string{
		"auto":                 "2026-11-22T19:04:05.25+01:00",
		"epoch":                "1700000000.25",
		"%Y-%m-%d %H:%M:%S.%f": "2026-01-02 03:04:05.25",
	} {
		r, err := reader(t, "--time-format", format)
		if err != nil {
			t.Fatal(err)
		}
		line := []byte(in)
		if n := testing.AllocsPerRun(100, func() { r.Text(line, 0) }); n != 0 {
			t.Errorf("%s: %v allocations", format, n)
		}
	}
}

func BenchmarkParseRFC3339(b *testing.B) {
	line := []byte("2026-11-22T19:04:05.123456Z")
	b.ReportAllocs()
	for b.Loop() {
		ParseRFC3339(line, time.UTC)
	}
}
