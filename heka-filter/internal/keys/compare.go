package keys

import "bytes"

// Compare orders keys of one By: value by value, missing ones first, then truth
// values, whole numbers, other numbers, texts.
func Compare(a, b []byte) int {
	for len(a) > 0 && len(b) > 0 {
		m, n := size(a), size(b)
		x, y := a[:m], b[:n]
		if x[0] == y[0] && x[0] >= tagText {
			x, y = x[textHead:], y[textHead:]
		}
		if c := bytes.Compare(x, y); c != 0 {
			return c
		}
		a, b = a[m:], b[n:]
	}
	return len(a) - len(b)
}
