package split

import "bytes"

// levelIn is how far into a line the word for its level may stand.
const levelIn = 160

// logged reports whether line looks like one that a logger wrote, so that an
// exception may follow which belongs to it: it starts with a digit or a bracket, as
// times do, or has a word for a level, in capitals, near its start.
func logged(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	if c := line[0]; digit(c) || c == '[' {
		return true
	}
	line = line[:min(len(line), levelIn)]
	for i := 0; i < len(line); i++ {
		from := i
		for i < len(line) && line[i] >= 'A' && line[i] <= 'Z' {
			i++
		}
		switch string(line[from:i]) {
		case "ERROR", "WARN", "WARNING", "FATAL", "SEVERE", "CRITICAL", "INFO", "DEBUG", "TRACE":
			return true
		}
	}
	return false
}

// maxGuess is how many lines of a message may stand before what tells that they belong
// to it.
const maxGuess = 16

func digit(c byte) bool { return c >= '0' && c <= '9' }

func blank(c byte) bool { return c == ' ' || c == '\t' }

// indented reports whether line starts with a space or a tab.
func indented(line []byte) bool { return len(line) > 0 && blank(line[0]) }

// has reports whether line starts with prefix.
func has(line []byte, prefix string) bool {
	return len(line) >= len(prefix) && string(line[:len(prefix)]) == prefix
}

// ends reports whether line ends with suffix.
func ends(line []byte, suffix string) bool {
	return len(line) >= len(suffix) && string(line[len(line)-len(suffix):]) == suffix
}

// numbered reports whether line starts with prefix and a number.
func numbered(line []byte, prefix string) bool {
	return has(line, prefix) && len(line) > len(prefix) && digit(line[len(prefix)])
}

// trimBlank takes spaces and tabs from the front of line.
func trimBlank(line []byte) []byte { return bytes.TrimLeft(line, " \t") }
