//go:build race

package wall

// raced says that the program has the race detector, whose own memory is beyond any
// bound: none is set.
const raced = true
