package cbuf

import (
	"bytes"
	"math"
	"slices"
	"strconv"
)

// Names of the two forms of text: the types of the payloads.
const (
	Full   = "cbuf"
	Deltas = "cbufd"
)

// AppendText appends the text of b: a header in JSON on a line, and a line for each
// row, oldest first, with tabs between the cells.
//
//	{"time":0,"rows":2,"columns":1,"seconds_per_row":60,"column_info":[{"name":"n",...}]}
//	nan
//	17
//
// The time is that of the oldest row, in seconds.
func (b *Buffer) AppendText(dst []byte) []byte {
	dst = b.appendHeader(dst, false)
	for i := range b.rows {
		row := (b.at + 1 + i) % b.rows
		dst = appendCells(dst, b.values[row*b.cols:(row+1)*b.cols], '\t')
		dst = append(dst, '\n')
	}
	return dst
}

// AppendDelta appends the header and a line for each row that has changed since the
// last ResetDelta, oldest first: its time in seconds and by how much the cells
// changed, or what they are now, if they are not to be summed. It appends nothing if
// nothing changed.
func (b *Buffer) AppendDelta(dst []byte) []byte {
	isNew := func(a Annotation) bool { return a.Delta }
	if (b.delta == nil || !b.delta.any()) && !slices.ContainsFunc(b.notes, isNew) {
		return dst
	}
	dst = b.appendHeader(dst, true)
	b.eachDelta(func(t int64, cells []float64) {
		dst = append(appendInt(dst, t), '\t')
		dst = append(appendCells(dst, cells, '\t'), '\n')
	})
	return dst
}

// eachDelta calls f for each row that has changed, oldest first, with its time in
// seconds.
func (b *Buffer) eachDelta(f func(t int64, cells []float64)) {
	d := b.delta
	if d == nil {
		return
	}
	for late := d.late; len(late) > 0; late = late[b.cols+1:] {
		f(int64(late[0]), late[1:b.cols+1])
	}
	for i := range b.rows {
		if row := (b.at + 1 + i) % b.rows; d.dirty[row] {
			f(b.rowTime(row), d.cells[row*b.cols:(row+1)*b.cols])
		}
	}
}

func (b *Buffer) appendHeader(dst []byte, deltas bool) []byte {
	dst = appendInt(append(dst, `{"time":`...), b.Start()/1e9)
	dst = appendInt(append(dst, `,"rows":`...), int64(b.rows))
	dst = appendInt(append(dst, `,"columns":`...), int64(b.cols))
	dst = appendInt(append(dst, `,"seconds_per_row":`...), b.seconds)
	dst = append(dst, `,"column_info":[`...)
	for i := range b.columns {
		c := &b.columns[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, `{"name":"`...), c.Name...)
		dst = append(append(dst, `","unit":"`...), c.Unit...)
		dst = append(append(dst, `","aggregation":"`...), c.Aggregation.String()...)
		dst = append(dst, `"}`...)
	}
	dst = b.appendAnnotations(append(dst, ']'), deltas)
	return append(dst, "}\n"...)
}

// appendCells appends numbers with sep between them.
func appendCells(dst []byte, cells []float64, sep byte) []byte {
	for i, v := range cells {
		if i > 0 {
			dst = append(dst, sep)
		}
		dst = appendNumber(dst, v)
	}
	return dst
}

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// appendNumber appends v as Heka's payloads have numbers: a whole one without a
// fraction, another with at most eight decimals, what a C int does not hold with 17
// digits; nan, inf and -inf.
func appendNumber(dst []byte, v float64) []byte {
	switch {
	case v != v:
		return append(dst, "nan"...)
	case math.IsInf(v, 1):
		return append(dst, "inf"...)
	case math.IsInf(v, -1):
		return append(dst, "-inf"...)
	case math.Abs(v) > math.MaxInt32:
		return appendLarge(dst, v)
	case v == math.Trunc(v):
		return appendInt(dst, int64(v))
	}
	dst = strconv.AppendFloat(dst, v, 'f', 8, 64)
	dst = bytes.TrimRight(dst, "0")
	return bytes.TrimSuffix(dst, []byte{'.'})
}

// appendLarge appends v as C's %.17g does, which is 2^31 at least.
func appendLarge(dst []byte, v float64) []byte {
	const digits = 17
	if math.Abs(v) < 1e17 {
		whole := len(strconv.FormatFloat(math.Trunc(math.Abs(v)), 'f', 0, 64))
		dst = strconv.AppendFloat(dst, v, 'f', max(digits-whole, 0), 64)
		if whole < digits {
			dst = bytes.TrimSuffix(bytes.TrimRight(dst, "0"), []byte{'.'})
		}
		return dst
	}
	var buf [32]byte
	s := strconv.AppendFloat(buf[:0], v, 'e', digits-1, 64)
	e := bytes.IndexByte(s, 'e')
	dst = append(dst, bytes.TrimSuffix(bytes.TrimRight(s[:e], "0"), []byte{'.'})...)
	return append(dst, s[e:]...)
}
