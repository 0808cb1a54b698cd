//go:build !race

package wall

const raced = false
