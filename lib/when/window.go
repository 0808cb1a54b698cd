package when

import (
	"fmt"
	"math"
	"time"
)

// Window is a stretch of time, nanoseconds since 1970 UTC: From is in it, To is
// not, except that the largest To has no end.
type Window struct{ From, To int64 }

// always is the window of all times.
var always = Window{math.MinInt64, math.MaxInt64}

// ParseWindow reads the ends of a window as Parse does; an empty text leaves that
// end open. The names of the flags stand in the errors, each of which is a mistake
// in one text or, at last, a window with nothing in it.
func ParseWindow(from, to string, now time.Time, loc *time.Location) (Window, error) {
	w := always
	var err error
	if from != "" {
		if w.From, err = Parse(from, now, loc); err != nil {
			return w, fmt.Errorf("--from %w", err)
		}
	}
	if to != "" {
		if w.To, err = Parse(to, now, loc); err != nil {
			return w, fmt.Errorf("--to %w", err)
		}
	}
	if w.From >= w.To {
		return w, fmt.Errorf("--from %s is not before --to %s: no message is in between", from, to)
	}
	return w, nil
}

// IsAlways reports whether all times are in w.
func (w Window) IsAlways() bool { return w == always }

// Contains reports whether t is in w.
func (w Window) Contains(t int64) bool {
	return t >= w.From && (t < w.To || w.To == math.MaxInt64)
}

// Overlaps reports whether any time from first to last, both included, is in w.
func (w Window) Overlaps(first, last int64) bool {
	return last >= w.From && (first < w.To || w.To == math.MaxInt64)
}
