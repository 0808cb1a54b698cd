package when

import (
	"context"
	"time"
)

// Clock tells the time and waits. It is for one goroutine.
type Clock interface {
	// Now returns nanoseconds since 1970 UTC, or of any other time that goes on
	// evenly.
	Now() int64

	// Wait returns true when it is t, at once if that is over; false if stop is
	// closed or ctx ends before.
	Wait(ctx context.Context, stop <-chan struct{}, t int64) bool
}

// Machine returns the machine's clock. It is not set back or forth while a program
// runs.
func Machine() Clock {
	now := time.Now()
	return machine{now, now.UnixNano()}
}

type machine struct {
	start time.Time
	at    int64
}

func (m machine) Now() int64 { return m.at + int64(time.Since(m.start)) }

func (m machine) Wait(ctx context.Context, stop <-chan struct{}, t int64) bool {
	select {
	case <-stop:
		return false
	case <-ctx.Done():
		return false
	default:
	}
	left := t - m.Now()
	if left <= 0 {
		return true
	}
	timer := time.NewTimer(time.Duration(left))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
	case <-ctx.Done():
	}
	return false
}
