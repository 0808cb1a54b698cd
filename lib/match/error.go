package match

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with an expression, and where.
type Error struct {
	Expr string // the whole expression
	Pos  int    // offset in bytes of the place, at most len(Expr)
	Msg  string // what is wrong, on one line
	Hint string // what to do about it; empty if there is nothing to say
}

// window is how many columns of an expression an error shows.
const window = 72

// Error returns three lines: what is wrong and at which character, counted from
// 1; the expression, or what stands around the place if it is long, with control
// characters escaped; and a caret under the place, with the hint behind it.
func (e *Error) Error() string {
	pos := min(max(e.Pos, 0), len(e.Expr))
	line, col := excerpt(e.Expr, pos)
	s := fmt.Sprintf("character %d: %s\n    %s\n    %s^",
		utf8.RuneCountInString(e.Expr[:pos])+1, e.Msg, line, strings.Repeat(" ", col))
	if e.Hint != "" {
		s += " " + e.Hint
	}
	return s
}

// excerpt returns what to show of expr around byte pos, and the column of pos in it.
func excerpt(expr string, pos int) (line string, col int) {
	before := cells(expr[:pos])
	after := cells(expr[pos:])
	if len(before)+len(after) > window {
		left := max(window/2, window-len(after))
		if len(before) > left {
			before = append([]string{"..."}, before[len(before)-left+1:]...)
		}
		if room := window - len(before); len(after) > room {
			after = append(after[:room:room], "...")
		}
	}
	head := strings.Join(before, "")
	return head + strings.Join(after, ""), utf8.RuneCountInString(head)
}

// cells returns what is printed for each character of s.
func cells(s string) []string {
	var all []string
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			all = append(all, fmt.Sprintf(`\x%02x`, s[0]))
		case strconv.IsPrint(r):
			all = append(all, s[:n])
		default:
			q := strconv.QuoteRune(r)
			all = append(all, q[1:len(q)-1])
		}
		s = s[n:]
	}
	return all
}
