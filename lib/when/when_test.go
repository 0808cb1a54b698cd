package when

import (
	"context"
	"math"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestParse(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got, err := Parse(in, now, time.FixedZone("", 3600))
		if err != nil {
			t.Errorf("%s: %v", in, err)
		} else if s := time.Unix(0, got).UTC().Format(time.RFC3339Nano); s != want {
			t.Errorf("%s: got %s, want %s", in, s, want)
		}
	}
	f("now", "2026-03-01T12:00:00Z")
	f("-10m", "2026-03-01T11:50:00Z")
	f("now-1h30m", "2026-03-01T10:30:00Z")
	f("now+1.5s", "2026-03-01T12:00:01.5Z")
	f("+5s", "2026-03-01T12:00:05Z")
	f("-2d", "2026-02-27T12:00:00Z")
	f("-1w", "2026-02-22T12:00:00Z")
	f("2026-03-01T12:30:05.25Z", "2026-03-01T12:30:05.25Z")
	f("2026-03-01 12:30:05+02:00", "2026-03-01T10:30:05Z")
	f("2026-03-01 12:30", "2026-03-01T11:30:00Z")
	f("2026-03-01", "2026-02-28T23:00:00Z")
	f("@1772368205", "2026-03-01T12:30:05Z")
	f("@1772368205.25", "2026-03-01T12:30:05.25Z")
	f("@-0.5", "1969-12-31T23:59:59.5Z")
}

func TestParseMistakes(t *testing.T) {
	f := func(in string) {
		t.Helper()
		if got, err := Parse(in, now, time.UTC); err == nil {
			t.Errorf("%q: got %d, want an error", in, got)
		}
	}
	f("")
	f("-")
	f("now-")
	f("now 5")
	f("-5")
	f("-5y")
	f("-.s")
	f("-1e9s")
	f("-300000d")
	f("yesterday")
	f("2026-13-01")
	f("0001-01-01")
	f("@")
	f("@99999999999999999")
	f("@1.0000000001")
	f("@1.-5")
}

func TestWindow(t *testing.T) {
	w, err := ParseWindow("2026-03-01", "2026-03-02", now, time.UTC)
	if err != nil || !w.Contains(w.From) || w.Contains(w.To) || w.Contains(w.From-1) {
		t.Error(w, err)
	}
	if !w.Overlaps(w.From-5, w.From) || w.Overlaps(w.To, w.To+5) || w.Overlaps(1, w.From-1) {
		t.Error("overlaps")
	}
	open, err := ParseWindow("", "", now, time.UTC)
	if err != nil || !open.IsAlways() || !open.Contains(math.MaxInt64) ||
		!open.Contains(math.MinInt64) || !open.Overlaps(math.MaxInt64, math.MaxInt64) {
		t.Error(open, err)
	}
	for _, in := range [][2]string{{"x", ""}, {"", "x"}, {"now", "now"}, {"now", "-1s"}} {
		if w, err := ParseWindow(in[0], in[1], now, time.UTC); err == nil {
			t.Error(in, w)
		}
	}
}

func TestMachine(t *testing.T) {
	c := Machine()
	start := c.Now()
	if !c.Wait(context.Background(), nil, start+int64(time.Millisecond)) ||
		c.Now() < start+int64(time.Millisecond) {
		t.Error("did not wait")
	}
	far := c.Now() + int64(time.Hour)
	stop := make(chan struct{})
	close(stop)
	if c.Wait(context.Background(), stop, far) || c.Wait(context.Background(), stop, 0) {
		t.Error("a closed stop does not end it")
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(time.Millisecond, cancel)
	if c.Wait(ctx, nil, far) || c.Wait(ctx, nil, 0) {
		t.Error("the context does not end it")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"now-1h", "@1.5", "2026-03-01", "-9999999999w", "+1ns", "@-9223372036.9",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ns, err := Parse(s, now, time.UTC)
		if err != nil {
			return
		}
		text := time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		if again, err := Parse(text, now, time.UTC); err == nil && again != ns {
			t.Errorf("%q: %d, as %s: %d", s, ns, text, again)
		}
	})
}
