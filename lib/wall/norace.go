//go:build !race

package wall

// raced says that the program has the race detector.
const raced = false
