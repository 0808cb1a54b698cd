// Package cbuf keeps series of numbers in a ring of rows, each of which stands for
// the same span of time: Heka's circular buffer, from which its dashboards drew.
//
// [New] makes a [Buffer]; Add and Set put numbers in and move the window on as time
// does; Compute and MannWhitneyU look at ranges of it. AppendText writes the text
// that travels in payloads of type "cbuf", AppendDelta that of type "cbufd", which
// has only what has changed; [Parse] reads both. AppendState writes what Restore
// reads after a restart.
//
//	time ──>  oldest row                      newest row
//	          │  │  │  │  │  │  │  │  │  │  │  │   rows, of SecondsPerRow each
//	column 0  1  4  .  .  2  7  5  5  3  6  2  1   a dot is NaN: nothing was put there
//	column 1  .  .  .  .  .  .  .  1  .  .  .  .
//
// A time that is newer than the newest row makes the window move; what is older
// than the oldest row is refused. Times are nanoseconds since 1970 UTC.
package cbuf

import (
	"errors"
	"math"
)

// Limits of a buffer.
const (
	MaxCells   = 1 << 26   // rows by columns: 512 MiB
	MaxSeconds = 24 * 3600 // of a row
)

// ErrTooLarge is returned for a buffer of more than MaxCells.
var ErrTooLarge = errors.New("circular buffer: too many cells")

// ErrSize is returned for a number of rows, columns or seconds that there can't be.
var ErrSize = errors.New("circular buffer: rows, columns or seconds out of range")

// cellSize is the size of a cell in bytes.
const cellSize = 8

// Buffer is a circular buffer. It is for one goroutine.
type Buffer struct {
	columns []Column
	values  []float64 // row after row, as they stand in the ring
	rows    int
	cols    int
	seconds int64 // of a row
	step    int64 // the same in nanoseconds

	newest int64 // number of the newest row: its time by the seconds of a row
	start  int64 // when that row starts, in nanoseconds
	at     int   // where it stands in the ring: newest modulo rows

	delta *delta // what has changed; nil: not kept
	kept  bool   // delta is part of the state
	fresh bool   // all that was ever put in is still to be had from values
	notes []Annotation
}

// New returns a buffer of rows (two at least) by columns (one at least) whose rows
// are of 1 to MaxSeconds seconds. Its window starts at 1970. With deltas it keeps
// what has changed for AppendDelta from the start, and in its state.
func New(rows, columns, seconds int, deltas bool) (*Buffer, error) {
	if rows < 2 || columns < 1 || seconds < 1 || seconds > MaxSeconds {
		return nil, ErrSize
	}
	if rows > MaxCells || columns > MaxCells || rows*columns > MaxCells {
		return nil, ErrTooLarge
	}
	b := &Buffer{
		columns: make([]Column, columns), values: make([]float64, rows*columns),
		rows: rows, cols: columns, seconds: int64(seconds), step: int64(seconds) * 1e9,
		kept: deltas, fresh: true,
	}
	for i := range b.columns {
		b.columns[i] = defaultColumn(i)
	}
	fillNaN(b.values)
	b.moveTo(int64(rows) - 1)
	if deltas {
		b.KeepDeltas()
	}
	return b, nil
}

// Rows returns the number of rows.
func (b *Buffer) Rows() int { return b.rows }

// Columns returns the number of columns.
func (b *Buffer) Columns() int { return b.cols }

// SecondsPerRow returns how many seconds a row is of.
func (b *Buffer) SecondsPerRow() int { return int(b.seconds) }

// Time returns when the newest row starts.
func (b *Buffer) Time() int64 { return b.start }

// Start returns when the oldest row starts.
func (b *Buffer) Start() int64 { return b.start - int64(b.rows-1)*b.step }

// Size returns how many bytes of memory b takes.
func (b *Buffer) Size() int {
	n := 256 + len(b.columns)*48 + len(b.values)*cellSize
	if b.delta != nil {
		n += b.delta.size()
	}
	for i := range b.notes {
		n += 64 + len(b.notes[i].Text)
	}
	return n
}

func fillNaN(v []float64) {
	for i := range v {
		v[i] = math.NaN()
	}
}

// moveTo makes row number n the newest, and clears nothing.
func (b *Buffer) moveTo(n int64) {
	b.newest, b.start = n, n*b.step
	b.at = int(mod(n, int64(b.rows)))
}

// floor divides rounding down, mod gives what is left then.
func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

func mod(n, by int64) int64 { return n - floor(n, by)*by }

// find returns where the row of time ns stands in the ring; false if it is not in
// the window.
func (b *Buffer) find(ns int64) (row int, ok bool) {
	if b.isNewest(ns) {
		return b.at, true
	}
	back := b.newest - floor(ns, b.step)
	if back < 0 || back >= int64(b.rows) {
		return 0, false
	}
	row = b.at - int(back)
	if row < 0 {
		row += b.rows
	}
	return row, true
}

// isNewest reports whether ns is within the newest row: most times are.
func (b *Buffer) isNewest(ns int64) bool {
	return ns >= b.start && uint64(ns)-uint64(b.start) < uint64(b.step)
}

// reach is find, but moves the window on to ns where that is newer.
func (b *Buffer) reach(ns int64) (row int, ok bool) {
	if b.isNewest(ns) {
		return b.at, true
	}
	if ns > b.start {
		b.advance(floor(ns, b.step))
		return b.at, true
	}
	return b.find(ns)
}

// Ahead returns how many rows Add or Set at ns would clear: 0 to Rows.
func (b *Buffer) Ahead(ns int64) int {
	if ns < b.start || b.isNewest(ns) {
		return 0
	}
	return int(min(floor(ns, b.step)-b.newest, int64(b.rows)))
}

// advance makes row number n, which is newer than all, the newest.
func (b *Buffer) advance(n int64) {
	k := int(min(n-b.newest, int64(b.rows)))
	for i := range k {
		row := (b.at + 1 + i) % b.rows
		if b.delta != nil {
			b.delta.leave(row, b.cols, b.rowTime(row))
		}
		fillNaN(b.values[row*b.cols : (row+1)*b.cols])
	}
	b.moveTo(n)
	b.prune()
}

// rowTime returns when the row at place row of the ring starts, in seconds.
func (b *Buffer) rowTime(row int) int64 {
	back := b.at - row
	if back < 0 {
		back += b.rows
	}
	return (b.newest - int64(back)) * b.seconds
}

// Add adds v to the cell of column col, counted from 0, at ns, and returns what the
// cell holds then; a cell that holds NaN becomes v. False: ns is older than the
// window. It is on the hot path of filters and allocates nothing.
func (b *Buffer) Add(ns int64, col int, v float64) (float64, bool) {
	b.check(col)
	row, ok := b.reach(ns)
	if !ok {
		return 0, false
	}
	c := &b.values[row*b.cols+col]
	sum := *c + v
	if *c != *c {
		sum = v
	}
	*c = sum
	if b.delta != nil && v != 0 {
		if b.columns[col].Aggregation == Sum {
			b.delta.add(row, row*b.cols+col, v)
		} else {
			b.delta.set(row, row*b.cols+col, sum)
		}
	}
	return sum, true
}

// Set makes v the cell of column col, counted from 0, at ns: whatever it was if the
// column's aggregation is Sum or None; if it is smaller than what the cell holds for
// Min, larger for Max. It returns what the cell holds then. False: ns is older than
// the window.
func (b *Buffer) Set(ns int64, col int, v float64) (float64, bool) {
	b.check(col)
	row, ok := b.reach(ns)
	if !ok {
		return 0, false
	}
	i := row*b.cols + col
	old := b.values[i]
	agg := b.columns[col].Aggregation
	if old == old && (agg == Min && !(v < old) || agg == Max && !(v > old)) {
		return old, true
	}
	b.values[i] = v
	if b.delta != nil {
		b.changed(row, i, agg, old, v)
	}
	return v, true
}

// changed notes that Set made v of old in cell i.
func (b *Buffer) changed(row, i int, agg Aggregation, old, v float64) {
	switch {
	case v == old:
	case agg != Sum:
		b.delta.set(row, i, v)
	case old == old:
		b.delta.add(row, i, v-old)
	default:
		b.delta.add(row, i, v)
	}
}

// Get returns the cell of column col, counted from 0, at ns, which may be NaN. False:
// ns is outside the window. The window stays where it is.
func (b *Buffer) Get(ns int64, col int) (float64, bool) {
	b.check(col)
	row, ok := b.find(ns)
	if !ok {
		return 0, false
	}
	return b.values[row*b.cols+col], true
}

func (b *Buffer) check(col int) {
	if uint(col) >= uint(b.cols) {
		panic("cbuf: no such column")
	}
}
