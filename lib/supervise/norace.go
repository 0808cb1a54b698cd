//go:build !race

package supervise

// raced says that the program has the race detector.
const raced = false
