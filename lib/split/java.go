package split

import "bytes"

// java is the mode of exceptions as the JVM and its loggers write them: the
// exception's own line, perhaps more lines of its message, frames, and the causes of
// it. What is indented goes on in any case. An exception's own line goes on with the
// log line before it, but not with the trace of another exception. Node.js, C#,
// Kotlin and Scala write alike.
type java struct {
	log   bool // a log line, which an exception may follow
	date  bool // a line that java.util.logging puts before each message
	trace bool // the line of an exception, or a frame, was there
	bare  bool // of the exception no frame was there yet
	guess int  // lines that are of its message if frames follow
}

func (j *java) first(line []byte) {
	name, whole := throwable(line)
	thrown := name && whole || has(line, "Exception in thread ")
	*j = java{trace: thrown, bare: thrown, log: !thrown && logged(line), date: dated(line)}
}

func (j *java) next(line []byte) verdict {
	switch {
	case len(line) == 0:
		return j.message(line)
	case blank(line[0]):
		j.inner(trimBlank(line))
		return goesOn
	case j.inner(line):
		return goesOn
	case j.date && level(line):
		j.date, j.log = false, true
		return goesOn
	}
	switch name, whole := throwable(line); {
	case !name:
		return j.message(line)
	case !j.log || j.trace:
		return begins
	case whole:
		j.trace, j.bare = true, true
		return goesOn
	}
	j.trace = true
	return may // a frame must follow: Error is anyone's word
}

// message is next for a line that may be of an exception's message.
func (j *java) message(line []byte) verdict {
	if j.guess++; !j.bare || j.guess > maxGuess || logged(line) || has(line, "Exception in ") {
		return begins
	}
	return may
}

// inner reports whether line is one from inside a trace, its indentation left out.
func (j *java) inner(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	switch line[0] {
	case 'a':
		if !has(line, "at ") || !ends(line, ")") {
			return false
		}
		j.trace, j.bare = true, false
	case '.':
		if !numbered(line, "... ") {
			return false
		}
	case '-':
		if !has(line, "--- End of ") {
			return false
		}
	case 'C', 'S', 'W':
		if !has(line, "Caused by: ") && !has(line, "Suppressed: ") && !has(line, "Wrapped by: ") {
			return false
		}
		j.trace, j.bare = true, true
	case '}':
		return j.trace && len(line) == 1
	case 'n':
		if !has(line, "nested exception is:") {
			return false
		}
		j.log, j.trace = true, false
	default:
		return false
	}
	return true
}

// throwable reports whether line starts with the name of an exception, with a colon
// behind it or nothing, and whether its package is there too.
func throwable(line []byte) (name, whole bool) {
	n := 0
	for ; n < len(line); n++ {
		c := line[n]
		if c == '.' {
			whole = true
		} else if !letter(c) && !digit(c) && c != '$' {
			break
		}
	}
	if n < len(line) && line[n] != ':' {
		return false, false
	}
	s := line[:n]
	return ends(s, "Exception") || ends(s, "Error") || ends(s, "Throwable"), whole
}

// dated reports whether line starts as those do that java.util.logging puts before
// each message: a month and a day.
func dated(line []byte) bool {
	return len(line) > 4 && line[3] == ' ' && digit(line[4]) &&
		letter(line[0]) && letter(line[1]) && letter(line[2])
}

// level reports whether line starts with a level of java.util.logging.
func level(line []byte) bool {
	n := bytes.IndexByte(line[:min(len(line), 8)], ':')
	if n < 0 {
		return false
	}
	switch string(line[:n]) {
	case "SEVERE", "WARNING", "INFO", "CONFIG", "FINE", "FINER", "FINEST":
		return true
	}
	return false
}

// letter takes what is no ASCII for letters: identifiers may have them.
func letter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}
