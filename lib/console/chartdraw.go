package console

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"heka/lib/cbuf"
	"heka/lib/encode"
)

const magenta = "\x1b[35m"

// chartColors are those of the series, one after another.
var chartColors = [...]string{green, cyan, yellow, blue, magenta, red}

// Sizes of a chart, in cells and lines.
const (
	maxName   = 20 // of a column's name
	minPlot   = 10
	maxCellOf = 6  // how wide a row is drawn at most
	maxHeight = 8  // of one series alone
	maxLines  = 40 // of all series, where the height of the terminal sets no bound
	maxNotes  = 5
)

// plot is where a chart is drawn: a strip for each series, one below the other, all
// over the same times.
//
//	name    max ┤  ▂▄█
//	unit        │ ▆███
//	          0 ┤▁████
//	             12:00
type plot struct {
	k      *look
	name   int // cells of the names
	label  int // cells of the numbers
	bin    int // rows in a cell, if one cell has several
	wide   int // cells of a row, if one row has several
	cells  int
	height int // lines of a strip
	strips int // how many series are drawn
}

// lines returns the lines of t, a chart.
func (c *chart) lines(k *look) [][]byte {
	return bytes.Split(bytes.TrimSuffix(c.append(nil, k), []byte{'\n'}), []byte{'\n'})
}

// append appends the chart.
func (c *chart) append(dst []byte, k *look) []byte {
	p := c.plot(k)
	dst = c.appendTitle(dst, p)
	for i := range c.series[:p.strips] {
		dst = p.appendStrip(dst, &c.series[i])
	}
	if c.rows > 0 {
		dst = c.appendMarks(dst, p)
		dst = c.appendTimes(dst, p)
	}
	dst = c.appendRest(dst, p)
	return c.appendNotes(dst, p)
}

// plot lays c out.
func (c *chart) plot(k *look) *plot {
	p := &plot{k: k, bin: 1, wide: 1}
	for i := range c.series {
		s := &c.series[i]
		p.name = max(p.name, min(cells(s.name), maxName), min(cells(s.unit), maxName))
		base, top := s.scale()
		p.label = max(p.label, cells(p.number(base)), cells(p.number(top)))
	}
	room := max(k.width-p.name-p.label-4, minPlot)
	if c.rows > room {
		p.bin = (c.rows + room - 1) / room
	} else if c.rows > 0 {
		p.wide = min(room/c.rows, maxCellOf)
	}
	p.cells = (c.rows + p.bin - 1) / p.bin * p.wide
	p.fit(len(c.series), min(len(c.notes), maxNotes+1))
	return p
}

// fit says how many strips there are, and how high.
func (p *plot) fit(series, notes int) {
	room := maxLines
	if p.k.screen {
		room = min(room, max(p.k.height-5-notes, 1))
	} else {
		room = max(room, series)
	}
	p.strips = min(series, room, maxColumns)
	if p.strips == 0 {
		return
	}
	p.height = min(room/p.strips, maxHeight)
	if p.strips > 1 {
		p.height = min(p.height, max(1, 6-p.strips))
	}
}

// number returns the text of f as a label.
func (p *plot) number(f float64) []byte {
	s := appendRounded(nil, f)
	if p.k.screen {
		s = groupDigits(s, 0)
	}
	return s
}

// appendTitle appends the line above: what it is, from when to when, and what a cell
// is where it stands for several rows: the largest number in them, or the smallest
// where the series is of minima.
func (c *chart) appendTitle(dst []byte, p *plot) []byte {
	k := p.k
	line := append(k.paint(nil, bold), c.title...)
	line = append(k.paint(k.paint(line, plain), dim), "  "...)
	if c.rows == 0 {
		line = append(line, "no data"...)
	} else {
		end := c.start + int64(c.rows-1)*c.seconds
		line = p.appendMoment(line, c.start, true, c.seconds)
		line = p.appendMoment(append(line, " to "...), end, !c.isOneDay(k), c.seconds)
		line = append(line, ", "...)
		if p.bin > 1 {
			line = append(encode.AppendInt(append(line, "peaks of "...), int64(p.bin)), ' ')
		}
		line = appendSpan(append(line, "rows of "...), c.seconds)
	}
	if sequences.Bytes(line) > k.width {
		line = sequences.TruncateBytes(line, k.width, []byte(k.ellipsis()))
	}
	return append(k.paint(append(dst, line...), plain), '\n')
}

// isOneDay reports whether all rows are of one day.
func (c *chart) isOneDay(k *look) bool {
	y, m, d := k.time(c.start * 1e9).Date()
	y2, m2, d2 := k.time((c.start + int64(c.rows-1)*c.seconds) * 1e9).Date()
	return y == y2 && m == m2 && d == d2
}

// appendMoment appends a time, with seconds if rows are shorter than a minute.
func (p *plot) appendMoment(dst []byte, t int64, date bool, rows int64) []byte {
	at := p.k.time(t * 1e9)
	if date {
		dst = append(appendDate(dst, at), ' ')
	}
	return appendMinutes(dst, at, rows < 60)
}

func appendMinutes(dst []byte, t time.Time, seconds bool) []byte {
	dst = appendClock(dst, t, false)
	if !seconds {
		dst = dst[:len(dst)-len(":00")]
	}
	return dst
}

// appendSpan appends a number of seconds as 10s, 1m, 1h or 1d.
func appendSpan(dst []byte, n int64) []byte {
	unit := byte('s')
	for _, u := range []struct {
		name byte
		n    int64
	}{{'m', 60}, {'h', 3600}, {'d', 86400}} {
		if n%u.n == 0 {
			unit = u.name
		}
	}
	switch unit {
	case 'm':
		n /= 60
	case 'h':
		n /= 3600
	case 'd':
		n /= 86400
	}
	return append(encode.AppendInt(dst, n), unit)
}

// appendStrip appends the lines of a series.
func (p *plot) appendStrip(dst []byte, s *series) []byte {
	base, top := s.scale()
	levels := p.levels(s, base, top)
	color := chartColors[s.at%len(chartColors)]
	for line := range p.height {
		var name, label []byte
		switch line {
		case 0:
			name, label = s.name, p.number(top)
		case p.height - 1:
			label = p.number(base)
		}
		if line == 1 {
			name = s.unit
		}
		dst = p.appendGutter(dst, name, label)
		dst = p.k.paint(dst, color)
		start := len(dst)
		for _, level := range levels {
			dst = p.appendBlock(dst, level-8*(p.height-1-line))
		}
		dst = append(dst[:start], bytes.TrimRight(dst[start:], " ")...)
		dst = append(p.k.paint(dst, plain), '\n')
	}
	return dst
}

// appendGutter appends what stands before the cells of a line.
func (p *plot) appendGutter(dst, name, label []byte) []byte {
	start := len(dst)
	if cells(name) > p.name {
		dst = appendCut(dst, name, p.name, p.k.ellipsis())
	} else {
		dst = append(dst, name...)
	}
	dst = appendSpaces(dst, p.name-cells(dst[start:])+1+p.label-cells(label))
	dst = append(append(dst, label...), ' ')
	switch {
	case !p.k.unicode:
		return append(dst, '|')
	case len(label) > 0:
		return append(dst, "┤"...)
	}
	return append(dst, "│"...)
}

// levels returns how high each cell of s is, in eighths of a line: one at least where
// there is a number.
func (p *plot) levels(s *series, base, top float64) []int {
	full := p.height * 8
	levels := make([]int, 0, p.cells)
	for i := 0; i < len(s.cells); i += p.bin {
		v := pick(s.cells[i:min(i+p.bin, len(s.cells))], s.agg)
		level := 0
		switch {
		case v != v:
		case top > base:
			part := math.Max(0, math.Min((v-base)/(top-base), 1))
			level = max(1, int(part*float64(full)+.5))
		default:
			level = 1
		}
		for range p.wide {
			levels = append(levels, level)
		}
	}
	return levels
}

// pick returns the number that stands for several: the smallest of what is a minimum,
// else the largest, so that no peak is lost; NaN if there is none.
func pick(cells []float64, agg cbuf.Aggregation) float64 {
	best := math.NaN()
	for _, v := range cells {
		if v == v && (best != best || (v < best) == (agg == cbuf.Min) && v != best) {
			best = v
		}
	}
	return best
}

var (
	lowBlocks = [...]string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}
	lowMarks  = [...]string{" ", "_", ".", "-", ":", "=", "+", "*", "#"}
)

// appendBlock appends a cell that is filled up to so many eighths.
func (p *plot) appendBlock(dst []byte, eighths int) []byte {
	eighths = max(0, min(eighths, 8))
	if p.k.unicode {
		return append(dst, lowBlocks[eighths]...)
	}
	return append(dst, lowMarks[eighths]...)
}

// column returns the first cell of row.
func (p *plot) column(row int) int { return row / p.bin * p.wide }

// appendMarks appends the line that marks where there are annotations.
func (c *chart) appendMarks(dst []byte, p *plot) []byte {
	if len(c.notes) == 0 {
		return dst
	}
	marks := bytes.Repeat([]byte{' '}, p.cells)
	for i := range c.notes {
		mark := byte('^')
		if s := c.notes[i].Short; len(s) > 0 && s[0] > ' ' && s[0] < 0x7f {
			mark = s[0]
		}
		marks[p.column(c.row(c.notes[i].Time))] = mark
	}
	dst = appendSpaces(dst, p.gutter())
	dst = p.k.paint(dst, yellow)
	dst = append(dst, bytes.TrimRight(marks, " ")...)
	return append(p.k.paint(dst, plain), '\n')
}

func (p *plot) gutter() int { return p.name + p.label + 3 }

// appendTimes appends the line with the times of the first and the last row, and of
// one in the middle if there is room.
func (c *chart) appendTimes(dst []byte, p *plot) []byte {
	label := func(row int) []byte {
		t := p.k.time((c.start + int64(row)*c.seconds) * 1e9)
		var s []byte
		if !c.isOneDay(p.k) {
			s = append(appendDate(s, t)[len("2006-"):], ' ')
		}
		return appendMinutes(s, t, c.seconds < 60)
	}
	dst = p.k.paint(appendSpaces(dst, p.gutter()), dim)
	first, last := label(0), label(c.rows-1)
	dst = append(dst, first...)
	at := len(first)
	if mid := p.cells / 2; p.cells >= 4*len(first) {
		row := mid / p.wide * p.bin
		dst = appendSpaces(dst, p.column(row)-at)
		dst = append(dst, label(row)...)
		at = p.column(row) + len(first)
	}
	if room := p.cells - at - len(last); room > 1 {
		dst = append(appendSpaces(dst, room), last...)
	}
	return append(p.k.paint(dst, plain), '\n')
}

// appendRest says which series are not drawn.
func (c *chart) appendRest(dst []byte, p *plot) []byte {
	if more := len(c.series) - p.strips; more > 0 {
		s := p.k.ellipsis() + " " + strconv.Itoa(more) + " more"
		dst = append(p.k.word(dst, dim, s), '\n')
	}
	if len(c.empty) == 0 || c.rows == 0 {
		return dst
	}
	line := []byte("nothing in")
	for i, name := range c.empty {
		if i > 0 {
			line = append(line, ',')
		}
		line = append(append(line, ' '), name...)
		if len(line) > maxCell {
			break
		}
	}
	return p.appendLine(p.k.paint(dst, dim), line)
}

// appendLine appends a line that is cut where it is wider than the terminal, and ends
// the colour.
func (p *plot) appendLine(dst, line []byte) []byte {
	if cells(line) > p.k.width {
		dst = appendCut(dst, line, p.k.width, p.k.ellipsis())
	} else {
		dst = append(dst, line...)
	}
	return append(p.k.paint(dst, plain), '\n')
}

// appendNotes appends the annotations, the newest ones.
func (c *chart) appendNotes(dst []byte, p *plot) []byte {
	notes := c.notes
	if more := len(notes) - maxNotes; more > 0 {
		s := p.k.ellipsis() + " " + strconv.Itoa(more) + " earlier remarks"
		dst = append(p.k.word(dst, dim, s), '\n')
		notes = notes[more:]
	}
	for i := range notes {
		a := &notes[i]
		line := encode.AppendVisible(nil, []byte(a.Short))
		line = p.appendMoment(append(line, ' '), a.Time/1e9, !c.isOneDay(p.k), c.seconds)
		line = append(append(append(line, ' '), c.names[a.Column]...), ": "...)
		line = encode.AppendVisible(line, []byte(a.Text[:min(len(a.Text), maxCell)]))
		dst = p.appendLine(p.k.paint(dst, yellow), line)
	}
	return dst
}
