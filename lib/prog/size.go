package prog

import (
	"fmt"
	"strconv"
	"strings"
)

// size is a flag's value in bytes: 65536, 64KiB, 1MB.
type size int64

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
	{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30},
}

// String implements pflag.Value.
func (s *size) String() string { return formatSize(int64(*s)) }

// Type implements pflag.Value.
func (s *size) Type() string { return "bytes" }

// Set implements pflag.Value.
func (s *size) Set(text string) error {
	unit, digits := int64(1), text
	for _, u := range sizeUnits {
		if d, ok := strings.CutSuffix(text, u.name); ok {
			unit, digits = u.bytes, d
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if err != nil || n <= 0 || n > 1<<31/unit {
		return fmt.Errorf("want a size of 1 B to 2 GiB, like 65536, 64KiB or 1MB")
	}
	*s = size(n * unit)
	return nil
}

// formatSize writes n bytes in the largest unit that divides them, or else with
// one decimal.
func formatSize(n int64) string {
	for _, u := range []struct {
		name  string
		bytes int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= u.bytes && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
		if n >= u.bytes {
			return strconv.FormatFloat(float64(n)/float64(u.bytes), 'f', 1, 64) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}
