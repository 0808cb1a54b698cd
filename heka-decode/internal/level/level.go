// Package level knows the words that programs write for the severity of a line.
package level

// IsField reports whether a field of this name tells the level of its line.
func IsField(name []byte) bool {
	switch string(name) {
	case "level", "lvl", "severity", "loglevel", "log.level", "log_level", "Level", "Severity":
		return true
	}
	return false
}

// longest is the length of the longest word that Severity knows.
const longest = 13

// Severity returns the severity, as of syslog, that a word tells: "error", "WARN",
// "fatal". Letters count alike in either case. False for a word that it does not
// know.
func Severity(word []byte) (severity int64, ok bool) {
	if len(word) > longest {
		return 0, false
	}
	var low [longest]byte
	for i, c := range word {
		if c-'A' < 26 {
			c |= 0x20
		}
		low[i] = c
	}
	switch string(low[:len(word)]) {
	case "emerg", "emergency", "panic":
		return 0, true
	case "alert":
		return 1, true
	case "crit", "critical", "fatal", "dpanic":
		return 2, true
	case "err", "error", "eror", "severe":
		return 3, true
	case "warn", "warning":
		return 4, true
	case "notice":
		return 5, true
	case "info", "informational", "information":
		return 6, true
	case "debug", "trace", "verbose", "dbug", "fine", "finer", "finest":
		return 7, true
	}
	return 0, false
}
