package cbuf

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Annotation is a remark on a row of a column.
type Annotation struct {
	Time   int64  // when the row starts
	Column int    // counted from 0
	Short  string // a letter or two that stand at the place in a graph: "i", "a"
	Text   string
	Delta  bool // it is new: AppendDelta writes it
}

// Short texts of the two sorts of annotations that Annotate knows.
const (
	Info  = "i"
	Alert = "a"
)

// Annotate adds a remark of sort short, Info or Alert, to the row at ns of column
// col, counted from 0, in the place of the one that is there. delta: AppendDelta
// writes it, too. Nothing happens if ns is outside the window. Remarks leave with
// their row.
func (b *Buffer) Annotate(ns int64, col int, short, text string, delta bool) {
	b.check(col)
	if _, ok := b.find(ns); !ok {
		return
	}
	a := Annotation{
		Time: floor(ns, b.step) * b.step, Column: col, Short: short, Text: text, Delta: delta,
	}
	i, found := slices.BinarySearchFunc(b.notes, a, func(x, y Annotation) int {
		return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(x.Column, y.Column))
	})
	if found {
		b.notes[i] = a
	} else {
		b.notes = slices.Insert(b.notes, i, a)
	}
}

// Annotations returns the remarks, by time and column. They are b's.
func (b *Buffer) Annotations() []Annotation { return b.notes }

// prune takes away the remarks on rows that have left the window.
func (b *Buffer) prune() {
	n := 0
	for n < len(b.notes) && b.notes[n].Time < b.Start() {
		n++
	}
	b.notes = slices.Delete(b.notes, 0, n)
}

// appendAnnotations appends the member of the header that has the remarks, if there
// are any; with deltas, the new ones.
func (b *Buffer) appendAnnotations(dst []byte, deltas bool) []byte {
	n := 0
	for i := range b.notes {
		a := &b.notes[i]
		if deltas && !a.Delta {
			continue
		}
		if n++; n == 1 {
			dst = append(dst, `,"annotations":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendInt(append(dst, `{"x":`...), a.Time/1e6)
		dst = appendInt(append(dst, `,"col":`...), int64(a.Column)+1)
		dst = appendQuoted(append(dst, `,"shortText":`...), a.Short)
		dst = appendQuoted(append(dst, `,"text":`...), a.Text)
		dst = append(dst, '}')
	}
	if n > 0 {
		dst = append(dst, ']')
	}
	return dst
}

// appendQuoted appends s as text in JSON. What has no shape becomes a space.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\' || r == '/':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = appendControl(dst, byte(r))
		case r == utf8.RuneError && n == 1 || !unicode.IsPrint(r):
			dst = append(dst, ' ')
		default:
			dst = append(dst, s[i:i+n]...)
		}
		i += n
	}
	return append(dst, '"')
}

func appendControl(dst []byte, c byte) []byte {
	const from, to = "\b\t\n\f\r", "btnfr"
	for i := range len(from) {
		if from[i] == c {
			return append(dst, '\\', to[i])
		}
	}
	return append(dst, ' ')
}
