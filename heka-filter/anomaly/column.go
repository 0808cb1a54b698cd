package anomaly

import (
	"slices"

	"heka/heka-filter/internal/words"
	"heka/lib/cbuf"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/near"
)

// functions are what a column can be of.
var functions = []string{"count", "sum", "avg", "min", "max"}

// functionOf returns the function that word names; empty if none.
func functionOf(word string) string {
	if slices.Contains(functions, word) {
		return word
	}
	return ""
}

// column is one column of a series: a function of the values of v in the messages of a row.
type column struct {
	function string
	v        match.Var
	counter  int // avg: the column, behind those that were asked for, that counts
}

// parseColumns reads words such as count sum .bytes.
func parseColumns(w *words.Words, args []string) (all []column, err error) {
	for i := 0; i < len(args); i++ {
		c := column{function: functionOf(args[i])}
		switch {
		case c.function == "":
			hint := "one of count, sum, avg, min, max"
			if n := near.Word(args[i], functions); n != "" {
				hint = "did you mean " + n + "?"
			}
			return nil, w.Mistake(args[i], "this is nothing to make a series of", hint)
		case c.function == "count":
		case i+1 == len(args) || functionOf(args[i+1]) != "":
			return nil, w.Mistake(args[i], "nothing follows it", "such as "+args[i]+" .bytes")
		default:
			i++
			if c.v, err = w.Var(args[i]); err != nil {
				return nil, err
			}
		}
		all = append(all, c)
	}
	hidden := len(all)
	for i := range all {
		if all[i].function == "avg" {
			all[i].counter = hidden
			hidden++
		}
	}
	return all, nil
}

// newBuffer returns a buffer of the columns, and of what they need besides.
func newBuffer(columns []column, rows, seconds int) (*cbuf.Buffer, error) {
	n := len(columns)
	for _, c := range columns {
		n = max(n, c.counter+1)
	}
	b, err := cbuf.New(rows, n, seconds, false)
	if err != nil {
		return nil, err
	}
	for i, c := range columns {
		col := cbuf.Column{Name: c.function, Unit: cbuf.DefaultUnit}
		switch c.function {
		case "avg":
			col.Aggregation = cbuf.None
		case "min":
			col.Aggregation = cbuf.Min
		case "max":
			col.Aggregation = cbuf.Max
		}
		b.SetColumn(i, col)
	}
	return b, nil
}

// add puts what m says at its time into column i of b; false if its row is gone. It is on
// the hot path.
func (c *column) add(b *cbuf.Buffer, i int, m *msg.View) bool {
	t := m.Timestamp()
	if c.function == "count" {
		_, ok := b.Add(t, i, 1)
		return ok
	}
	f, ok := number(&c.v, m)
	if !ok {
		return true
	}
	switch c.function {
	case "sum":
		_, ok = b.Add(t, i, f)
	case "avg":
		var n float64
		if n, ok = b.Add(t, c.counter, 1); ok {
			mean := 0.0
			if n > 1 {
				mean, _ = b.Get(t, i)
			}
			b.Set(t, i, mean+(f-mean)/n)
		}
	default:
		_, ok = b.Set(t, i, f)
	}
	return ok
}

// number returns the number that v is in m; false if it is none.
func number(v *match.Var, m *msg.View) (f float64, ok bool) {
	if h, isHeader := v.Header(); isHeader {
		switch h {
		case msg.Severity:
			return float64(m.Severity()), true
		case msg.Pid:
			return float64(m.Pid()), true
		}
		return 0, false
	}
	x, _ := v.Value(m)
	if k := x.Kind(); k != msg.Int && k != msg.Float {
		return 0, false
	}
	f = x.Float()
	return f, f-f == 0 // neither infinite nor NaN
}
