// Package rexp points at mistakes in regular expressions, for those that package
// regexp/syntax tells without a place.
package rexp

// Unclosed returns the offset of the last parenthesis in expr that opens a group and is
// not closed; 0 if there is none.
func Unclosed(expr string) int {
	var open []int
	class := false
	for i := 0; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			open = append(open, i)
		case c == ')' && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return 0
	}
	return open[len(open)-1]
}
