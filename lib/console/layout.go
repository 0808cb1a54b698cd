package console

import "time"

const (
	wideGap   = 2  // cells between columns
	maxBar    = 40 // cells
	minBar    = 8  // less is not worth drawing
	keepBar   = 12 // what text is cut for, if it is cut at all
	minText   = 8  // columns of text are not cut below that
	timedMin  = 9  // of columns of numbers in a timed table
	timeWidth = len("2006-01-02 15:04:05")
	msWidth   = len(".000")
)

// layout is how the columns of a table are laid out. It does not change once the
// head is drawn, while further rows may come.
type layout struct {
	order  []int
	width  []int // by column
	text   []bool
	main   int // the column that the bars show, and "~" marks; -1: none
	gap    int // cells between columns
	bar    int // cells; 0: there are no bars
	top    float64
	timed  bool // the first column is the time
	ms     bool // times have milliseconds
	fields string
}

// layout lays t out. A timed table has its time as the first column, and no bars:
// what is to come may be larger.
func (t *table) layout(k *look, timed bool) *layout {
	l := &layout{order: t.order, main: t.main(), timed: timed, fields: t.fields(), gap: wideGap}
	l.ms = t.time%1e9 != 0
	total := wideGap * (len(t.order) - 1)
	if timed {
		total += l.timeWidth() + wideGap
	}
	for i := range t.cols {
		w := t.cols[i].width
		if i == l.main && t.approx {
			w++
		}
		if t.cols[i].text && !k.screen {
			w = min(w, maxAligned)
		}
		if timed && !t.cols[i].text {
			w = max(w, timedMin)
		}
		l.width, l.text = append(l.width, w), append(l.text, t.cols[i].text)
		total += w
	}
	bars := l.main >= 0 && len(t.rows) > 1 && !timed && string(t.kind) != "heka.stats"
	if k.screen && total > k.width {
		room := k.width
		if bars {
			room -= keepBar + wideGap
		}
		if total -= l.narrow(total - room); total > k.width {
			l.gap = 1
		}
	}
	if room := k.width - total - wideGap; bars && room >= minBar {
		l.bar = min(room, maxBar)
		l.top = t.largest(l.main)
	}
	return l
}

// narrow takes up to n cells from the columns of text, the widest first, and
// returns how many it took.
func (l *layout) narrow(n int) (taken int) {
	for taken < n {
		widest, second := -1, minText
		for _, i := range l.order {
			if !l.text[i] || l.width[i] <= minText {
				continue
			}
			if widest < 0 || l.width[i] > l.width[widest] {
				if widest >= 0 {
					second = max(second, l.width[widest])
				}
				widest = i
			} else {
				second = max(second, l.width[i])
			}
		}
		if widest < 0 {
			break
		}
		w := max(l.width[widest]-(n-taken), min(second, l.width[widest]-1))
		taken += l.width[widest] - w
		l.width[widest] = w
	}
	return taken
}

// main returns the column whose numbers matter: the first of counts, else the
// first of percentages; -1 if there is none.
func (t *table) main() int {
	for want := roleCount; want > roleNone; want-- {
		for _, i := range t.order {
			if c := &t.cols[i]; c.rep == want && !c.text {
				return i
			}
		}
	}
	return -1
}

func (t *table) largest(col int) (top float64) {
	for i := range t.cells {
		if t.cells[i].col == col {
			top = max(top, t.cells[i].number)
		}
	}
	return top
}

// fields returns what tells tables of other columns apart.
func (t *table) fields() string {
	s := append([]byte{}, t.kind...)
	for _, i := range t.order {
		s = append(append(s, 0), t.cols[i].name...)
	}
	return string(s)
}

func (l *layout) timeWidth() int {
	if l.ms {
		return timeWidth + msWidth
	}
	return timeWidth
}

// appendTime appends t in l.timeWidth() cells.
func (l *layout) appendTime(dst []byte, t time.Time) []byte {
	return appendClock(append(appendDate(dst, t), ' '), t, l.ms)
}

// appendHeading appends the line with a table's time.
func (l *layout) appendHeading(dst []byte, t time.Time, k *look) []byte {
	dst = l.appendTime(k.paint(dst, bold), t)
	return append(k.paint(dst, plain), '\n')
}

// appendHead appends the line with the names of the columns.
func (t *table) appendHead(dst []byte, l *layout, k *look) []byte {
	dst = k.paint(dst, dim)
	p := padder{l: l, k: k}
	if l.timed {
		dst = p.text(dst, []byte("time"), len("time"), l.timeWidth())
	}
	for _, i := range l.order {
		c := &t.cols[i]
		w := cells(c.shown)
		if l.text[i] {
			dst = p.text(dst, c.shown, w, l.width[i])
		} else {
			dst = p.number(dst, c.shown, w, l.width[i])
		}
	}
	return append(k.paint(dst, plain), '\n')
}

// appendRow appends row r.
func (t *table) appendRow(dst []byte, r *row, l *layout, k *look) []byte {
	var at [maxColumns]int // which cell of the row each column has, plus 1
	for i := range t.cells[r.first : r.first+r.n] {
		at[t.cells[r.first+i].col] = i + 1
	}
	p := padder{l: l, k: k}
	if l.timed {
		var s [timeWidth + msWidth]byte
		w := l.timeWidth()
		dst = k.paint(dst, dim)
		dst = p.text(dst, l.appendTime(s[:0], k.time(t.time)), w, w)
		dst = k.paint(dst, plain)
	}
	part := 0.0
	for _, i := range l.order {
		if at[i] == 0 {
			dst = p.missing(dst, l.text[i], l.width[i])
			continue
		}
		c := &t.cells[r.first+at[i]-1]
		s, w := t.text[c.from:c.to], c.width
		switch {
		case l.text[i]:
			dst = p.text(dst, s, w, l.width[i])
		case i == l.main:
			part = c.number / l.top
			if r.approx {
				s, w = append([]byte{'~'}, s...), w+1
			}
			dst = p.number(dst, s, w, l.width[i])
		default:
			dst = p.number(dst, s, w, l.width[i])
		}
	}
	if l.bar > 0 && part > 0 {
		dst = appendSpaces(dst, p.owed+l.gap)
		dst = k.paint(dst, blue)
		dst = appendBar(dst, part, l.bar, k.unicode)
		dst = k.paint(dst, plain)
	}
	return append(dst, '\n')
}

// padder puts cells side by side. It owes the spaces behind a cell until another
// one follows: no line ends in spaces.
type padder struct {
	l    *layout
	k    *look
	owed int
	n    int
}

// lead appends the spaces before a cell.
func (p *padder) lead(dst []byte) []byte {
	if p.n++; p.n > 1 {
		p.owed += p.l.gap
	}
	dst = appendSpaces(dst, p.owed)
	p.owed = 0
	return dst
}

// text appends s, w cells wide, to the left of width cells; cut, on a terminal.
func (p *padder) text(dst, s []byte, w, width int) []byte {
	dst = p.lead(dst)
	at := len(dst)
	if w > width && p.k.screen {
		dst = appendCut(dst, s, width, p.k.ellipsis())
		w = cells(dst[at:])
	} else {
		dst = append(dst, s...)
	}
	p.owed = max(0, width-w)
	return dst
}

// number appends s to the right of width cells.
func (p *padder) number(dst, s []byte, w, width int) []byte {
	dst = appendSpaces(p.lead(dst), width-w)
	return append(dst, s...)
}

// missing appends "-", for a field that the row has not.
func (p *padder) missing(dst []byte, text bool, width int) []byte {
	if text {
		return p.text(dst, []byte{'-'}, 1, width)
	}
	return p.number(dst, []byte{'-'}, 1, width)
}
