package prog

import (
	"strings"

	"heka/lib/stage"
)

// names lists the names of the kinds.
func (w Wing) names() string {
	var n []string
	for _, k := range w.Kinds {
		n = append(n, k.Name)
	}
	return strings.Join(n, ", ")
}

// nearest returns the name among kinds that word was probably meant to be; empty
// if none is near.
func nearest(word string, kinds []stage.Kind) string {
	best, at := "", 3
	for _, k := range kinds {
		if d := distance(word, k.Name); d < at && d < len(k.Name) {
			best, at = k.Name, d
		}
	}
	return best
}

// distance is the number of letters to put in, take out or change between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diag
			if a[i] != b[j] {
				d = 1 + min(diag, row[j], row[j+1])
			}
			diag, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
