package console

import "github.com/clipperhouse/displaywidth"

// cells returns how many cells of a terminal s takes.
func cells(s []byte) int { return displaywidth.Bytes(s) }

// appendCut appends s, which is longer than n cells, with its middle cut out for
// an ellipsis, so that it takes n cells or, where a wide character does not fit,
// less.
func appendCut(dst, s []byte, n int, ellipsis string) []byte {
	mark := len([]rune(ellipsis))
	if n <= mark {
		return append(dst, ellipsis[:fit(ellipsis, n)]...)
	}
	head := (n - mark + 1) / 2
	tail := n - mark - head
	before, after, from, width := 0, 0, 0, 0
	total := cells(s)
	for g := displaywidth.BytesGraphemes(s); g.Next(); {
		w := g.Width()
		if width+w <= head && before == from {
			before += len(g.Value())
		}
		width, from = width+w, from+len(g.Value())
		if total-width <= tail {
			after = from
			break
		}
	}
	dst = append(dst, s[:before]...)
	dst = append(dst, ellipsis...)
	return append(dst, s[max(before, after):]...)
}

// fit returns how many bytes the first n runes of s take.
func fit(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// blocks are an eighth to seven eighths of a cell.
var blocks = [...]string{"▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// appendBar appends a bar that is n cells long for a part of 1, in eighths of a
// cell, or in whole ones of '#'. What is more than nothing is seen.
func appendBar(dst []byte, part float64, n int, unicode bool) []byte {
	if !(part > 0) {
		return dst
	}
	part = min(part, 1)
	if !unicode {
		for range max(1, int(part*float64(n)+.5)) {
			dst = append(dst, '#')
		}
		return dst
	}
	eighths := max(1, int(part*float64(n)*8+.5))
	for range eighths / 8 {
		dst = append(dst, "█"...)
	}
	if rest := eighths % 8; rest > 0 {
		dst = append(dst, blocks[rest-1]...)
	}
	return dst
}

func appendSpaces(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, ' ')
	}
	return dst
}
