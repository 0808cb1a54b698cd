package split

import "math"

// spans makes records of stretches of a stream, one behind another. Where each ends
// is for its rule to find; what is over the limit, and how records are written, is
// the same for all.
type spans struct {
	Stream
	rule rule
	join *joiner // of parts of lines, or nil
	gone int64   // bytes of the record over max that were used before its end was seen
	rest int     // bytes that must come again
}

// A rule finds the ends of records. It remembers where in p it looks, and is given
// the same p again, with more behind it, until it has found the end or was made to
// forget what it has looked at.
type rule interface {
	// find looks for the end of the record that starts p; its payload is p[:s.end], and
	// the next record starts at s.next. Both count from what was forgotten of the
	// record, so that they may be negative. Once it has found an end, it starts anew.
	find(p []byte, w when) (s span, ok bool)

	// settled returns how many bytes at the front of p it needs no more.
	settled() int

	// forget takes the first n bytes of p away, no more than are settled.
	forget(n int)

	// waits reports whether find would find an end in p if nothing came behind it.
	waits(p []byte) bool

	// reset makes the rule start anew.
	reset()
}

// span is a record that was found.
type span struct {
	end, next int
	state     state
}

// state is how a record ended.
type state uint8

const (
	closed state = iota
	open         // by the stream's end, not by its own
	broken       // where it should not have
)

// when says what is known of what comes behind the bytes at hand.
type when uint8

const (
	more when = iota // nothing
	idle             // it lets wait for itself
	last             // there is nothing
)

// Append is that of Splitter.
func (s *spans) Append(dst []byte, off []uint32, p []byte, full int) ([]byte, []uint32, int) {
	return s.take(dst, off, p, full, more)
}

// Expire is that of Splitter.
func (s *spans) Expire(dst []byte, off []uint32, p []byte) ([]byte, []uint32, int) {
	dst, off, used := s.take(dst, off, p, math.MaxInt, idle)
	if s.join != nil {
		dst, off = s.join.flush(s, dst, off, true)
	}
	return dst, off, used
}

// Waiting is that of Splitter.
func (s *spans) Waiting(p []byte) bool {
	return s.rule.waits(p) || s.join != nil && s.join.holds()
}

// Pending is that of Splitter.
func (s *spans) Pending() bool { return s.long != nil || s.join != nil && s.join.holds() }

// Done is that of Splitter.
func (s *spans) Done() int64 {
	if s.join != nil {
		return s.join.oldest(s.Stream.Done())
	}
	return s.Stream.Done()
}

func (s *spans) take(dst []byte, off []uint32, p []byte, full int, w when) ([]byte, []uint32, int) {
	s.missed(p)
	used := 0
	for len(dst) <= full {
		at, ok := s.rule.find(p[used:], w)
		if !ok {
			used += s.hold(p[used:])
			break
		}
		dst, off = s.put(dst, off, p[used:], at, at.state == broken)
		used += at.next
		s.Offset += int64(at.next)
	}
	s.rest = len(p) - used
	return dst, off, used
}

// missed starts anew if p is not what was left, so that a rule may rely on it.
func (s *spans) missed(p []byte) {
	if len(p) < s.rest {
		s.rule.reset()
	}
}

// Finish is that of Splitter.
func (s *spans) Finish(dst []byte, off []uint32, p []byte) ([]byte, []uint32) {
	return s.finish(dst, off, p, false)
}

// FinishPartial is that of Splitter.
func (s *spans) FinishPartial(dst []byte, off []uint32, p []byte) ([]byte, []uint32) {
	return s.finish(dst, off, p, true)
}

func (s *spans) finish(dst []byte, off []uint32, p []byte, partial bool) ([]byte, []uint32) {
	s.missed(p)
	for len(p) > 0 || s.long != nil {
		at, ok := s.rule.find(p, last)
		if !ok {
			at = span{end: len(p), next: len(p), state: open}
		}
		dst, off = s.put(dst, off, p, at, at.state == broken || partial && at.state == open)
		p = p[at.next:]
		s.Offset += int64(at.next)
	}
	s.rest = 0
	if s.join != nil {
		dst, off = s.join.flush(s, dst, off, true)
	}
	return dst, off
}

// put appends the record found at the start of p.
func (s *spans) put(dst []byte, off []uint32, p []byte, at span, partial bool) ([]byte, []uint32) {
	if s.join != nil {
		dst, off = s.join.flush(s, dst, off, partial)
		if s.long == nil && at.end <= s.max && !partial {
			return s.join.line(s, dst, off, p[:at.end])
		}
	}
	off = append(off, uint32(len(dst)))
	if s.long != nil {
		n := s.gone + int64(at.end)
		head := s.long[:min(n, int64(len(s.long)))]
		dst = s.marked(dst, head, n-int64(len(head)), s.longAt, partial)
		s.long, s.gone = nil, 0
		return dst, off
	}
	if at.end > s.max || partial {
		return s.cut(dst, p[:at.end], s.Offset, partial), off
	}
	return s.template.Append(dst, s.Hi, s.low(s.Offset), s.Timestamp, p[:at.end]), off
}

// hold uses what is settled of an unfinished record that is over the limit, once its
// head is kept, and returns how much that is.
func (s *spans) hold(p []byte) int {
	n := s.rule.settled()
	if s.long == nil {
		if n <= s.max {
			return 0
		}
		s.long, s.longAt = append([]byte{}, p[:s.max]...), s.Offset
	}
	s.rule.forget(n)
	s.gone += int64(n)
	s.Offset += int64(n)
	return n
}
