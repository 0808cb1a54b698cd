package words

import (
	"strconv"
	"strings"
	"time"
)

// Duration reads a span of time such as 500ms, 10s, 1m30s, 2h or 7d, in
// nanoseconds. It is at least a millisecond.
func (w *Words) Duration(word string) (int64, error) {
	d, err := time.ParseDuration(word)
	if err != nil {
		days, isDays := strings.CutSuffix(word, "d")
		n, derr := strconv.ParseFloat(days, 64)
		if !isDays || derr != nil || !(n >= 0 && n <= 36500) {
			return 0, w.Mistake(word, "this is no duration", durationHint(word))
		}
		d = time.Duration(n * 24 * float64(time.Hour))
	}
	if d < time.Millisecond {
		return 0, w.Mistake(word, "the duration is too short", "at least 1ms")
	}
	return int64(d), nil
}

func durationHint(word string) string {
	if _, err := strconv.ParseFloat(word, 64); err == nil {
		return "did you mean " + word + "s?"
	}
	return "such as 500ms, 10s, 5m, 1h or 7d"
}

// Count reads a whole number from 1 to most.
func (w *Words) Count(word string, most int) (int, error) {
	n, err := strconv.Atoi(word)
	switch {
	case err != nil:
		return 0, w.Mistake(word, "this is no whole number", "such as 10")
	case n < 1:
		return 0, w.Mistake(word, "the number is too small", "at least 1")
	case n > most:
		return 0, w.Mistake(word, "the number is too large", "at most "+strconv.Itoa(most))
	}
	return n, nil
}

// Flag checks the number that a flag was given: from 1 to most.
func (w *Words) Flag(name string, n, most int) error {
	if n >= 1 && n <= most {
		return nil
	}
	return w.Mistake(name+" "+strconv.Itoa(n), "the number is out of range",
		"from 1 to "+strconv.Itoa(most))
}

// MaxKeys is the most that a flag --max-keys may be.
const MaxKeys = 100_000_000
