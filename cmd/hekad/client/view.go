package client

import (
	"fmt"
	"slices"
	"strings"
)

// view is what top shows, without the terminal.
type view struct {
	paint   painter
	sample  *sample // nil: nothing known yet
	failure error   // why there is nothing newer
	sort    string  // a column; empty: as configured
	reverse bool
	paused  bool
	help    bool
	all     bool // all columns
	at      int  // first row shown
	page    int  // rows shown last
}

// sortBy sets the column to sort by.
func (v *view) sortBy(name string) error {
	var names []string
	for _, c := range columns() {
		names = append(names, c.name)
	}
	if name != "" && !slices.Contains(names, name) {
		hint := meant("", name, names)
		if hint == "" {
			hint = "one of " + strings.Join(names, ", ")
		}
		return mistake(hint, "--sort %s: no such column", name)
	}
	v.sort = name
	return nil
}

// press does what a key asks for, and reports whether that was to quit.
func (v *view) press(key int) (quit bool) {
	if v.help {
		v.help = false
		return key == 'q' || key == 'C'&31
	}
	switch key {
	case 'q', 'C' & 31, 'D' & 31:
		return true
	case '?':
		v.help = true
	case ' ', 'p':
		v.paused = !v.paused
	case 'a':
		v.all = !v.all
	case 'R':
		v.reverse = !v.reverse
	case '0':
		v.sort, v.reverse = "", false
	case keyUp, 'k':
		v.at--
	case keyDown, 'j':
		v.at++
	case keyPageUp:
		v.at -= max(v.page, 1)
	case keyPageDown:
		v.at += max(v.page, 1)
	case keyHome, 'g':
		v.at = 0
	case keyEnd, 'G':
		v.at = 1 << 30
	case keyLeft, '<':
		v.next(-1)
	case keyRight, '>':
		v.next(1)
	default:
		for _, c := range columns() {
			if c.key != 0 && int(c.key) == key {
				v.sort = c.name
			}
		}
	}
	return false
}

// next sorts by a neighbour of the column that is sorted by.
func (v *view) next(by int) {
	if v.sample == nil {
		return
	}
	cols := newTable(v.sample, v.all).cols
	i := slices.IndexFunc(cols, func(c column) bool { return c.name == v.sort })
	v.sort = cols[(max(i, 0)+by+len(cols))%len(cols)].name
}

// table renders the sample's table, sorted, and what is wrong below; width 0: any.
func (v *view) table(width int) []string {
	t := v.sorted()
	lines := t.lines(width, v.paint, v.sort)
	for i, f := range troubles(&v.sample.Status) {
		if i == 0 {
			lines = append(lines, "")
		}
		lines = append(lines, f.line(v.paint))
	}
	return lines
}

func (v *view) sorted() *table {
	t := newTable(v.sample, v.all)
	for _, c := range columns() {
		if c.name == v.sort {
			slices.SortStableFunc(t.rows, c.less)
		}
	}
	if v.reverse {
		slices.Reverse(t.rows)
	}
	return t
}

// lines renders the whole screen.
func (v *view) lines(width, height int) []string {
	var lines []string
	switch {
	case v.help:
		lines = v.helpLines()
	case v.sample == nil:
		lines = []string{v.status()}
	default:
		lines = v.screen(width, height)
	}
	if len(lines) > height {
		lines = lines[:height]
	}
	for i := range lines {
		lines[i] = cut(lines[i], width)
	}
	return lines
}

// screen renders the head, as many rows as there is room for, and of what is wrong as
// much as a third of the screen holds.
func (v *view) screen(width, height int) []string {
	s := v.sample
	found := troubles(&s.Status)
	below := min(len(found), height/3)
	room := height - 3 // the head, the table's head, the last line
	if below > 0 && room-below-1 < min(len(s.Nodes), 3) {
		below = 0
	} else if below > 0 {
		room -= below + 1
	}
	table := v.sorted().lines(width, v.paint, v.sort)
	head, rows := table[0], table[1:]
	v.page = max(room, 0)
	v.at = max(min(v.at, len(rows)-v.page), 0)
	lines := []string{v.head(), head}
	lines = append(lines, rows[v.at:min(v.at+v.page, len(rows))]...)
	for i, f := range found[:below] {
		if i == 0 {
			lines = append(lines, "")
		}
		if i == below-1 && below < len(found) {
			lines = append(lines, v.paint.paint(dim, fmt.Sprintf("%d more: hekad ps", len(found)-i)))
		} else {
			lines = append(lines, f.line(v.paint))
		}
	}
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	status := v.status()
	if v.failure != nil {
		return append(lines, v.paint.paint(red, status))
	}
	if below == 0 && len(found) > 0 {
		status = plural(int64(len(found)), "trouble") + ": hekad ps  " + status
	}
	if len(rows) > v.page {
		status = fmt.Sprintf("%d-%d of %d  ", v.at+1, min(v.at+v.page, len(rows)), len(rows)) + status
	}
	return append(lines, v.paint.paint(dim, status))
}

// head renders the line about the daemon.
func (v *view) head() string {
	s := v.sample
	state, color := "ready", green
	switch {
	case s.Draining:
		state, color = "draining", yellow
	case !s.Ready:
		state, color = "not ready", red
	}
	return fmt.Sprintf("hekad %d on %s  %s  up %s  %s/s  %s/s  cpu %s  mem %s",
		s.Pid, visible(s.Hostname), v.paint.paint(color, state), span(s.Now.Sub(s.Started)),
		short(s.in), bytes(int64(s.bytes)), percent(s.cpu), bytes(s.Memory))
}

// status renders the last line.
func (v *view) status() string {
	switch {
	case v.failure != nil:
		return visible(v.failure.Error())
	case v.sample == nil:
		return "asking..."
	case v.paused:
		return "paused: space goes on"
	}
	return "q quits, ? lists the keys"
}

// helpLines renders the list of keys.
func (v *view) helpLines() []string {
	lines := []string{
		"q         quit                    space     pause, and go on",
		"j k       up and down             g G       first and last",
		"< >       sort by a neighbour     R         the other way round",
		"0         as configured           a         all columns, or those that say something",
		"", "sort by", "",
	}
	line := ""
	for i, c := range columns() {
		line += fmt.Sprintf("%c  %-12s", c.key, c.name)
		if i%4 == 3 {
			lines, line = append(lines, line), ""
		}
	}
	return append(lines, line, "", "any key goes back")
}
