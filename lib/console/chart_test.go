package console

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"heka/lib/cbuf"
	"heka/lib/msg"
)

// ring returns a buffer of minutes that starts at noon, with the columns named.
func ring(t testing.TB, rows int, names ...string) *cbuf.Buffer {
	t.Helper()
	b, err := cbuf.New(rows, len(names), 60, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		b.SetColumn(i, cbuf.Column{Name: name, Unit: "count"})
	}
	b.Add(noon+int64(rows-1)*60e9, 0, math.NaN())
	return b
}

// fill puts values into the rows of a column from noon on; NaN is a hole.
func fill(b *cbuf.Buffer, col int, values ...float64) {
	for i, v := range values {
		b.Set(b.Start()+int64(i)*60e9, col, v)
	}
}

// payload returns the message of a payload, as filters send it.
func payload(sec int, title, text string) msg.Message {
	return msg.Message{
		Type: "heka.sandbox-output", Logger: "x", Severity: 7, Timestamp: noon + int64(sec)*1e9,
		Payload: text, Fields: []msg.Field{
			{Name: "payload_type", Value: "cbuf", Rep: "file-extension"},
			{Name: "payload_name", Value: title},
		},
	}
}

func chartOf(sec int, title string, b *cbuf.Buffer) msg.Message {
	return payload(sec, title, string(b.AppendText(nil)))
}

func TestChart(t *testing.T) {
	b := ring(t, 20, "HTTP_200", "HTTP_404", "HTTP_500")
	nan := math.NaN()
	fill(b, 0, nan, nan, 0, 1200, 2400, 3600, 4800, 6000, 12000, nan, 12000)
	fill(b, 1, nan, nan, nan, nan, nan, 1, nan, nan, 2)
	b.Annotate(b.Start()+5*60e9, 1, cbuf.Alert, "too \x1b[31mmany", true)
	b.Annotate(b.Start()+10*60e9, 0, cbuf.Info, "deploy", true)
	f := newFeed().send(false, chartOf(0, "HTTP \x1b[2JStatus", b))
	same(t, onTerminal(t, f, 70, 24).text(), `
HTTP \x1b[2JStatus  2026-10-01 12:02 to 12:10, rows of 1m
HTTP_200 12,000 ┤                              █████     █████
count           │                              █████     █████
                │               ▂▂▂▂▂▅▅▅▅▅██████████     █████
              0 ┤▁▁▁▁▁▃▃▃▃▃▆▆▆▆▆████████████████████     █████
HTTP_404      2 ┤                              █████
count           │                              █████
                │               █████          █████
              0 ┤               █████          █████
                                a                        i
                 12:02               12:06               12:10
nothing in HTTP_500
a 12:05 HTTP_404: too  [31mmany
i 12:10 HTTP_200: deploy
`)
	f = newFeed().send(false, chartOf(0, "Status", b))
	same(t, inPipe(t, f, 60), `
Status  2026-10-01 12:02 to 12:10, rows of 1m
HTTP_200 12000 |                        ####    ####
count          |                        ####    ####
               |            ....====########    ####
             0 |____----++++################    ####
HTTP_404     2 |                        ####
count          |                        ####
               |            ####        ####
             0 |            ####        ####
                            a                   i
                12:02           12:06          12:10
nothing in HTTP_500
a 12:05 HTTP_404: too  [31mmany
i 12:10 HTTP_200: deploy
`)
}

// TestChartOfManyRows wants peaks to be seen, and minima of what is a minimum.
func TestChartOfManyRows(t *testing.T) {
	b := ring(t, 2880, "peak", "least", "mean")
	b.SetColumn(1, cbuf.Column{Name: "least", Unit: "ms", Aggregation: cbuf.Min})
	b.SetColumn(2, cbuf.Column{Name: "mean", Unit: "ms", Aggregation: cbuf.None})
	for i := range int64(2880) {
		b.Set(b.Start()+i*60e9, 0, 1)
		b.Set(b.Start()+i*60e9, 1, 5)
		b.Set(b.Start()+i*60e9, 2, 1000+float64(i/30))
	}
	b.Set(b.Start()+1000*60e9, 0, 9)
	b.Set(b.Start()+2000*60e9, 1, 1)
	m := onTerminal(t, newFeed().send(false, chartOf(0, "x", b)), 60, 9)
	same(t, m.text(), `
x  2026-10-01 12:00 to 2026-10-03 11:59, peaks of 62 rows o…
peak     9 ┤▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
least    5 ┤████████████████████████████████▂██████████████
mean  1095 ┤▁▁▁▁▁▁▁▁▂▂▂▂▂▂▃▃▃▃▃▃▄▄▄▄▄▄▅▅▅▅▅▆▆▆▆▆▆▇▇▇▇▇▇████
            10-01 12:00            10-02 11:46  10-03 11:59
`)
}

// TestChartTakesThePlace wants one chart to be drawn over the one before, others beside
// it, and the last of each to stay.
func TestChartTakesThePlace(t *testing.T) {
	at := func(v float64) *cbuf.Buffer {
		b := ring(t, 5, "n")
		fill(b, 0, v, 1)
		return b
	}
	f := newFeed().send(false, chartOf(0, "a", at(3))).tick(true)
	f.send(true, chartOf(1, "a", at(4))).tick(true).send(false, chartOf(2, "b", at(2)))
	f.send(false, event(3, "a line")).send(false, chartOf(4, "a", at(5)))
	f.send(true, chartOf(5, "c", at(7)))
	m := onTerminal(t, f, 60, 40)
	got := m.text()
	for want, n := range map[string]int{
		"\na  2026": 1, "\nb  2026": 1, "\nc  2026": 0, " 5 ┤": 1, " 4 ┤": 0, " 3 ┤": 0, "a line": 1,
	} {
		if strings.Count("\n"+got, want) != n {
			t.Errorf("%q is not there %d times:\n%s", want, n, got)
		}
	}
	f = newFeed()
	for i := range 3 * maxCharts {
		f.send(false, chartOf(i, fmt.Sprint("chart", i), at(1)))
	}
	if n := strings.Count(onTerminal(t, f, 60, 40).text(), "chart"); n != 3*maxCharts {
		t.Errorf("%d charts are left", n)
	}
}

// TestRowsBesideCharts wants tables and charts to leave each other alone.
func TestRowsBesideCharts(t *testing.T) {
	b := ring(t, 5, "n")
	fill(b, 0, 1)
	f := newFeed().send(false, chartOf(0, "a", b)).send(true, rate(1, 3)).tick(true)
	f.send(true, rate(2, 6)).send(true, rate(3, 9)).send(false, rate(4, 12))
	got := onTerminal(t, f, 60, 40).text()
	if strings.Count(got, "a  2026") != 1 || strings.Count(got, "rate") != 1 {
		t.Error(got)
	}
}

func TestNoChart(t *testing.T) {
	b := ring(t, 3, "n")
	text := string(b.AppendText(nil))
	f := func(m msg.Message, want string) {
		t.Helper()
		if got := inPipe(t, newFeed().send(false, m), 80); !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f(payload(0, "x", text), "x  no data\n")
	f(payload(0, "x", text[:len(text)-2]), `{"time":`)
	f(payload(0, "x", "no header"), "no header")
	f(payload(0, "x", "{}"), "{}")
	m := payload(0, "x", text)
	m.Fields[0].Value = "txt"
	f(m, `{"time":`)
	m = payload(0, "x", text)
	m.Fields = append(m.Fields, msg.Field{Name: fieldError, Value: "bad"})
	f(m, `{"time":`)
}

// TestChartFits wants every line of a chart to fit, whatever the numbers and sizes.
func TestChartFits(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}
	for _, width := range []int{20, 40, 81} {
		for _, height := range []int{2, 10, 30} {
			for cols := 1; cols <= len(names); cols += 5 {
				b := ring(t, 300, names[:cols]...)
				for i := range cols {
					fill(b, i, math.Inf(1), -1e300, 0, math.Inf(-1), 5, 1e-300)
					b.Annotate(b.Start(), i, cbuf.Info, strings.Repeat("long", 50), false)
				}
				fill(b, 0, make([]float64, 299)...)
				m := onTerminal(t, newFeed().send(true, chartOf(0, "t", b)).tick(true), width, height)
				if len(m.lines) > height {
					t.Errorf("%dx%d, %d columns: %d lines", width, height, cols, len(m.lines))
				}
			}
		}
	}
}

func TestChartColors(t *testing.T) {
	b := ring(t, 3, "n", "m")
	fill(b, 0, 1)
	fill(b, 1, 1)
	draw := func(color bool) string {
		v := view(t, chartOf(0, "x", b))
		return string(newChart(&v).append(nil, &look{color: color, width: 50, height: 20, loc: time.UTC}))
	}
	if got := draw(true); !strings.Contains(got, green) || !strings.Contains(got, cyan) {
		t.Errorf("%q", got)
	}
	if got := draw(false); strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
}

// TestEventsLikeCharts wants lines of JSON to be as cheap as others.
func TestEventsLikeCharts(t *testing.T) {
	m := payload(0, "x", `{"level":"info"}`)
	m.Fields = nil
	v := view(t, m)
	if n := testing.AllocsPerRun(100, func() {
		if newChart(&v) != nil {
			t.Error("a chart")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func view(t *testing.T, m msg.Message) msg.View {
	t.Helper()
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func FuzzChart(f *testing.F) {
	b := ring(f, 5, "n", "m")
	fill(b, 1, 1, 2.5)
	b.Annotate(b.Start(), 0, cbuf.Alert, "text", true)
	f.Add(string(b.AppendText(nil)), 80, 24)
	f.Add(`{"time":0,"rows":1,"columns":1,"seconds_per_row":1,"column_info":[{"name":"\u001b[2J"}],`+
		`"annotations":[{"x":0,"col":1,"shortText":"\u001b","text":"\u001b[2J"}]}`+"\n1\n", 80, 24)
	f.Fuzz(func(t *testing.T, text string, width, height int) {
		m := payload(0, "x", text)
		v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
		if err != nil || len(text) > 1<<16 {
			return
		}
		c := newChart(&v)
		if c == nil {
			return
		}
		k := &look{screen: true, width: width & 255, height: height & 63, loc: time.UTC}
		if s := string(c.append(nil, k)); strings.Contains(s, "\x1b") {
			t.Errorf("%q", s)
		}
	})
}
