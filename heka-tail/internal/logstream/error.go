package logstream

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is a mistake in an option.
type Error struct {
	Flag string // its name on a command line, without dashes
	Msg  string // what is wrong
	Hint string // what to do; may be empty
	Text string // what it is wrong in, if it has a place there
	Pos  int    // the place, in bytes of Text
}

// Error returns flag, mistake and hint; if there is a Text, that on a second line, and
// a caret below the place, with the hint, on a third.
func (e *Error) Error() string {
	s := "--" + e.Flag + ": " + e.Msg
	if e.Text == "" {
		if e.Hint != "" {
			s += "; " + e.Hint
		}
		return s
	}
	before := visible(e.Text[:e.Pos])
	s = fmt.Sprintf("%s\n    %s\n    %s^", s, before+visible(e.Text[e.Pos:]),
		strings.Repeat(" ", utf8.RuneCountInString(before)))
	if e.Hint != "" {
		s += " " + e.Hint
	}
	return s
}

// visible escapes what can't be shown on a line.
func visible(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}

// PlaceError says why a file that matches has no place in the order of its stream.
type PlaceError struct {
	Path string
	Err  error
}

func (e *PlaceError) Error() string { return fmt.Sprintf("order file %q: %v", e.Path, e.Err) }

// Unwrap returns Err.
func (e *PlaceError) Unwrap() error { return e.Err }
