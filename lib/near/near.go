// Package near finds the name that a misspelt one was probably meant to be. Word
// is what to call.
package near

import (
	"strings"
	"unicode"
)

// maxLen bounds the words that are compared, in runes; longer ones are near to none.
const maxLen = 64

// Word returns the one among names that word was probably meant to be: the same
// but for case, or a slip or two away, fewer for short words; an earlier name is
// preferred among equals. Empty if none is near.
func Word(word string, names []string) string {
	best, at := "", -1
	w := fold(word)
	if len(w) > maxLen {
		return ""
	}
	for _, name := range names {
		n := fold(name)
		d := distance(w, n)
		if d <= slips(len(n)) && (at < 0 || d < at) {
			best, at = name, d
		}
	}
	return best
}

// slips is how many slips a name of n letters may have.
func slips(n int) int {
	switch {
	case n < 3:
		return 0
	case n < 6:
		return 1
	}
	return 2
}

func fold(s string) []rune { return []rune(strings.Map(unicode.ToLower, s)) }

// distance is the number of slips between a and b: letters put in, left out,
// mistaken, or two neighbours swapped.
func distance(a, b []rune) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
