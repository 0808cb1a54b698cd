package split

import "bytes"

// ruby is the mode of errors that end a Ruby program, of those in the log of Rails,
// and of backtraces behind a log line.
type ruby struct {
	log   bool // a log line, which a backtrace may follow
	trace bool // an error or a frame was there
	gap   bool // an empty line behind it
}

func (r *ruby) first(line []byte) {
	_, head := place(line)
	rails := ends(line, "):") && bytes.Contains(line, []byte(" ("))
	*r = ruby{log: logged(line), trace: head || rails}
}

func (r *ruby) next(line []byte) verdict {
	gap := r.gap
	r.gap = false
	if len(line) == 0 {
		if r.trace && !gap {
			r.gap = true
			return may
		}
		return begins
	}
	frame, head := place(line)
	switch {
	case indented(line):
		if !r.trace && !r.log && !has(trimBlank(line), "from ") {
			return begins
		}
	case head || !r.trace && !r.log:
		return begins
	case !frame && !has(line, "Did you mean?"):
		return begins
	}
	r.trace = r.trace || frame
	return goesOn
}

// place tells what line says behind the place of a call, "file.rb:12:in 'name'":
// nothing, in a frame, or an error.
func place(line []byte) (frame, head bool) {
	n := bytes.Index(line, []byte(":in "))
	if n < 1 || !digit(line[n-1]) {
		return false, false
	}
	name := line[n+len(":in "):]
	if len(name) < 2 || name[0] != '\'' && name[0] != '`' {
		return false, false
	}
	end := bytes.IndexByte(name[1:], '\'')
	if end < 0 {
		return false, false
	}
	rest := name[end+2:]
	return len(rest) == 0, has(rest, ": ")
}
