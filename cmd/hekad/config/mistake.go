package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Mistake is one thing that is wrong with a configuration, and where.
//
// Those that [Options].Check returns are about a command line: Col is the column in
// Node.Run in bytes, from 1, and 0 means all of it; or about another key of the node,
// if Key names one. Load finds the place in the file.
type Mistake struct {
	File      string
	Line, Col int    // from 1, Col in characters; 0: it is about the whole file
	Excerpt   string // the line, or what stands around the place, and a caret below it
	Msg       string // what is wrong
	Hint      string // what to do about it; may be empty
	Key       string // from Check: the key that it is about; empty: run
}

// Error returns the place, what is wrong, the line with a caret, and the hint.
func (m Mistake) Error() string {
	var b strings.Builder
	b.WriteString(m.File)
	if m.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", m.Line, m.Col)
	}
	b.WriteString(": " + m.Msg)
	switch {
	case m.Excerpt != "":
		b.WriteString("\n" + m.Excerpt)
		last := m.Excerpt[strings.LastIndexByte(m.Excerpt, '\n')+1:]
		if m.Hint != "" && len(last)+1+utf8.RuneCountInString(m.Hint) <= columns {
			b.WriteString(" " + m.Hint)
			break
		}
		fallthrough
	case m.Hint != "":
		b.WriteString(wrap(m.Hint))
	}
	return b.String()
}

// columns is how wide a text is, if it can be.
const columns = 100

// wrap returns s in lines of their own.
func wrap(s string) string {
	var b strings.Builder
	col := columns
	for _, w := range strings.Fields(s) {
		n := utf8.RuneCountInString(w) + 1
		if col+n > columns {
			b.WriteString("\n   ")
			col = 3
		}
		b.WriteString(" " + w)
		col += n
	}
	return b.String()
}

// Errors are all mistakes of a configuration, by file and place. There is at least one.
type Errors struct{ All []Mistake }

// maxMistakes bounds those that are gathered of a file, and of a configuration.
const maxMistakes = 500

// maxShown is how many mistakes Error tells; the others it counts.
const maxShown = 50

// Error returns the texts of the mistakes, one below the other.
func (e *Errors) Error() string {
	var all []string
	for i, m := range e.All {
		if i == maxShown {
			all = append(all, fmt.Sprintf("and %d more mistakes", len(e.All)-i))
			break
		}
		all = append(all, m.Error())
	}
	return strings.Join(all, "\n")
}

// sorted returns the mistakes in the order of their places, each once.
func sorted(all []Mistake, files []string) []Mistake {
	order := map[string]int{}
	for i, f := range files {
		order[f] = i + 1
	}
	slices.SortStableFunc(all, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(all)
}
