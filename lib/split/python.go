package split

// python is the mode of tracebacks: from their head, over the frames, which are
// indented, to the line that names the exception; and on over those that it was
// raised from. A traceback goes on with the log line before it.
type python struct {
	log bool // the event is a log line, which a traceback may follow
	in  pythonPart
}

type pythonPart uint8

const (
	pyNone  pythonPart = iota
	pyFrame            // the head or a frame; the exception comes
	pyGroup            // the same of an exception group, which is indented to its end
	pyError            // the exception
	pyGap              // an empty line behind it
	pyChain            // what tells that another traceback comes
)

const tracebackHead = "Traceback (most recent call last):"

func (y *python) first(line []byte) {
	*y = python{log: logged(line) || has(line, "Exception ")}
	y.head(line)
}

// head reports whether line is the head of a traceback, whatever stands before it.
func (y *python) head(line []byte) bool {
	if !ends(line, tracebackHead) {
		return false
	}
	y.in = pyFrame
	if ends(line[:len(line)-len(tracebackHead)], "Exception Group ") {
		y.in = pyGroup
	}
	y.log = false
	return true
}

func (y *python) next(line []byte) verdict {
	switch y.in {
	case pyNone:
		if y.log && alone(line) && y.head(line) {
			return goesOn
		}
	case pyFrame:
		return y.frame(line)
	case pyGroup, pyError:
		if indented(line) {
			return goesOn
		}
		if len(line) == 0 {
			y.in = pyGap
			return may
		}
	case pyGap:
		if has(line, "During handling of the above exception") ||
			has(line, "The above exception was the direct cause") {
			y.in = pyChain
			return goesOn
		}
		y.in = pyNone
	case pyChain:
		if len(line) == 0 || alone(line) && y.head(line) {
			return goesOn
		}
	}
	return begins
}

// frame is next in a traceback, where the first line that is not indented names the
// exception.
func (y *python) frame(line []byte) verdict {
	switch {
	case indented(line):
		return goesOn
	case len(line) == 0 || digit(line[0]) || line[0] == '[' || ends(line, tracebackHead):
		return begins
	}
	y.in = pyError
	return goesOn
}

// alone reports whether nothing but blanks and the frame of an exception group stands
// before the head of a traceback.
func alone(line []byte) bool {
	for i, c := range line {
		if !blank(c) && c != '+' && c != '|' {
			return has(line[i:], tracebackHead) || has(line[i:], "Exception Group "+tracebackHead)
		}
	}
	return false
}
