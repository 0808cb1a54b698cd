package split

import "bytes"

// goroutine is the mode of what a Go program writes when it dies: panics, fatal
// errors and signals, with the stacks of its goroutines and the empty lines between
// them. A stack goes on with the log line before it.
type goroutine struct {
	log   bool // the event is a log line, which a stack may follow
	in    goPart
	guess int // lines that are of a panic's message if a stack follows
}

type goPart uint8

const (
	goNone  goPart = iota
	goHead         // the line that says what happened, and those behind it
	goGap          // an empty line
	goStack        // the stack of a goroutine, or registers
)

func (g *goroutine) first(line []byte) {
	*g = goroutine{}
	switch {
	case stackHead(line):
		g.in = goStack
	case dies(line):
		g.in = goHead
	default:
		g.log = logged(line)
	}
}

func (g *goroutine) next(line []byte) verdict {
	if g.in == goNone {
		if g.log && stackHead(line) {
			g.in = goStack
			return goesOn
		}
		return begins
	}
	switch {
	case len(line) == 0:
		if g.in == goGap {
			g.in = goNone
			return begins
		}
		g.in = goGap
		return may
	case stackHead(line) || g.in != goHead && register(line):
		g.in = goStack
		return goesOn
	case has(line, "exit status "):
		g.in = goNone
		return goesOn
	case g.in == goHead && (line[0] == '\t' || headLine(line)):
		return goesOn
	case g.in == goStack && stackLine(line):
		return goesOn
	}
	if g.guess++; g.in == goHead && g.guess <= maxGuess && !logged(line) && !dies(line) {
		return may
	}
	g.in = goNone
	return begins
}

// dies reports whether line says that a program dies, or that a handler panicked.
func dies(line []byte) bool {
	switch {
	case has(line, "panic: "), has(line, "fatal error: "), has(line, "runtime: "):
		return true
	case has(line, "SIG"):
		return bytes.IndexByte(line, ':') > 0
	}
	return bytes.Contains(line, []byte(" panic: ")) || bytes.Contains(line, []byte(": panic serving "))
}

// headLine reports whether line goes on with what says how a program dies.
func headLine(line []byte) bool {
	for _, p := range [...]string{"[signal ", "fatal error: ", "runtime: ", "PC="} {
		if has(line, p) {
			return true
		}
	}
	return false
}

// stackHead reports whether line starts the stack of a goroutine.
func stackHead(line []byte) bool {
	return numbered(line, "goroutine ") && ends(line, "]:") || has(line, "runtime stack:")
}

// stackLine reports whether line stands in a stack: a call, the place of it, or who
// started the goroutine.
func stackLine(line []byte) bool {
	switch {
	case line[0] == '\t', has(line, "created by "), has(line, "..."):
		return true
	case !ends(line, ")"):
		return false
	}
	n := bytes.IndexByte(line, '(')
	return n > 0 && bytes.IndexByte(line[:n], ' ') < 0
}

// register reports whether line is a register and its value.
func register(line []byte) bool {
	n := bytes.IndexByte(line, ' ')
	return n > 0 && n <= 6 && has(trimBlank(line[n:]), "0x")
}
