package cbuf

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Text is what a payload of one of the forms says.
type Text struct {
	Start         int64 // when the oldest row starts, in seconds
	Rows          int   // of the window
	SecondsPerRow int
	Columns       []Column // as they are written: names may have any text
	Annotations   []Annotation

	// Cells has the rows that the text has, one after another, len(Columns) each. Of the
	// full form, these are all, oldest first. Of the form of deltas, they are those that
	// changed; Times has the time of each in seconds. Else it is nil.
	Cells []float64
	Times []int64
}

// Len returns the number of rows in Cells.
func (t *Text) Len() int { return len(t.Cells) / len(t.Columns) }

// Row returns row i of Cells.
func (t *Text) Row(i int) []float64 {
	n := len(t.Columns)
	return t.Cells[i*n : (i+1)*n]
}

// Time returns when row i of Cells starts, in seconds.
func (t *Text) Time(i int) int64 {
	if t.Times != nil {
		return t.Times[i]
	}
	return t.Start + int64(i)*int64(t.SecondsPerRow)
}

// ErrText is wrapped by all errors of Parse.
var ErrText = errors.New("no circular buffer")

// header is the first line as JSON has it, and the lines of remarks and options that
// may stand before it.
type header struct {
	Time          *int64 `json:"time"`
	Rows          int64  `json:"rows"`
	Columns       int64  `json:"columns"`
	SecondsPerRow int64  `json:"seconds_per_row"`
	ColumnInfo    []struct {
		Name        string `json:"name"`
		Unit        string `json:"unit"`
		Aggregation string `json:"aggregation"`
	} `json:"column_info"`
	Annotations notes `json:"annotations"`
}

// note is an annotation as it stands in the text.
type note struct {
	X         float64 `json:"x"`
	Col       int64   `json:"col"`
	ShortText string  `json:"shortText"`
	Text      string  `json:"text"`
}

// notes are annotations. Scripts encode a list of none as an empty object, since to Lua
// both are an empty table.
type notes []note

// UnmarshalJSON implements json.Unmarshaler.
func (n *notes) UnmarshalJSON(b []byte) error {
	if string(b) == "{}" {
		return nil
	}
	return json.Unmarshal(b, (*[]note)(n))
}

// maxLines is how many lines may stand before the header.
const maxLines = 8

// Parse reads a payload, of either form. Lines of JSON with annotations or options
// may stand before the header, as Heka's dashboard took them. It takes memory in
// proportion to the text. What it returns has no part of s.
func Parse(s string) (*Text, error) {
	t := &Text{}
	for range maxLines {
		line, rest, _ := strings.Cut(s, "\n")
		s = rest
		var h header
		if err := json.Unmarshal([]byte(line), &h); err != nil {
			return nil, fmt.Errorf("%w: header: %v", ErrText, err)
		}
		t.annotate(&h)
		if h.Time == nil {
			continue
		}
		if err := t.header(&h); err != nil {
			return nil, err
		}
		return t, t.cells(s)
	}
	return nil, fmt.Errorf("%w: there is no header", ErrText)
}

func (t *Text) header(h *header) error {
	switch {
	case h.Columns < 1 || int64(len(h.ColumnInfo)) != h.Columns:
		return fmt.Errorf("%w: %d columns, %d described", ErrText, h.Columns, len(h.ColumnInfo))
	case h.Rows < 1 || h.Rows > MaxCells || h.Rows*h.Columns > MaxCells:
		return fmt.Errorf("%w: %d rows of %d columns", ErrText, h.Rows, h.Columns)
	case h.SecondsPerRow < 1 || h.SecondsPerRow > maxTime:
		return fmt.Errorf("%w: rows of %d seconds", ErrText, h.SecondsPerRow)
	case *h.Time < -maxTime || *h.Time > maxTime || h.Rows*h.SecondsPerRow > maxTime:
		return fmt.Errorf("%w: its time is out of range", ErrText)
	}
	t.Start, t.Rows, t.SecondsPerRow = *h.Time, int(h.Rows), int(h.SecondsPerRow)
	for _, c := range h.ColumnInfo {
		agg, ok := ParseAggregation(c.Aggregation)
		if !ok {
			agg = None
		}
		t.Columns = append(t.Columns, Column{Name: c.Name, Unit: c.Unit, Aggregation: agg})
	}
	return nil
}

// annotate takes the annotations of a line, but for those whose time or column there
// can't be.
func (t *Text) annotate(h *header) {
	for _, a := range h.Annotations {
		if a.X >= -maxTime*1e3 && a.X <= maxTime*1e3 && a.Col >= 1 && a.Col <= MaxCells {
			t.Annotations = append(t.Annotations, Annotation{
				Time: int64(a.X * 1e6), Column: int(a.Col - 1), Short: a.ShortText, Text: a.Text,
			})
		}
	}
}

// cells reads the lines behind the header. A row of deltas has one number more than
// there are columns: its time.
func (t *Text) cells(s string) error {
	cols := len(t.Columns)
	first, _, _ := strings.Cut(s, "\n")
	deltas := s == "" || strings.Count(first, "\t") == cols
	if deltas {
		t.Times = []int64{}
	} else if t.Rows*cols > len(s) {
		return fmt.Errorf("%w: fewer than %d rows", ErrText, t.Rows)
	}
	for n := 1; s != ""; n++ {
		line, rest, _ := strings.Cut(s, "\n")
		if err := t.row(line, deltas); err != nil {
			return fmt.Errorf("%w: row %d: %v", ErrText, n, err)
		}
		s = rest
	}
	if !deltas && t.Len() != t.Rows {
		return fmt.Errorf("%w: %d rows instead of %d", ErrText, t.Len(), t.Rows)
	}
	return nil
}

func (t *Text) row(line string, deltas bool) error {
	if deltas {
		word, rest, _ := strings.Cut(line, "\t")
		at, ok := parseNumber(word)
		if !ok || !(at >= -maxTime && at <= maxTime) {
			return errors.New("it has no time")
		}
		t.Times = append(t.Times, int64(at))
		line = rest
	}
	if n := strings.Count(line, "\t") + 1; n != len(t.Columns) {
		return fmt.Errorf("%d numbers instead of %d", n, len(t.Columns))
	}
	for i := range t.Columns {
		word, rest, _ := strings.Cut(line, "\t")
		v, ok := parseNumber(word)
		if !ok {
			return fmt.Errorf("there is no number in column %d", i+1)
		}
		t.Cells = append(t.Cells, v)
		line = rest
	}
	return nil
}
