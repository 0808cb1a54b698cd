package keys

import (
	"slices"

	"heka/lib/msg"
)

// Groups has a row for each key of a By, up to a number of keys; messages with
// further keys share one more row. NewGroups makes one; it is for one goroutine.
type Groups[T any] struct {
	by      *By
	max     int
	onFull  func()
	table   *Table
	rows    []T
	other   T
	isOther bool
	full    bool // onFull was called
	scratch []byte
}

// NewGroups returns the groups by `by`, with at most max rows. onFull is called
// once, when the first message finds no row of its own.
func NewGroups[T any](by *By, max int, onFull func()) *Groups[T] {
	return &Groups[T]{by: by, max: max, onFull: onFull, table: NewTable()}
}

// At returns the row of m, and whether it is new: T's zero value. The row is
// valid until the next call. It is on the hot path of most aggregates.
func (g *Groups[T]) At(m *msg.View) (row *T, isNew bool) {
	g.scratch = g.by.Append(g.scratch[:0], m)
	if id, ok := g.table.Find(g.scratch); ok {
		return &g.rows[id], false
	}
	if len(g.rows) < g.max {
		g.table.Add(g.scratch)
		g.by.Note(m)
		var zero T
		g.rows = append(g.rows, zero)
		return &g.rows[len(g.rows)-1], true
	}
	isNew = !g.isOther
	g.isOther = true
	if !g.full {
		g.full = true
		g.onFull()
	}
	return &g.other, isNew
}

// Len returns the number of rows, that of other keys included.
func (g *Groups[T]) Len() int {
	if g.isOther {
		return len(g.rows) + 1
	}
	return len(g.rows)
}

// Rows returns the numbers of all rows in the order of their keys; that of
// other keys is the last.
func (g *Groups[T]) Rows() []int32 {
	ids := make([]int32, len(g.rows), len(g.rows)+1)
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortFunc(ids, func(a, b int32) int {
		return Compare(g.table.Key(a), g.table.Key(b))
	})
	if g.isOther {
		ids = append(ids, int32(len(g.rows)))
	}
	return ids
}

// Row returns row id.
func (g *Groups[T]) Row(id int32) *T {
	if int(id) == len(g.rows) {
		return &g.other
	}
	return &g.rows[id]
}

// Emit adds the key of row id to out.
func (g *Groups[T]) Emit(out *msg.Builder, id int32) {
	if int(id) == len(g.rows) {
		g.by.EmitOther(out)
		return
	}
	g.by.Emit(out, g.table.Key(id))
}

// Reset takes all rows away.
func (g *Groups[T]) Reset() {
	var zero T
	clear(g.rows)
	g.table.Reset()
	g.rows, g.other, g.isOther = g.rows[:0], zero, false
}
