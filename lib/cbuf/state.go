package cbuf

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// maxTime is the largest time of a row that Restore takes, in seconds: beyond it
// nanoseconds do not fit.
const maxTime = 4_000_000_000

// AppendState appends Lua statements that make b again in the variable that name is
// an expression of, in the form in which Heka kept the state of its sandboxes:
//
//	if _G["cb"] == nil then _G["cb"] = circular_buffer.new(2, 1, 60) end
//	_G["cb"]:set_header(1, "Column_1", "count", "sum")
//	_G["cb"]:fromstring("60 1 nan 17")
//
// The deltas are part of it if b was made to keep them.
func (b *Buffer) AppendState(dst []byte, name string) []byte {
	deltas := ""
	if b.kept {
		deltas = ", true"
	}
	dst = fmt.Appendf(dst, "if %s == nil then %s = circular_buffer.new(%d, %d, %d%s) end\n",
		name, name, b.rows, b.cols, b.seconds, deltas)
	for i := range b.columns {
		c := &b.columns[i]
		dst = fmt.Appendf(dst, "%s:set_header(%d, \"%s\", \"%s\", \"%s\")\n",
			name, i+1, c.Name, c.Unit, c.Aggregation)
	}
	dst = append(dst, name...)
	dst = append(b.appendCells(append(dst, `:fromstring("`...)), "\")\n"...)
	for i := range b.notes {
		dst = b.notes[i].appendState(dst, name)
	}
	return dst
}

// appendCells appends what Restore reads: the time of the newest row in seconds,
// its place in the ring, the cells as they stand in the ring, and for each row that
// has changed its time and what has.
func (b *Buffer) appendCells(dst []byte) []byte {
	dst = appendInt(dst, b.newest*b.seconds)
	dst = appendInt(append(dst, ' '), int64(b.at))
	dst = appendCells(append(dst, ' '), b.values, ' ')
	if b.kept {
		b.eachDelta(func(t int64, cells []float64) {
			dst = appendInt(append(dst, ' '), t)
			dst = appendCells(append(dst, ' '), cells, ' ')
		})
	}
	return dst
}

func (a *Annotation) appendState(dst []byte, name string) []byte {
	kind := "info"
	if a.Short == Alert {
		kind = "alert"
	}
	dst = fmt.Appendf(dst, "%s:annotate(%d, %d, \"%s\", ", name, a.Time, a.Column+1, kind)
	dst = appendLua(dst, a.Text)
	return fmt.Appendf(dst, ", %t)\n", a.Delta)
}

// appendLua appends s as text in Lua.
func appendLua(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '\n':
			dst = append(dst, '\\', c)
		case c < ' ' || c == 0x7f:
			dst = fmt.Appendf(dst, "\\%03d", c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// Restore makes the cells of b those that AppendState wrote for a buffer of the same
// shape: the text within its fromstring. The place of the newest row in the ring is
// that of its time, whatever the text says. After an error b is as it was; the
// texts of errors are Heka's, without the name of the function.
func (b *Buffer) Restore(text string) error {
	s := scanner{rest: text}
	newest := min(max(s.integer(), -maxTime), maxTime)
	s.integer()
	cells := make([]float64, 0, len(b.values))
	for len(cells) < len(b.values) {
		v, ok := s.number()
		if !ok {
			return fmt.Errorf("too few values: %d, expected %d", len(cells), len(b.values))
		}
		cells = append(cells, v)
	}
	changes, err := b.restoreDeltas(&s)
	if err != nil {
		return err
	}
	b.values, b.fresh, b.notes = cells, false, nil
	b.moveTo(floor(newest, b.seconds))
	if b.delta != nil {
		b.ResetDelta()
		b.takeDeltas(changes)
	}
	return nil
}

// restoreDeltas reads rows of a time and cells.
func (b *Buffer) restoreDeltas(s *scanner) (rows []float64, err error) {
	for {
		v, ok := s.number()
		switch {
		case ok && !b.kept:
			return nil, fmt.Errorf("too many values, more than: %d", len(b.values))
		case ok:
			rows = append(rows, v)
		case len(rows)%(b.cols+1) != 0:
			return nil, fmt.Errorf("invalid delta")
		default:
			return rows, nil
		}
	}
}

// takeDeltas makes rows what has changed. Rows of the future are left out.
func (b *Buffer) takeDeltas(rows []float64) {
	type row struct {
		t     int64
		cells []float64
	}
	var late []row
	for stride := b.cols + 1; len(rows) > 0; rows = rows[stride:] {
		if !(math.Abs(rows[0]) <= maxTime) {
			continue
		}
		r := row{int64(rows[0]), rows[1:stride]}
		if at, ok := b.find(r.t * 1e9); ok {
			copy(b.delta.cells[at*b.cols:], r.cells)
			b.delta.dirty[at] = true
		} else if r.t*1e9 < b.start {
			late = append(late, r)
		}
	}
	slices.SortStableFunc(late, func(x, y row) int { return int(x.t - y.t) })
	for _, r := range late {
		b.delta.keep(r.t, r.cells)
	}
}

// scanner reads numbers that blanks stand between.
type scanner struct{ rest string }

// word returns what stands before the next blank, without taking it.
func (s *scanner) word() string {
	for s.rest != "" && isBlank(s.rest[0]) {
		s.rest = s.rest[1:]
	}
	n := 0
	for n < len(s.rest) && !isBlank(s.rest[n]) {
		n++
	}
	return s.rest[:n]
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// integer takes a whole number; 0 if there is none.
func (s *scanner) integer() int64 {
	w := s.word()
	n, err := strconv.ParseInt(w, 10, 64)
	if err == nil {
		s.rest = s.rest[len(w):]
	}
	return n
}

// number takes a number; false if what follows is none.
func (s *scanner) number() (float64, bool) {
	w := s.word()
	v, ok := parseNumber(w)
	if ok {
		s.rest = s.rest[len(w):]
	}
	return v, ok
}

// parseNumber reads a cell. Most are short whole numbers or nan.
func parseNumber(w string) (float64, bool) {
	if w == "nan" || w == "-nan" {
		return nan, true
	}
	if len(w) > 0 && len(w) <= 15 {
		n := 0
		for i := 0; ; i++ {
			if i == len(w) {
				return float64(n), true
			}
			c := w[i] - '0'
			if c > 9 {
				break
			}
			n = n*10 + int(c)
		}
	}
	v, err := strconv.ParseFloat(w, 64)
	return v, err == nil || math.IsInf(v, 0)
}
