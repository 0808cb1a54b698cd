package console

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

// model is as much of a terminal as the console uses, and stops the test at
// anything else: a message must not reach it with a sequence of its own.
type model struct {
	t             *testing.T
	width, height int
	lines         [][]string // all that was shown, the scrolled lines included
	top           int        // which of them is the first on the screen
	row, col      int        // row counts from the first of lines
	noWrap, bare  bool       // bare: the cursor is hidden
	wide          func(cluster string) int
}

func newModel(t *testing.T, width, height int) *model {
	return &model{t: t, width: width, height: height, lines: make([][]string, 1)}
}

// Write implements io.Writer.
func (m *model) Write(p []byte) (int, error) {
	s := string(p)
	for len(s) > 0 {
		switch {
		case s[0] == '\n':
			m.col = 0
			m.down()
			s = s[1:]
		case s[0] == '\r':
			m.col, s = 0, s[1:]
		case strings.HasPrefix(s, "\x1b["):
			end := strings.IndexFunc(s[2:], func(r rune) bool { return r >= '@' && r <= '~' }) + 2
			m.control(s[2:end], s[end])
			s = s[end+1:]
		case s[0] < ' ' || s[0] == 0x7f:
			m.t.Fatalf("a control character reached the terminal: %q", s)
		default:
			g := displaywidth.StringGraphemes(s)
			g.Next()
			m.put(g.Value(), g.Width())
			s = s[len(g.Value()):]
		}
	}
	if m.noWrap || m.bare {
		m.t.Fatal("a write left the terminal without wrapping or cursor")
	}
	return len(p), nil
}

func (m *model) control(arg string, final byte) {
	line := &m.lines[m.row]
	switch arg + string(final) {
	case "?25l", "?25h":
		m.bare = final == 'l'
	case "?7l", "?7h":
		m.noWrap = final == 'l'
	case "K":
		*line = (*line)[:min(m.col, len(*line))]
	case "J":
		*line = (*line)[:min(m.col, len(*line))]
		for i := m.row + 1; i < len(m.lines); i++ {
			m.lines[i] = nil
		}
	default:
		n, err := strconv.Atoi(arg)
		switch {
		case final == 'A' && err == nil && n > 0:
			m.row = max(m.top, m.row-n)
		case final == 'm':
		default:
			m.t.Fatalf("a sequence that the console does not use: %q", arg+string(final))
		}
	}
}

func (m *model) down() {
	if m.row++; m.row == len(m.lines) {
		m.lines = append(m.lines, nil)
	}
	m.top = max(m.top, m.row-m.height+1)
}

func (m *model) put(cluster string, w int) {
	if m.wide != nil {
		w = m.wide(cluster)
	}
	if m.col+w > m.width {
		if m.noWrap {
			m.col = m.width - w
		} else {
			m.col = 0
			m.down()
		}
	}
	line := m.lines[m.row]
	for len(line) < m.col+w {
		line = append(line, " ")
	}
	if w > 0 {
		line[m.col] = cluster
		for i := m.col + 1; i < m.col+w; i++ {
			line[i] = ""
		}
	}
	m.lines[m.row] = line
	m.col += w
}

// text returns all lines, without spaces at their ends and empty lines at the end.
func (m *model) text() string {
	var all []string
	for _, l := range m.lines {
		all = append(all, strings.TrimRight(strings.Join(l, ""), " "))
	}
	return strings.TrimRight(strings.Join(all, "\n"), "\n") + "\n"
}

func TestModel(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		m := newModel(t, 4, 3)
		fmt.Fprint(m, in)
		if got := m.text(); got != want {
			t.Errorf("%q shows %q, not %q", in, got, want)
		}
	}
	f("abc\n", "abc\n")
	f("abcdef\n", "abcd\nef\n")
	f("\x1b[?7labcdef\n\x1b[?7h", "abcf\n")
	f("ab\ncd\n\x1b[1Ax\n", "ab\nxd\n")
	f("ab\ncd\n\x1b[2A\x1b[Jx\n", "x\n")
	f("1\n2\n3\n4\n\x1b[9Ax\n", "1\n2\nx\n4\n")
	f("世界世\n", "世界\n世\n")
	f("abcd\r\x1b[31mx\x1b[K\n", "x\n")
}
