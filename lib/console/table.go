package console

import (
	"bytes"

	"heka/lib/encode"
	"heka/lib/msg"
)

// Bounds of a table: rows that are held before it is drawn, bytes they take, and
// columns. A row with more fields is an event.
const (
	maxRows    = 10_000
	maxBytes   = 4 << 20
	maxFields  = 32
	maxColumns = 64
	cellBytes  = 32 // what a cell takes beside its text
)

// maxCell is how many cells wide a column of a terminal can be at most; and the
// width up to which a column elsewhere is aligned.
const (
	maxCell    = 500
	maxAligned = 120
)

// resultTypes are the types whose messages are rows of a table, whatever fields
// each of them has.
var resultTypes = map[string]bool{
	"heka.count": true, "heka.top": true, "heka.rate": true,
	"heka.stats": true, "heka.hist": true, "heka.uniq": true,
}

var resultPrefix = []byte("heka.")

// isRow reports whether v is shown as the row of a table: a result, if there is
// nothing in it that a table has no room for.
func isRow(v *msg.View) bool {
	if !bytes.HasPrefix(v.Type(), resultPrefix) || v.Severity() != msg.DefaultSeverity ||
		len(v.Payload()) > 0 {
		return false
	}
	n := v.NumFields()
	if n == 0 || n > maxFields {
		return false
	}
	for it := v.Fields(); it.Next(); {
		if isError(it.Name) {
			return false
		}
	}
	return true
}

// table is rows of one type and one time, as text. It holds the widths that its
// columns need, so that drawing it looks at each cell once.
type table struct {
	kind   []byte // the Type
	time   int64
	result bool // of resultTypes
	cols   []column
	order  []int // the columns as they are shown
	rows   []row
	cells  []cell
	text   []byte
	approx bool    // a row is approximate
	record []byte  // of the only row, if the table is no result: it may be an event
	frozen *layout // set once the table's head was drawn
	chart  *chart  // it is a chart, and has no rows
}

// column is one of a table's columns. A field's name that repeats within a row has
// a column for each time.
type column struct {
	name  []byte
	shown []byte
	width int
	text  bool // some cell is no number
	rep   role
}

// role is what a column's representation means to the table.
type role uint8

const (
	roleNone role = iota
	rolePercent
	roleCount
)

type row struct {
	first, n int // cells
	approx   bool
}

type cell struct {
	col      int
	from, to int // in text
	width    int
	number   float64
}

func newTable(v *msg.View) *table {
	return &table{
		kind: bytes.Clone(v.Type()), time: v.Timestamp(), result: resultTypes[string(v.Type())],
	}
}

// takes reports whether v can be a row of t.
func (t *table) takes(v *msg.View) bool {
	if t.chart != nil || v.Timestamp() != t.time || !bytes.Equal(v.Type(), t.kind) {
		return false
	}
	if t.result && t.frozen == nil {
		return len(t.cols)+v.NumFields() <= maxColumns || !t.widens(v)
	}
	return !t.widens(v) && (t.result || v.NumFields() == len(t.cols))
}

// widens reports whether v as a row would add a column.
func (t *table) widens(v *msg.View) bool {
	at := 0
	for it := v.Fields(); it.Next(); {
		if t.result && isApproximate(&it) {
			continue
		}
		i := t.find(at, it.Name)
		if i < 0 {
			return true
		}
		at = i + 1
	}
	return false
}

// full reports whether t is to be drawn before it takes more.
func (t *table) full() bool {
	return len(t.rows) >= maxRows || len(t.text)+len(t.cells)*cellBytes >= maxBytes
}

func isApproximate(it *msg.FieldIter) bool {
	return string(it.Name) == "approximate" && it.Value.Kind() == msg.Bool && it.Value.Bool()
}

// find returns the place from `at` on in t.order of the column name; -1 if none.
func (t *table) find(at int, name []byte) int {
	for ; at < len(t.order); at++ {
		if bytes.Equal(t.cols[t.order[at]].name, name) {
			return at
		}
	}
	return -1
}

// add adds v, which t takes, as a row.
func (t *table) add(v *msg.View, k *look) {
	if !t.result && len(t.rows) == 0 && t.frozen == nil {
		t.record = bytes.Clone(v.Body())
	} else {
		t.record = nil
	}
	r := row{first: len(t.cells)}
	at, counted := 0, false
	for it := v.Fields(); it.Next(); {
		if t.result && isApproximate(&it) {
			r.approx, t.approx = true, true
			continue
		}
		i := t.find(at, it.Name)
		if i < 0 {
			i = t.insert(t.place(at, it), it.Name)
		}
		at = i + 1
		c := &t.cols[t.order[i]]
		rep := v.Rep(it.Name)
		c.is(rep)
		counted = counted || c.rep == roleCount
		t.cell(t.order[i], it.Value, rep, k, counted)
	}
	r.n = len(t.cells) - r.first
	t.rows = append(t.rows, r)
}

// place returns where a new column of the field at it goes: to `at`, if one of the
// fields behind it has a column there or further on, else to the end.
func (t *table) place(at int, it msg.FieldIter) int {
	for it.Next() {
		if t.find(at, it.Name) >= 0 {
			return at
		}
	}
	return len(t.order)
}

// insert makes a column that is shown at place `at`.
func (t *table) insert(at int, name []byte) int {
	shown := encode.AppendVisible(nil, name)
	t.cols = append(t.cols, column{
		name: bytes.Clone(name), shown: shown, width: cells(shown),
	})
	t.order = append(t.order, 0)
	copy(t.order[at+1:], t.order[at:])
	t.order[at] = len(t.cols) - 1
	return at
}

func (c *column) is(rep []byte) {
	switch string(rep) {
	case "count":
		c.rep = roleCount
	case "%":
		c.rep = rolePercent
	}
}

// cell adds the text of one value. Large numbers that measure something are
// grouped on a terminal; those that may be a name (a port, a status) are not.
func (t *table) cell(col int, v msg.Value, rep []byte, k *look, counted bool) {
	c := cell{col: col, from: len(t.text)}
	switch v.Kind() {
	case msg.Int, msg.Float:
		c.number = v.Float()
		t.number(v, rep)
		if k.screen && (counted || len(rep) > 0) {
			t.text = groupDigits(t.text, c.from)
		}
		if f := c.number; f-f == 0 {
			t.text = append(t.text, unit(rep)...)
		}
	default:
		t.cols[col].text = true
		t.visible(v, k)
	}
	c.to = len(t.text)
	c.width = cells(t.text[c.from:])
	t.cols[col].width = max(t.cols[col].width, c.width)
	t.cells = append(t.cells, c)
}

func (t *table) number(v msg.Value, rep []byte) {
	switch {
	case string(rep) == "%":
		t.text = appendPercent(t.text, v.Float())
	case v.Kind() == msg.Int:
		t.text = appendInt(t.text, v)
	default:
		t.text = appendRounded(t.text, v.Float())
	}
}

// visible appends a text, a bool or an array. On a terminal the middle of what is
// far too long for one is left out at once.
func (t *table) visible(v msg.Value, k *look) {
	at := len(t.text)
	switch v.Kind() {
	case msg.String, msg.Bytes:
		if len(v.Text()) == 0 {
			t.text = append(t.text, `""`...)
		}
		t.text = encode.AppendVisible(t.text, v.Text())
	default:
		t.text = appendValue(t.text, v, &look{})
	}
	if s := t.text[at:]; k.screen && len(s) > maxCell && cells(s) > maxCell {
		t.text = append(t.text[:at], appendCut(nil, s, maxCell, k.ellipsis())...)
	}
}

// clear takes the rows away, which were drawn.
func (t *table) clear() {
	t.rows, t.cells, t.text, t.record = t.rows[:0], t.cells[:0], t.text[:0], nil
	if cap(t.text) > maxBytes {
		t.text = nil
	}
}
