package console

import (
	"bytes"
	"strconv"

	"github.com/clipperhouse/displaywidth"
)

// frame is a snapshot: what a terminal shows below all else.
type frame struct {
	tables []*table
	series *layout // of the table that stands above, if rows may go on in it
	timed  bool    // there are windows: each table has its time
}

// sequences measures text with colours in it.
var sequences = displaywidth.Options{ControlSequences: true}

// render appends the lines of f, as they fit k's width and height less one line
// for the cursor, and returns how many they are. What does not fit is counted in
// the last line.
func render(dst []byte, f *frame, k *look) (_ []byte, n int) {
	var lines [][]byte
	for _, t := range f.tables {
		lines = append(lines, t.lines(f, k)...)
	}
	if most := max(k.height-1, 1); len(lines) > most {
		more := len(lines) - most + 1
		lines = append(lines[:most-1], k.word(nil, dim, k.ellipsis()+" "+strconv.Itoa(more)+" more"))
	}
	for _, line := range lines {
		if sequences.Bytes(line) > k.width {
			line = k.paint(sequences.TruncateBytes(line, k.width, []byte(k.ellipsis())), plain)
		}
		dst = append(append(dst, line...), '\n')
	}
	return dst, len(lines)
}

// lines returns the lines of t in f.
func (t *table) lines(f *frame, k *look) [][]byte {
	if t.chart != nil {
		return t.chart.lines(k)
	}
	var text []byte
	l := f.series
	if f.timed && len(t.rows) == 1 && l != nil && l.fields == t.fields() {
		text = t.appendRow(text, &t.rows[0], l, k)
	} else {
		l = t.layout(k, f.timed && len(t.rows) == 1)
		l.ms = false // a snapshot's time is that of some live tick
		text = t.appendAll(text, l, f.timed, k)
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'})
}

// appendAll appends a whole table: the line with its time if it has one and does
// not stand in the rows, the head, the rows.
func (t *table) appendAll(dst []byte, l *layout, timed bool, k *look) []byte {
	if timed && !l.timed {
		dst = l.appendHeading(dst, k.time(t.time), k)
	}
	dst = t.appendHead(dst, l, k)
	return t.appendRows(dst, l, k)
}

func (t *table) appendRows(dst []byte, l *layout, k *look) []byte {
	for i := range t.rows {
		dst = t.appendRow(dst, &t.rows[i], l, k)
	}
	return dst
}
