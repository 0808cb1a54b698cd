//go:build race

package supervise

// raced says that the program has the race detector, whose own memory is beyond any bound.
const raced = true
