package cbuf

import (
	"slices"
	"strconv"
)

// Aggregation says how the cells of a column are put together where several become
// one: those of several hosts, or of several messages.
type Aggregation uint8

// The aggregations. What of a column is None can't be put together.
const (
	Sum Aggregation = iota
	Min
	Max
	None
)

var aggregations = [...]string{"sum", "min", "max", "none"}

// String returns Heka's word for a.
func (a Aggregation) String() string { return aggregations[a] }

// ParseAggregation returns the aggregation of a word; false if there is none.
func ParseAggregation(word string) (Aggregation, bool) {
	i := slices.Index(aggregations[:], word)
	return Aggregation(max(i, 0)), i >= 0
}

// Column says what the numbers of a column are.
type Column struct {
	Name        string // letters, digits and '_', at most MaxName bytes
	Unit        string // the same with '/' and '*', at most MaxUnit bytes
	Aggregation Aggregation
}

// The longest texts of a Column in bytes.
const (
	MaxName = 15
	MaxUnit = 7
)

// DefaultUnit is the unit of columns that were given no other.
const DefaultUnit = "count"

func defaultColumn(i int) Column {
	return Column{Name: plain("Column_"+strconv.Itoa(i+1), MaxName, false), Unit: DefaultUnit}
}

// Column returns what was said of column col, counted from 0.
func (b *Buffer) Column(col int) Column { return b.columns[col] }

// SetColumn says what column col is, counted from 0. Texts that are too long are
// cut, also at a NUL; what may not stand in them becomes '_'.
func (b *Buffer) SetColumn(col int, c Column) {
	b.check(col)
	b.columns[col] = c.clean()
}

func (c Column) clean() Column {
	return Column{
		Name: plain(c.Name, MaxName, false), Unit: plain(c.Unit, MaxUnit, true),
		Aggregation: min(c.Aggregation, None),
	}
}

// plain returns at most n bytes of s with only letters and digits of ASCII left,
// and '/' and '*' if it is a unit.
func plain(s string, n int, unit bool) string {
	out := make([]byte, 0, n)
	for i := 0; i < len(s) && i < n && s[i] != 0; i++ {
		c := s[i]
		isLetter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !isLetter && !(c >= '0' && c <= '9') && !(unit && (c == '/' || c == '*')) {
			c = '_'
		}
		out = append(out, c)
	}
	return string(out)
}

// AddColumn adds a column behind the others, whose cells are NaN, and returns its
// number, counted from 0. The error is ErrTooLarge.
func (b *Buffer) AddColumn(c Column) (int, error) {
	col := b.cols
	if b.rows*(col+1) > MaxCells {
		return 0, ErrTooLarge
	}
	b.values = widen(b.values, b.rows, col)
	if b.delta != nil {
		b.delta.cells = widen(b.delta.cells, b.rows, col)
		b.delta.widenLate(col)
	}
	b.columns = append(b.columns, c.clean())
	b.cols++
	return col, nil
}

// widen returns rows of cols cells with a NaN at the end of each.
func widen(cells []float64, rows, cols int) []float64 {
	wide := make([]float64, rows*(cols+1))
	fillNaN(wide)
	for i := range rows {
		copy(wide[i*(cols+1):], cells[i*cols:(i+1)*cols])
	}
	return wide
}
