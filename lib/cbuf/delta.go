package cbuf

import "slices"

// maxLate is how many numbers are kept of changed rows that have left the window
// before AppendDelta was called: 512 KiB. Of more, the oldest rows are given up.
const maxLate = 1 << 16

// delta is what has changed since ResetDelta: of a column of Sum by how much, of
// another what the cell is now. NaN: nothing has.
type delta struct {
	cells []float64 // as Buffer.values
	dirty []bool    // by row of the ring: something has changed in it
	late  []float64 // changed rows that have left the window, oldest first: time, cells
	lost  int64     // rows given up
}

// KeepDeltas makes b keep what changes from now on. If b was never restored, all
// that is in it counts as changed: the deltas are those that b would have, had it
// kept them from the start, but for rows that have left the window.
func (b *Buffer) KeepDeltas() {
	if b.delta != nil {
		return
	}
	d := &delta{cells: make([]float64, len(b.values)), dirty: make([]bool, b.rows)}
	fillNaN(d.cells)
	b.delta = d
	if !b.fresh {
		return
	}
	for i, v := range b.values {
		if v == v && v != 0 {
			d.set(i/b.cols, i, v)
		}
	}
}

// HasDeltas reports whether b keeps what changes.
func (b *Buffer) HasDeltas() bool { return b.delta != nil }

// DeltaSize returns how many bytes KeepDeltas would take.
func (b *Buffer) DeltaSize() int {
	if b.delta != nil {
		return 0
	}
	return len(b.values)*cellSize + b.rows
}

// LostDeltas returns how many changed rows left the window and were given up,
// because AppendDelta and ResetDelta were not called often enough.
func (b *Buffer) LostDeltas() int64 {
	if b.delta == nil {
		return 0
	}
	return b.delta.lost
}

// Delta is Get of what has changed: NaN where nothing has.
func (b *Buffer) Delta(ns int64, col int) (float64, bool) {
	b.check(col)
	row, ok := b.find(ns)
	if !ok || b.delta == nil {
		return nan, ok
	}
	return b.delta.cells[row*b.cols+col], true
}

// ResetDelta forgets what has changed: it was written.
func (b *Buffer) ResetDelta() {
	if d := b.delta; d != nil {
		for row, dirty := range d.dirty {
			if dirty {
				fillNaN(d.cells[row*b.cols : (row+1)*b.cols])
				d.dirty[row] = false
			}
		}
		d.late = d.late[:0]
	}
	for i := range b.notes {
		b.notes[i].Delta = false
	}
}

func (d *delta) add(row, i int, v float64) {
	if c := d.cells[i]; c == c {
		v += c
	}
	d.set(row, i, v)
}

func (d *delta) set(row, i int, v float64) {
	d.cells[i] = v
	d.dirty[row] = true
}

// leave takes row, whose time is t seconds, out of the ring.
func (d *delta) leave(row, cols int, t int64) {
	if !d.dirty[row] {
		return
	}
	cells := d.cells[row*cols : (row+1)*cols]
	d.keep(t, cells)
	fillNaN(cells)
	d.dirty[row] = false
}

// keep adds a row to those that have left the window.
func (d *delta) keep(t int64, cells []float64) {
	stride := len(cells) + 1
	if most := max(maxLate/stride, 1) * stride; len(d.late)+stride > most {
		give := (len(d.late)/stride + 3) / 4
		d.lost += int64(give)
		d.late = slices.Delete(d.late, 0, give*stride)
	}
	d.late = append(append(d.late, float64(t)), cells...)
}

// widenLate gives the rows that have left the window one column more than cols.
func (d *delta) widenLate(cols int) {
	if n := len(d.late) / (cols + 1); n > 0 {
		d.late = widen(d.late, n, cols+1)
	}
}

// any reports whether anything has changed.
func (d *delta) any() bool { return len(d.late) > 0 || slices.Contains(d.dirty, true) }

func (d *delta) size() int { return len(d.cells)*cellSize + len(d.dirty) + cap(d.late)*cellSize }
