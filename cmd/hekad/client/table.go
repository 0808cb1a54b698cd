package client

import (
	"slices"
	"strings"
)

// table is the nodes as text.
type table struct {
	cols []column
	rows []*row
}

// newTable returns the table of a sample, nodes in their order, with the columns in which
// there is something to say; all of them if all is set.
func newTable(s *sample, all bool) *table {
	t := &table{}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		t.rows = append(t.rows, &row{n, s.rates[i], slices.Contains(s.Stuck, n.Name)})
	}
	for _, c := range columns() {
		says := func(r *row) bool { return c.cell(r) != "" }
		if all || c.rank <= 2 || slices.ContainsFunc(t.rows, says) {
			t.cols = append(t.cols, c)
		}
	}
	return t
}

// lines renders the table, head first. Columns are left out, those of the highest rank
// first, until a line is no wider than width; 0: any.
func (t *table) lines(width int, p painter, sorted string) []string {
	cols := slices.Clone(t.cols)
	cellsOf, widths := t.measure(cols)
	for width > 0 && len(cols) > 1 && sum(widths)+2*(len(cols)-1) > width {
		worst := 0
		for i := range cols {
			if cols[i].rank >= cols[worst].rank {
				worst = i
			}
		}
		if cols[worst].rank == 0 {
			break
		}
		cols = slices.Delete(cols, worst, worst+1)
		cellsOf, widths = t.measure(cols)
	}
	head := make([]string, len(cols))
	for i, c := range cols {
		head[i] = c.name
	}
	lines := []string{t.line(cols, head, widths, func(i int) string {
		if cols[i].name == sorted {
			return invert
		}
		return dim
	}, p)}
	for j, r := range t.rows {
		lines = append(lines, t.line(cols, cellsOf[j], widths, func(i int) string {
			if cols[i].color == nil {
				return ""
			}
			return cols[i].color(r)
		}, p))
	}
	return lines
}

// measure returns the cells, and how wide each column is.
func (t *table) measure(cols []column) (cellsOf [][]string, widths []int) {
	widths = make([]int, len(cols))
	for i, c := range cols {
		widths[i] = len(c.name)
	}
	for _, r := range t.rows {
		line := make([]string, len(cols))
		for i, c := range cols {
			if line[i] = c.cell(r); line[i] == "" {
				line[i] = "-"
			}
			widths[i] = max(widths[i], cells.String(line[i]))
		}
		cellsOf = append(cellsOf, line)
	}
	return cellsOf, widths
}

// line renders one line.
func (t *table) line(
	cols []column, text []string, widths []int, color func(i int) string, p painter,
) string {
	var b strings.Builder
	for i, s := range text {
		pad := strings.Repeat(" ", max(widths[i]-cells.String(s), 0))
		if i > 0 {
			b.WriteString("  ")
		}
		s = p.paint(color(i), s)
		switch {
		case !cols[i].left:
			s = pad + s
		case i < len(text)-1:
			s += pad
		}
		b.WriteString(s)
	}
	return b.String()
}

func sum(all []int) int {
	n := 0
	for _, v := range all {
		n += v
	}
	return n
}
