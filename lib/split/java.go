package split

// java is the mode of exceptions as the JVM and its loggers write them: the
// exception's own line, frames, and the causes of it. What is indented goes on in any
// case. An exception's own line goes on with the log line before it, but not with the
// trace of another exception. Node.js, C#, Kotlin and Scala write alike.
type java struct {
	log   bool // a log line, which an exception may follow
	trace bool // the line of an exception, or a frame, was there
	bare  bool // of the exception no frame was there yet
}

func (j *java) first(line []byte) {
	thrown := throwable(line) || has(line, "Exception in thread ")
	*j = java{log: !thrown && logged(line), trace: thrown, bare: thrown}
}

func (j *java) next(line []byte) verdict {
	if len(line) == 0 {
		if j.bare {
			return may
		}
		return begins
	}
	switch c := line[0]; {
	case blank(c):
		j.inner(trimBlank(line))
		return goesOn
	case j.inner(line):
		return goesOn
	case j.log && !j.trace && throwable(line):
		j.trace, j.bare = true, true
		return goesOn
	}
	return begins
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

// throwable reports whether line starts with the name of an exception, its package
// included, and has a colon behind it, or nothing.
func throwable(line []byte) bool {
	dot, n := false, 0
	for ; n < len(line); n++ {
		c := line[n]
		if c == '.' {
			dot = true
		} else if !letter(c) && !digit(c) && c != '$' {
			break
		}
	}
	if !dot || n < len(line) && line[n] != ':' {
		return false
	}
	name := line[:n]
	return ends(name, "Exception") || ends(name, "Error") || ends(name, "Throwable")
}

// letter takes what is no ASCII for letters: identifiers may have them.
func letter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}
