package console

import (
	"bytes"
	"math"
	"slices"

	"heka/lib/cbuf"
	"heka/lib/encode"
	"heka/lib/msg"
)

// maxCharts is how many charts a snapshot has at most; with one more, the oldest is
// drawn to stay.
const maxCharts = 16

// chart is a message whose payload is a circular buffer, as it is drawn.
type chart struct {
	title   []byte
	seconds int64    // of a row
	start   int64    // of the first row that has a number, in seconds
	rows    int      // from that to the last that has one; 0: none has
	series  []series // the columns that have one
	empty   [][]byte // the names of the others
	notes   []cbuf.Annotation
	names   [][]byte // of all columns
	result  bool     // it is there to stay
}

// series is a column of a chart.
type series struct {
	name, unit []byte
	cells      []float64
	agg        cbuf.Aggregation
	at         int // among all columns
}

// newChart returns the chart of v; nil if it is none.
func newChart(v *msg.View) *chart {
	p := v.Payload()
	if len(p) == 0 || p[0] != '{' {
		return nil
	}
	if f, ok := v.Field("payload_type", 0); !ok || string(f.Text()) != cbuf.Full {
		return nil
	}
	if _, failed := v.Field(fieldError, 0); failed {
		return nil
	}
	text, err := cbuf.Parse(string(p))
	if err != nil || text.Times != nil {
		return nil
	}
	c := &chart{title: chartTitle(v), seconds: int64(text.SecondsPerRow)}
	c.take(text)
	return c
}

func chartTitle(v *msg.View) []byte {
	name := v.Logger()
	if f, ok := v.Field("payload_name", 0); ok && len(f.Text()) > 0 {
		name = f.Text()
	}
	return encode.AppendVisible(nil, name)
}

// take takes the rows of text that have numbers, and those between.
func (c *chart) take(text *cbuf.Text) {
	isNumber := func(v float64) bool { return v == v }
	first, last := text.Len(), -1
	for i := range text.Len() {
		if slices.ContainsFunc(text.Row(i), isNumber) {
			first, last = min(first, i), i
		}
	}
	c.rows = max(last-first+1, 0)
	c.start = text.Time(first)
	for col := range text.Columns {
		info := &text.Columns[col]
		s := series{agg: info.Aggregation, at: col}
		s.name = encode.AppendVisible(nil, []byte(info.Name))
		s.unit = encode.AppendVisible(nil, []byte(info.Unit))
		c.names = append(c.names, s.name)
		for i := first; i <= last; i++ {
			s.cells = append(s.cells, text.Row(i)[col])
		}
		if slices.ContainsFunc(s.cells, isNumber) {
			c.series = append(c.series, s)
		} else {
			c.empty = append(c.empty, s.name)
		}
	}
	for _, a := range text.Annotations {
		if row := c.row(a.Time); row >= 0 && row < c.rows && a.Column < len(c.names) {
			c.notes = append(c.notes, a)
		}
	}
}

// row returns the row of time ns.
func (c *chart) row(ns int64) int {
	d := ns/1e9 - c.start
	if d < 0 {
		return -1
	}
	return int(d / c.seconds)
}

// kind tells charts apart: a later one takes the place of one of the same kind.
func (c *chart) kind(v *msg.View) []byte {
	return bytes.Join([][]byte{v.Type(), v.Logger(), c.title}, []byte{0})
}

// scale returns what the bottom and the top of a series stand for: 0 and the largest
// number, unless there are numbers below 0, or none of what is no sum comes near it.
func (s *series) scale() (base, top float64) {
	least, most := math.Inf(1), math.Inf(-1)
	for _, v := range s.cells {
		if v-v == 0 {
			least, most = math.Min(least, v), math.Max(most, v)
		}
	}
	switch {
	case least > most:
		return 0, 0
	case least < 0:
		return least, math.Max(most, 0)
	case s.agg != cbuf.Sum && least > most/2 && least < most:
		return least, most
	}
	return 0, most
}

// chart draws v, if it is a chart. Where snapshots are drawn it is part of them, until
// the end of the input or one that takes its place.
func (s *sink) chart(v *msg.View, result bool) bool {
	c := newChart(v)
	if c == nil {
		return false
	}
	c.result = result
	if result {
		s.flushTable(s.windows)
		s.table, s.frame.series = nil, nil
	}
	if !s.live {
		s.measure()
		s.buf = c.append(s.buf, &s.k)
		return true
	}
	s.hold(&table{kind: c.kind(v), time: v.Timestamp(), chart: c})
	return true
}

// hold puts the chart t into the snapshot.
func (s *sink) hold(t *table) {
	s.redraw = true
	n := 0
	for i, old := range s.frame.tables {
		if old.chart == nil {
			continue
		}
		if n++; bytes.Equal(old.kind, t.kind) {
			t.chart.result = t.chart.result || old.chart.result
			s.frame.tables[i] = t
			return
		}
	}
	if n >= maxCharts {
		i := slices.IndexFunc(s.frame.tables, isChart)
		s.stay(s.frame.tables[i])
		s.frame.tables = slices.Delete(s.frame.tables, i, i+1)
	}
	s.frame.tables = append(s.frame.tables, t)
}

func isChart(t *table) bool { return t.chart != nil }

// stay draws the chart t so that it stays, if it is a result.
func (s *sink) stay(t *table) {
	if t.chart.result {
		s.measure()
		s.buf = t.chart.append(s.buf, &s.k)
	}
}

// dropRows takes all that is no chart out of the snapshot.
func (f *frame) dropRows() {
	f.tables = slices.DeleteFunc(f.tables, func(t *table) bool { return t.chart == nil })
}

// dropCharts empties the snapshot, and draws the charts that are results.
func (s *sink) dropCharts() {
	for _, t := range s.frame.tables {
		if t.chart != nil {
			s.stay(t)
		}
	}
	s.frame.tables = nil
}
