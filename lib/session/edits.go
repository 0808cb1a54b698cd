package session

import "slices"

// edit is a step on the way from one list to another: what both have (' '), what
// only the first has ('-'), or only the second ('+').
type edit struct {
	op   byte
	a, b int // where it stands in the first and in the second list
}

// maxEdits bounds the steps that are looked for. Lists that lie further apart share
// only their ends.
const maxEdits = 400

// edits returns a shortest way from a to b (Myers 1986: An O(ND) difference
// algorithm), or one that is long if they have little in common.
func edits(a, b []string) []edit {
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	na, nb := len(a), len(b)
	for na > from && nb > from && a[na-1] == b[nb-1] {
		na, nb = na-1, nb-1
	}
	var all []edit
	for i := range from {
		all = append(all, edit{' ', i, i})
	}
	for _, e := range middle(a[from:na], b[from:nb]) {
		all = append(all, edit{e.op, e.a + from, e.b + from})
	}
	for i := na; i < len(a); i++ {
		all = append(all, edit{' ', i, nb + i - na})
	}
	return all
}

// middle is edits of lists that differ at both ends. On diagonal k, which is a's
// index less b's, best[k] is how far into a d edits can lead.
func middle(a, b []string) []edit {
	limit := min(len(a)+len(b), maxEdits)
	best := make([]int, 2*limit+3)
	mid := limit + 1
	var trace [][]int // best[-d..d] before step d
	for d := 0; d <= limit; d++ {
		trace = append(trace, slices.Clone(best[mid-d-1:mid+d+2]))
		for k := -d; k <= d; k += 2 {
			x := best[mid+k-1] + 1
			if k == -d || k != d && best[mid+k-1] < best[mid+k+1] {
				x = best[mid+k+1]
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			if best[mid+k] = x; x >= len(a) && x-k >= len(b) {
				return walkBack(trace, len(a), len(b))
			}
		}
	}
	var all []edit
	for i := range a {
		all = append(all, edit{'-', i, 0})
	}
	for i := range b {
		all = append(all, edit{'+', len(a), i})
	}
	return all
}

// walkBack makes edits of the steps that led to the ends of both lists.
func walkBack(trace [][]int, x, y int) []edit {
	var all []edit
	for d := len(trace) - 1; d >= 0; d-- {
		best, mid := trace[d], d+1
		k := x - y
		prev := k - 1
		if k == -d || k != d && best[mid+k-1] < best[mid+k+1] {
			prev = k + 1
		}
		px := best[mid+prev]
		py := px - prev
		for x > 0 && y > 0 && (d == 0 || x > px && y > py) {
			x, y = x-1, y-1
			all = append(all, edit{' ', x, y})
		}
		switch {
		case d == 0:
		case prev == k+1:
			y--
			all = append(all, edit{'+', x, y})
		default:
			x--
			all = append(all, edit{'-', x, y})
		}
	}
	slices.Reverse(all)
	return all
}
