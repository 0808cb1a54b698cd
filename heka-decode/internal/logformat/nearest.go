package logformat

// Nearest returns the name among names that s was perhaps meant to be: the one
// that fewest changes of a letter lead to, at most a third of its letters; "" if
// there is none.
func Nearest(s string, names []string) string {
	best, least := "", 0
	for _, name := range names {
		if len(s) > 2*len(name)+2 {
			continue
		}
		d := distance(s, name)
		if d <= (len(name)+2)/3 && (best == "" || d < least) {
			best, least = name, d
		}
	}
	return best
}

// distance counts the bytes to insert, delete or replace to make a of b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
