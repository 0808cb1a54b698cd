package console

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"heka/lib/msg"
)

// fields returns a message of a type with fields: names and values, and behind a
// value perhaps its representation, as "rep:ms".
func fields(kind string, all ...any) msg.Message {
	m := msg.Message{Type: kind, Severity: 7, Timestamp: noon}
	for i := 0; i < len(all); i += 2 {
		f := msg.Field{Name: all[i].(string), Value: all[i+1]}
		if i+2 < len(all) {
			if rep, ok := strings.CutPrefix(fmt.Sprint(all[i+2]), "rep:"); ok {
				f.Rep = rep
				i++
			}
		}
		m.Fields = append(m.Fields, f)
	}
	return m
}

// drawn returns the frame of messages of one type on a terminal of this size.
func drawn(t *testing.T, width, height int, all ...msg.Message) string {
	t.Helper()
	k := look{screen: true, unicode: true, loc: time.UTC, width: width, height: height}
	var f frame
	for i := range all {
		v, err := msg.Parse(all[i].Append(nil)[msg.HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		if n := len(f.tables); n == 0 || !f.tables[n-1].takes(&v) {
			f.tables = append(f.tables, newTable(&v))
		}
		f.tables[len(f.tables)-1].add(&v, &k)
	}
	p, n := render(nil, &f, &k)
	if n != strings.Count(string(p), "\n") || n > height-1 {
		t.Errorf("%d lines are counted in\n%s", n, p)
	}
	for line := range strings.Lines(string(p)) {
		if displayWidth(strings.TrimSuffix(line, "\n")) > width {
			t.Errorf("wider than %d: %q", width, line)
		}
	}
	return string(p)
}

func TestColumnsOfAllRows(t *testing.T) {
	same(t, drawn(t, 60, 20,
		fields("heka.top", "count", 4, "rep:count"),
		fields("heka.top", "status", 200, "ua", "curl", "count", 1234567, "rep:count"),
		fields("heka.top", "ua", "世界", "count", 500000, "rep:count", "approximate", true,
			"error", 17, "rep:count"),
	), `
status  ua         count  error
     -  -              4      -  ▏
   200  curl   1,234,567      -  ███████████████████████████
     -  世界    ~500,000     17  ██████████▉
`)
	// A key may have the name of a result.
	same(t, drawn(t, 60, 20,
		fields("heka.top", "count", "x", "count", 2, "rep:count"),
		fields("heka.top", "count", "y", "count", 1, "rep:count"),
	), `
count  count
x          2  ████████████████████████████████████████
y          1  ████████████████████
`)
}

func TestHistogram(t *testing.T) {
	same(t, drawn(t, 50, 20,
		fields("heka.hist", "lower", .05, "rep:s", "upper", .1, "rep:s", "count", 10, "rep:count",
			"percent", 50., "rep:%"),
		fields("heka.hist", "lower", .1, "rep:s", "upper", .2, "rep:s", "count", 0, "rep:count",
			"percent", 0., "rep:%"),
		fields("heka.hist", "lower", 1e18, "rep:s", "upper", math.Inf(1), "rep:s",
			"count", 10, "rep:count", "percent", .01, "rep:%"),
		fields("heka.hist", "missing", 3),
	), `
 lower  upper  count  percent  missing
 0.05s   0.1s     10    50.0%        -  ██████████
  0.1s   0.2s      0     0.0%        -
1e+18s    inf     10    <0.1%        -  ██████████
     -      -      -        -        3
`)
}

func TestStatsHaveNoBars(t *testing.T) {
	same(t, drawn(t, 60, 20,
		fields("heka.stats", "field", "a", "count", 10, "rep:count", "mean", 1.23456),
		fields("heka.stats", "field", "b", "count", 10, "rep:count", "mean", 123456.789),
	), `
field  count     mean
a         10    1.235
b         10  123,457
`)
}

func TestTextIsCutToTheWidth(t *testing.T) {
	long := "GET /a/path/that/is/longer/than/the/terminal?and=it&has=more HTTP/1.1"
	same(t, drawn(t, 50, 20,
		fields("heka.top", "request", long, "ua", "short one", "count", 2, "rep:count"),
		fields("heka.top", "request", "世界世界世界世界世界世界世界", "ua", "b", "count", 1, "rep:count"),
	), `
request             ua         count
GET /a/pa…HTTP/1.1  short one      2  ████████████
世界世界…世界世界   b              1  ██████
`)
	// Where that is not enough, columns stand closer; then a snapshot's line is cut.
	same(t, drawn(t, 14, 20,
		fields("heka.rate", "ports", 65535, "count", 2, "rep:count", "n", 50),
	), `
ports count  n
65535     2 50
`)
	same(t, drawn(t, 12, 20,
		fields("heka.rate", "ports", 65535, "count", 2, "rep:count", "rate", 5e9, "rep:/s"),
	), `
ports count…
65535     2…
`)
}

func TestOtherTypes(t *testing.T) {
	gap := fields("heka.gap", "source", "a.log", "bytes", 10)
	same(t, inPipe(t, newFeed().send(false, gap), 80), `
-- 2026-10-01 --
12:00:00.000 heka.gap source=a.log bytes=10
`)
	same(t, inPipe(t, newFeed().send(false, gap, gap, fields("heka.gap", "source", "b")), 80), `
source  bytes
a.log      10
a.log      10
-- 2026-10-01 --
12:00:00.000 heka.gap source=b
`)
	// What a table has no room for makes an event.
	failed := fields("heka.count", "count", 1, "heka.error", "no")
	same(t, inPipe(t, newFeed().send(false, failed), 80), `
-- 2026-10-01 --
12:00:00.000 heka.count count=1 heka.error=no
`)
	many := msg.Message{Type: "heka.count", Severity: 7, Timestamp: noon}
	for i := range maxFields + 1 {
		many.Fields = append(many.Fields, msg.Field{Name: fmt.Sprint("f", i), Value: i})
	}
	if got := inPipe(t, newFeed().send(false, many), 80); !strings.Contains(got, " f32=32\n") {
		t.Errorf("many fields: %s", got)
	}
}

// A table of many rows is drawn in pieces, with one head and the widths of the
// first piece.
func TestLongTable(t *testing.T) {
	f := newFeed()
	var rows []msg.Message
	for i := range 2*maxRows + 10 {
		rows = append(rows, fields("heka.count", "key", fmt.Sprint("k", i), "count", 7, "rep:count"))
	}
	for i := 0; i < len(rows); i += 1000 {
		f.send(false, rows[i:min(i+1000, len(rows))]...)
	}
	lines := strings.Split(inPipe(t, f, 30), "\n")
	if len(lines) != len(rows)+2 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, want := range map[int]string{
		0: "key    count", 1: "k0         7  ################",
		maxRows: "k9999      7  ################", maxRows + 1: "k10000      7  ################",
	} {
		if lines[i] != want {
			t.Errorf("line %d is %q, not %q", i, lines[i], want)
		}
	}
}

// Columns that differ from row to row do not make a table of any width.
func TestManyColumns(t *testing.T) {
	f := newFeed()
	for i := range 1000 {
		f.send(false, fields("heka.count", fmt.Sprint("key", i), 1, "count", 2))
	}
	got := inPipe(t, f, 80)
	for line := range strings.Lines(got) {
		if n := len(strings.Fields(line)); n > maxColumns {
			t.Fatalf("%d columns", n)
		}
	}
	if !strings.Contains(got, "key999") {
		t.Error("the last row is missing")
	}
}

func TestCut(t *testing.T) {
	f := func(s string, n int, want string) {
		t.Helper()
		got := string(appendCut(nil, []byte(s), n, "…"))
		if got != want || displayWidth(got) > n {
			t.Errorf("%q cut to %d is %q, not %q", s, n, got, want)
		}
	}
	f("abcdefgh", 7, "abc…fgh")
	f("abcdefgh", 4, "ab…h")
	f("abcdefgh", 2, "a…")
	f("abcdefgh", 1, "…")
	f("abcdefgh", 0, "")
	f("世界世界", 6, "世…界")
	f("e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301…e\u0301")
	if got := string(appendCut(nil, []byte("abcdefgh"), 5, "...")); got != "a...h" {
		t.Error(got)
	}
}

func TestBar(t *testing.T) {
	f := func(part float64, n int, unicode bool, want string) {
		t.Helper()
		if got := string(appendBar(nil, part, n, unicode)); got != want {
			t.Errorf("%v of %d is %q, not %q", part, n, got, want)
		}
	}
	f(1, 3, true, "███")
	f(.5, 3, true, "█▌")
	f(1e-9, 3, true, "▏")
	f(0, 3, true, "")
	f(-1, 3, true, "")
	f(math.NaN(), 3, true, "")
	f(math.Inf(1), 3, true, "███")
	f(7, 2, false, "##")
	f(.01, 9, false, "#")
}

func TestNumbers(t *testing.T) {
	f := func(x float64, want string) {
		t.Helper()
		if got := string(appendRounded(nil, x)); got != want {
			t.Errorf("%v is %q, not %q", x, got, want)
		}
	}
	f(0, "0")
	f(1, "1")
	f(-1.5, "-1.5")
	f(3.14159, "3.142")
	f(999.96, "1000")
	f(123456.7, "123457")
	f(.0012345, "0.001234")
	f(1.5e-7, "1.5e-07")
	f(1e300, "1e+300")
	f(math.NaN(), "NaN")
	f(math.Inf(-1), "-inf")
	g := func(s, want string) {
		t.Helper()
		if got := string(groupDigits([]byte("x"+s), 1)); got != "x"+want {
			t.Errorf("%s is %q, not %q", s, got[1:], want)
		}
	}
	g("", "")
	g("9999", "9999")
	g("10000", "10,000")
	g("-1234567.25", "-1,234,567.25")
	g("1e+300", "1e+300")
	g("12345e3", "12345e3")
	g("inf", "inf")
}
