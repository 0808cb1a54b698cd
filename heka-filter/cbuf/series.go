package cbuf

import (
	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/lib/cbuf"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

// aggregate says what a cell is of the messages of its row and column.
type aggregate uint8

const (
	count aggregate = iota
	sum
	least
	most
	avg
)

// maxRecord is how long a message may be where no flag says it.
const maxRecord = 8 << 20

// Names of the columns that have no key.
const (
	noKey = "none"  // of messages without the variables
	other = "other" // of keys beyond the last column
)

// series is the aggregate of the verb: a column for each key.
type series struct {
	env     *stage.Env
	of      aggregate
	value   match.Var
	by      []match.Var
	rows    int
	seconds int
	title   string
	deltas  bool

	groups *keys.Groups[int] // the column of a key, counted from 1
	b      *cbuf.Buffer      // nil: there is no column yet
	counts *cbuf.Buffer      // of an average: how many numbers each cell is of
	text   []byte
	isFull bool
	told   bool // that a message would be too long
}

// full returns the function that says, once, that there are more keys than columns.
func (s *series) full(columns int) func() {
	return func() {
		s.isFull = true
		s.env.Logger().Warn("cbuf: too many keys: further ones are gathered in the column "+
			other, "max-columns", columns)
	}
}

// Add implements window.Aggregate. It is on the path of every message.
func (s *series) Add(m *msg.View) {
	v := 1.0
	if s.of != count {
		f, ok := number(&s.value, m)
		if !ok {
			return
		}
		v = f
	}
	col, _ := s.groups.At(m)
	if *col == 0 && !s.newColumn(m, col) || !s.put(m.Timestamp(), *col-1, v) {
		s.env.Stats.Dropped.Add(1)
	}
}

// put adds v to the cell of column col at ns; false if that is too old.
func (s *series) put(ns int64, col int, v float64) (ok bool) {
	switch s.of {
	case count, sum:
		_, ok = s.b.Add(ns, col, v)
	case avg:
		var n float64
		if n, ok = s.counts.Add(ns, col, 1); !ok {
			return false
		}
		mean, has := s.b.Get(ns, col)
		if !has || n == 1 {
			mean = 0
		}
		_, ok = s.b.Set(ns, col, mean+(v-mean)/n)
	default:
		_, ok = s.b.Set(ns, col, v)
	}
	return ok
}

// newColumn makes the column of m's key and notes it in col.
func (s *series) newColumn(m *msg.View, col *int) bool {
	c := cbuf.Column{Name: s.name(m), Unit: s.unit(m), Aggregation: s.aggregation()}
	n, err := addColumn(&s.b, c, s)
	if err == nil && s.of == avg {
		_, err = addColumn(&s.counts, c, s)
	}
	if err != nil {
		return false
	}
	*col = n + 1
	return true
}

// addColumn adds a column to *b, which it makes if need be.
func addColumn(b **cbuf.Buffer, c cbuf.Column, s *series) (n int, err error) {
	if *b != nil {
		return (*b).AddColumn(c)
	}
	if *b, err = cbuf.New(s.rows, 1, s.seconds, s.deltas); err == nil {
		(*b).SetColumn(0, c)
	}
	return 0, err
}

// name returns the name of the column that m counts in.
func (s *series) name(m *msg.View) string {
	if s.isFull {
		return other
	}
	if len(s.by) == 0 {
		if s.of == count {
			return "count"
		}
		return s.value.Name()
	}
	var text []byte
	for i := range s.by {
		if i > 0 {
			text = append(text, '_')
		}
		text = s.by[i].AppendText(text, m)
	}
	if len(text) < len(s.by) { // nothing but what stands between
		return noKey
	}
	return string(text)
}

func (s *series) unit(m *msg.View) string {
	if s.of == count || !s.value.IsField() {
		return cbuf.DefaultUnit
	}
	if rep := m.Rep([]byte(s.value.Name())); len(rep) > 0 {
		return string(rep)
	}
	return cbuf.DefaultUnit
}

func (s *series) aggregation() cbuf.Aggregation {
	switch s.of {
	case least:
		return cbuf.Min
	case most:
		return cbuf.Max
	case avg:
		return cbuf.None
	}
	return cbuf.Sum
}

var (
	keyType = msg.NewKey("payload_type")
	keyName = msg.NewKey("payload_name")
)

// Emit implements window.Aggregate: one message has all columns.
func (s *series) Emit(r *window.Rows) {
	if s.b == nil {
		return
	}
	form := cbuf.Full
	if s.deltas {
		form = cbuf.Deltas
		s.text = s.b.AppendDelta(s.text[:0])
	} else {
		s.text = s.b.AppendText(s.text[:0])
	}
	if len(s.text) == 0 || s.tooLong() {
		return
	}
	r.B.Payload = s.text
	r.B.Key(keyType)
	r.B.String(form)
	r.B.Rep("file-extension")
	r.B.Key(keyName)
	r.B.String(s.title)
	r.Send()
}

// tooLong reports whether the text would make a message that nobody reads, and says
// so, once.
func (s *series) tooLong() bool {
	limit := s.env.MaxRecord
	if limit <= 0 {
		limit = maxRecord
	}
	if len(s.text)+len(s.title)+1024 <= limit {
		return false
	}
	s.env.Stats.Dropped.Add(1)
	if !s.told {
		s.told = true
		s.env.Logger().Warn("cbuf: the message would be too long: fewer --rows or --max-columns",
			"bytes", len(s.text), "max-record", limit)
	}
	return true
}

// Reset implements window.Aggregate: only the changes are done with.
func (s *series) Reset() {
	if s.b != nil {
		s.b.ResetDelta()
	}
}

// number returns the number that v is in m; false if it is none.
func number(v *match.Var, m *msg.View) (float64, bool) {
	if h, isHeader := v.Header(); isHeader {
		switch h {
		case msg.Severity:
			return float64(m.Severity()), true
		case msg.Pid:
			return float64(m.Pid()), true
		case msg.Timestamp:
			return float64(m.Timestamp()), true
		}
		return 0, false
	}
	x, _ := v.Value(m)
	if k := x.Kind(); k != msg.Int && k != msg.Float {
		return 0, false
	}
	f := x.Float()
	return f, f-f == 0
}
