package supervise

import "time"

// parseTime returns the nanoseconds since 1970 UTC of a time of RFC 3339, with any number
// of digits of a second; false if s is none, or beyond what they can count.
func parseTime(s []byte) (int64, bool) {
	t, err := time.Parse(time.RFC3339Nano, string(s))
	if err != nil || t.Year() < 1678 || t.Year() > 2261 {
		return 0, false
	}
	return t.UnixNano(), true
}
