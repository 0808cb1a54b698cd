package flood

import (
	"fmt"
	"strconv"
	"strings"
)

// parseRate reads N, N/s, N/m or N/h, and returns messages a second; 0 of an empty
// text.
func parseRate(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	digits, unit, _ := strings.Cut(s, "/")
	per := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || per == 0 || !(n/per >= 1e-6 && n/per <= 1e9) {
		return 0, fmt.Errorf("--rate %s: want a number of messages a second, or 60/m, 100/h", s)
	}
	return n / per, nil
}

// parseSize reads a size in bytes, as in 1000, 4KiB or 1MB.
func parseSize(s string) (int, error) {
	digits := strings.TrimRight(s, "kKMiB")
	unit := map[string]int{
		"": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "K": 1 << 10, "KiB": 1 << 10,
		"M": 1 << 20, "MiB": 1 << 20,
	}[s[len(digits):]]
	n, err := strconv.Atoi(digits)
	if err != nil || unit == 0 || n < 1 || n > 1<<30/unit {
		return 0, fmt.Errorf("--size %s: want 1 B to 1024MiB, like 1000, 4KiB or 1MB", s)
	}
	return n * unit, nil
}

// parseSigner takes NAME_VERSION apart.
func parseSigner(s string) (string, uint32, error) {
	i := strings.LastIndexByte(s, '_')
	if i > 0 {
		if v, err := strconv.ParseUint(s[i+1:], 10, 32); err == nil && i <= 200 {
			return s[:i], uint32(v), nil
		}
	}
	return "", 0, fmt.Errorf("--signer %s: want NAME_VERSION, as in ops_1", s)
}
