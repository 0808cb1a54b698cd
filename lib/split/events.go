package split

import "bytes"

// What bounds an event of several lines, besides the bytes of a record.
const (
	maxLines = 1000 // lines of an event; the next begins another
	look     = 4096 // bytes at the start of a line that tell where it belongs
)

// A mode tells for each line whether it goes on with the event before it. It is
// given lines without their ends, of long ones the first look bytes.
type mode interface {
	// first is given the line that begins an event.
	first(line []byte)

	// next is given each line behind it, and says what it is. After begins, the same
	// line is given to first.
	next(line []byte) verdict
}

type verdict uint8

const (
	begins verdict = iota // an event of its own
	goesOn                // with the event before it
	may                   // go on, if the line behind it does
)

// events is the rule of events of several lines.
type events struct {
	mode  mode
	line  int  // where the line starts that is looked at
	seen  int  // up to here it has no end
	known bool // its verdict is known already: it goes on, or may
	may   bool // and that it is
	end   int  // the event's payload ends here, as far as its lines are whole and sure
	next  int  // and here those lines end
	lines int  // how many these are
	maybe int  // how many lines behind them may go on
	warm  bool // the mode knows lines of an event that was given out before it ended
}

func (e *events) find(p []byte, w when) (span, bool) {
	for {
		stop, ended := len(p), false
		if n := bytes.IndexByte(p[e.seen:], '\n'); n >= 0 {
			stop, ended = e.seen+n, true
		}
		e.seen = stop
		if !e.known && (ended || stop-e.line > look || w == last && stop > e.line) {
			if s, found := e.judge(p[e.line:stop]); found {
				return s, true
			}
		}
		if !ended {
			break
		}
		e.add(p, stop)
	}
	switch {
	case w == idle && e.waits(p):
		s := e.close(closed)
		e.warm = true
		return s, true
	case w == last:
		return e.finish(p)
	}
	return span{}, false
}

// judge asks for the verdict on a line. If the line begins another event, or must,
// it returns the one before.
func (e *events) judge(line []byte) (span, bool) {
	if len(line) > look {
		line = line[:look]
	} else {
		line = trimCR(line)
	}
	v := goesOn
	switch {
	case e.lines > 0:
		v = e.mode.next(line)
	case !e.warm || e.mode.next(line) == begins:
		e.mode.first(line)
		fallthrough
	default:
		e.warm = false
	}
	switch {
	case v == begins:
		return e.close(closed), true
	case e.lines+e.maybe == maxLines:
		again := e.maybe > 0
		s := e.close(broken)
		e.known, e.warm = !again, again
		return s, true
	}
	e.known, e.may = true, v == may
	return span{}, false
}

// add takes the line that ends at stop into the event.
func (e *events) add(p []byte, stop int) {
	if e.may {
		e.maybe++
	} else {
		e.end, e.next = stop, stop+1
		if stop > e.line && p[stop-1] == '\r' {
			e.end--
		}
		e.lines += 1 + e.maybe
		e.maybe = 0
	}
	e.line, e.seen, e.known, e.may = stop+1, stop+1, false, false
}

// close returns the event, whose lines are whole. The next one begins behind them.
func (e *events) close(st state) span {
	s := span{end: e.end, next: e.next, state: st}
	seen := e.seen - e.next
	if e.maybe > 0 {
		seen = 0
	}
	*e = events{mode: e.mode, seen: seen}
	return s
}

// finish returns the last event of p, or the one before it.
func (e *events) finish(p []byte) (span, bool) {
	switch {
	case e.inside():
		s := span{end: len(p), next: len(p), state: open}
		if len(p) > e.line && p[len(p)-1] == '\r' {
			s.end--
		}
		*e = events{mode: e.mode, warm: true}
		return s, true
	case e.lines > 0:
		return e.close(closed), true
	}
	return span{}, false
}

// inside reports whether the line looked at belongs to the event for sure.
func (e *events) inside() bool { return e.known && !e.may }

func (e *events) waits([]byte) bool { return e.lines > 0 && !e.inside() }

func (e *events) reset() { *e = events{mode: e.mode} }

// settled keeps a byte, so that "\r\n" is known when its second half comes.
func (e *events) settled() int {
	if e.inside() {
		return e.seen - 1
	}
	return e.next
}

func (e *events) forget(n int) {
	e.line -= n
	e.seen -= n
	e.end -= n
	e.next -= n
}
