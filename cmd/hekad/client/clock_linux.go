package client

import "golang.org/x/sys/unix"

// clockSynced asks the kernel whether something keeps the clock right.
func clockSynced() (yes, known bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	const timeError = 5
	return state != timeError, err == nil
}
