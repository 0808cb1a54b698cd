//go:build race

package wall

// raced says that this test has the race detector, whose own memory is beyond all bounds.
const raced = true
