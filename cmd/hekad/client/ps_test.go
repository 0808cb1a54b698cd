package client

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
)

func TestPs(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: clock(troubled)})
	code, out, errs := hekad(t, "ps", "--over", "1ms", "--state", state)
	if code != 1 || errs != "" {
		t.Errorf("status %d, %s", code, errs)
	}
	want(t, "ps", out, `
node    state    in/s  out/s     in    out    bytes  errors  dropped  dead  blocked       queue       spool     lag  restarts  cpu
nginx   running     -    12k      -  43.2M  17.6GiB       -        -     -  by store          -           -  123MiB         -    -
status  running   11k      -  39.6M    360  14.1GiB       3        -     -  -                 -           -       -         -    -
store   stuck      1k    500   3.6M   1.8M   1.8GiB       -        -    17  -         15MiB 94%  990MiB 97%       -         3  25%
mail    failed      -      -      -      -        -       -    1.23M     -  -                 -           -       -         -    -

bad   store: has input and has done nothing for 1h; hekad tap --in store shows what it is given
bad   store: its spool is full to 97%, the oldest of it is 1h6m old; see why it is slow, or make spool larger
bad   mail: failed: dial \x1b[2Jmail.example: refused; mend it, then hekad reload
warn  nginx: waits for store, 1m15s in all; its spool is full: make it larger, or see why store is slow
warn  nginx: lost 68.4KiB of its source in 2 places; it was rotated away or cut before it was read
warn  status: could not process 3 messages; hekad tap status 'Fields[heka.error] != NIL' shows them
warn  store: was started again 3 times; the daemon's log says why
warn  store: put 17 messages into its dead letters; once it is mended: heka-replay /var/lib/hekad/dead/store.heka | heka-out https://search.example:9200
warn  mail: gave up 1.23M messages, its queue was full; make queue larger, or say full = "block"
`)
}

func TestPsQuiet(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: clock(quiet)})
	code, out, errs := hekad(t, "ps", "--over", "0", "--state", state)
	if code != 0 || errs != "" {
		t.Errorf("status %d, %s", code, errs)
	}
	want(t, "ps", out, `
node    state    in/s  out/s     in  out    bytes
nginx   running     -   0.03      -  100        -
status  running   11k    0.1  39.6M  360  14.1GiB
`)
	_, out, _ = hekad(t, "ps", "--over", "0", "-a", "--state", state)
	if head, _, _ := strings.Cut(out, "\n"); !strings.HasSuffix(head, "restarts  cpu  mem") {
		t.Errorf("ps -a: %s", head)
	}
	_, out, _ = hekad(t, "ps", "--over", "0", "--color", "always", "--state", state)
	if !strings.Contains(out, green+"running"+plain) {
		t.Errorf("ps --color always: %q", out)
	}
}

func TestPsCSV(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: clock(troubled)})
	code, out, errs := hekad(t, "ps", "--over", "1ms", "-o", "csv", "--state", state)
	if code != 1 || errs != "" {
		t.Errorf("status %d, %s", code, errs)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cell := func(row int, name string) string {
		for i, n := range rows[0] {
			if n == name {
				return rows[row][i]
			}
		}
		return "no column"
	}
	f := func(row int, name, want string) {
		t.Helper()
		if got := cell(row, name); got != want {
			t.Errorf("%s of %s: %s, want %s", name, cell(row, "node"), got, want)
		}
	}
	f(1, "node", "nginx")
	f(1, "out_rate", "12000.0")
	f(1, "blocked_by", "store")
	f(1, "lag", "128974848")
	f(1, "gap_bytes", "70000")
	f(2, "in_rate", "11000.0")
	f(3, "state", "running")
	f(3, "spool", "1038090240")
	f(3, "spool_max", "1073741824")
	f(3, "cpu", "0.250")
	f(3, "dead", "17")
	f(4, "dropped", "1234567")
	f(4, "why", `dial \x1b[2Jmail.example: refused`)
}

func TestPsJSON(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: clock(func(up time.Duration) api.Status {
		s := troubled(up)
		s.Nodes[3].Why = "\x1b\u009b\u202e\x7f\U000e0041é\uFFFD"
		return s
	})})
	code, out, errs := hekad(t, "ps", "--over", "1ms", "-o", "json", "--state", state)
	if code != 1 || errs != "" {
		t.Errorf("status %d, %s", code, errs)
	}
	if i := strings.IndexAny(out, "\x1b\u009b\u202e\x7f\U000e0041"); i >= 0 {
		t.Errorf("%q acts on a terminal", out[i:i+10])
	}
	var s struct {
		Pid   int
		Stuck []string
		Nodes []struct {
			Name   string
			Why    string
			InRate float64 `json:"in_rate"`
			In     int64
		}
		Findings []struct{ Level, About string }
	}
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	if s.Pid != 4242 || len(s.Nodes) != 4 || s.Nodes[1].InRate != 11_000 || len(s.Findings) != 9 {
		t.Errorf("%+v", s)
	}
	if got := s.Nodes[3].Why; got != "\x1b\u009b\u202e\x7f\U000e0041é\uFFFD" {
		t.Errorf("why: %q", got)
	}
}

// TestRates wants none below zero, and those of another daemon not to be taken for this
// one's.
func TestRates(t *testing.T) {
	a, b := troubled(time.Hour), troubled(time.Hour+2*time.Second)
	if s := newSample(&a, b); s.rates[1].in != 11_000 || s.in != 12_000 || s.over != 2*time.Second {
		t.Errorf("%+v", s)
	}
	if s := newSample(nil, b); s.rates[1].in != 11_000 || s.over != time.Hour+2*time.Second {
		t.Errorf("since the start: %+v", s)
	}
	if s := newSample(&b, a); s.rates[1].in != 11_000 {
		t.Errorf("a clock that was set back: %+v", s.rates)
	}
	c := b
	c.Pid++
	if s := newSample(&a, c); s.over != time.Hour+2*time.Second {
		t.Errorf("another daemon: %+v", s)
	}
	b.Nodes[1].In = 0
	if s := newSample(&a, b); s.rates[1].in != 0 {
		t.Errorf("a count that went back: %+v", s.rates[1])
	}
	if s := newSample(&a, api.Status{}); len(s.rates) != 0 || s.in != 0 {
		t.Errorf("nothing: %+v", s)
	}
}

func TestNumbers(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f(count(99_999), "99999")
	f(count(100_000), "100k")
	f(count(-1_234_567), "-1.23M")
	f(short(999.4), "999")
	f(short(999.9), "1k")
	f(short(1.5e12), "1.5T")
	f(short(0.001), "<0.01")
	f(short(0.126), "0.13")
	f(short(12.34), "12.3")
	f(short(12), "12")
	f(percent(0.257), "26%")
	f(span(-time.Second), "0s")
	f(span(12300*time.Microsecond), "12.3ms")
	f(span(1500*time.Millisecond), "1.5s")
	f(span(59*time.Second), "59s")
	f(span(61*time.Second), "1m1s")
	f(span(3*time.Hour), "3h")
	f(span(50*time.Hour), "2d2h")
	f(cut("a\x1b[31mbcdef\x1b[0m", 4), "a\x1b[31mbc…\x1b[0m")
	f(plural(1, "node"), "1 node")
}
