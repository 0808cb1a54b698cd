// Package size reads and writes sizes in bytes as people type them: 65536, 64KiB,
// 1MB.
package size

import (
	"fmt"
	"strconv"
	"strings"
)

// units has KiB before B: the first that fits is the unit.
var units = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9},
	{"B", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"", 1},
}

// Max is the largest size that Parse takes: a pebibyte.
const Max = 1 << 50

// Parse reads a size; false if text is none, or is beyond Max.
func Parse(text string) (int64, bool) {
	for _, u := range units {
		if digits, ok := strings.CutSuffix(text, u.name); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
			return n * u.bytes, err == nil && n >= 0 && n <= Max/u.bytes
		}
	}
	return 0, false
}

// Format writes n bytes in the largest unit that divides them, or else with one
// decimal.
func Format(n int64) string {
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

// Value is a flag of a size, a pflag.Value, that takes Min to 2 GiB.
type Value struct {
	Bytes int64
	Min   int64
}

// String implements pflag.Value.
func (v *Value) String() string { return Format(v.Bytes) }

// Type implements pflag.Value.
func (v *Value) Type() string { return "bytes" }

// Set implements pflag.Value.
func (v *Value) Set(text string) error {
	n, ok := Parse(text)
	if !ok || n < v.Min || n > 1<<31 {
		return fmt.Errorf("want a size of %s to 2GiB, like 65536, 64KiB or 1MB", Format(v.Min))
	}
	v.Bytes = n
	return nil
}
