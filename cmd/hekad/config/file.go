package config

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// file is the text of one file of a configuration.
type file struct {
	name  string
	src   []byte
	lines []int // where each line starts
}

func newFile(name string, src []byte) *file {
	f := &file{name: name, src: src, lines: []int{0}}
	for i, c := range src {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// place returns the line and the column, in characters, of the byte at off.
func (f *file) place(off int) (line, col int) {
	off = min(max(off, 0), len(f.src))
	i, found := slices.BinarySearch(f.lines, off)
	if !found {
		i--
	}
	return i + 1, utf8.RuneCount(f.src[f.lines[i]:off]) + 1
}

// mistake returns what is wrong with the bytes from at to end.
func (f *file) mistake(at, end int, msg, hint string) Mistake {
	at = min(max(at, 0), len(f.src))
	line, col := f.place(at)
	return Mistake{
		File: f.name, Line: line, Col: col, Excerpt: f.excerpt(line, at, end), Msg: msg, Hint: hint,
	}
}

const (
	window   = 76 // columns of a line that an excerpt shows
	maxCells = 4096
)

// excerpt returns the line with carets under the bytes from at to end.
func (f *file) excerpt(line, at, end int) string {
	start, stop := f.lines[line-1], len(f.src)
	if line < len(f.lines) {
		stop = f.lines[line] - 1
	}
	end = min(max(end, at), stop)
	before := cells(f.src[max(start, at-maxCells):at], true)
	marked := cells(f.src[at:min(end, at+maxCells)], false)
	after := cells(bytes.TrimRight(f.src[end:min(stop, end+maxCells)], "\r\n"), false)
	if start < at-maxCells {
		before = append([]string{"..."}, before...)
	}
	if room := max(window/2, window-len(marked)-len(after)); len(before) > room {
		before = append([]string{"..."}, before[len(before)-room+1:]...)
	}
	rest := append(marked[:len(marked):len(marked)], after...)
	if room := window - len(before); len(rest) > room {
		rest = append(rest[:max(room-1, 0):max(room-1, 0)], "...")
		marked = marked[:min(len(marked), len(rest))]
	}
	head, mark := strings.Join(before, ""), strings.Join(marked, "")
	return fmt.Sprintf("    %s%s\n    %s%s", head, strings.Join(rest, ""),
		strings.Repeat(" ", displaywidth.String(head)),
		strings.Repeat("^", max(displaywidth.String(mark), 1)))
}

// cells returns what is printed for each character: controls are escaped, a tab is a
// blank. tail says that b may begin within a character.
func cells(b []byte, tail bool) []string {
	for tail && len(b) > 0 && !utf8.RuneStart(b[0]) {
		b = b[1:]
	}
	var all []string
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			all = append(all, fmt.Sprintf(`\x%02x`, b[0]))
		case r == '\t':
			all = append(all, " ")
		case strconv.IsPrint(r):
			all = append(all, string(b[:n]))
		default:
			q := strconv.QuoteRune(r)
			all = append(all, q[1:len(q)-1])
		}
		b = b[n:]
	}
	return all
}
