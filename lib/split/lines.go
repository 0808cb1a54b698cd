package split

import (
	"bytes"

	"heka/lib/msg"
)

// Lines makes a record of each line, without its end ("\n" or "\r\n"). It is the
// Splitter of plain text, and the fastest. A Lines is for one stream and one
// goroutine.
type Lines struct {
	Stream
	seen    int   // bytes at the front of what comes next that hold no newline
	missing int64 // bytes of the line over max beyond its head
	cr      bool  // the last of those bytes is a "\r"
}

// NewLines returns a Lines whose records have the envelope of b and whose lines
// have at most max bytes, DefaultMaxLine if max is 0; what a line has beyond is
// cut away, and the record is marked.
func NewLines(b *msg.Builder, max int) *Lines { return &Lines{Stream: newStream(b, max, 0)} }

// Append appends a record for each whole line of p to dst, and where each of
// them starts to off, until dst is longer than full. It returns both, and how
// many bytes of p it used: the rest must come again in front of what is read
// next. It is the hot path of every reader of text: it allocates only to grow dst
// and off, and while a line is over the limit.
func (l *Lines) Append(dst []byte, off []uint32, p []byte, full int) ([]byte, []uint32, int) {
	used := 0
	if l.long != nil {
		if dst, off, used = l.skip(dst, off, p); l.long != nil {
			return dst, off, used
		}
	}
	start, seen := l.Offset-int64(used), min(l.seen, len(p)-used)
	for len(dst) <= full {
		n := bytes.IndexByte(p[used+seen:], '\n')
		if n < 0 {
			seen = len(p) - used
			break
		}
		n += seen
		seen = 0
		line := p[used : used+n]
		at := start + int64(used)
		used += n + 1
		off = append(off, uint32(len(dst)))
		if n > l.max {
			dst = l.cut(dst, trimCR(line), at, false)
			continue
		}
		dst = l.template.Append(dst, l.Hi, l.low(at), l.Timestamp, trimCR(line))
	}
	if rest := p[used:]; len(rest) > l.max && len(dst) <= full {
		l.long, l.longAt = append([]byte{}, rest[:l.max]...), start+int64(used)
		l.missing, l.cr = int64(len(rest)-l.max), rest[len(rest)-1] == '\r'
		used, seen = len(p), 0
	}
	l.seen = seen
	l.Offset = start + int64(used)
	return dst, off, used
}

// Finish appends a record for p, the last bytes of the stream, which no newline
// ends; for the rest of a line over the limit also when p is empty.
func (l *Lines) Finish(dst []byte, off []uint32, p []byte) ([]byte, []uint32) {
	return l.finish(dst, off, p, false)
}

// FinishPartial is Finish for a line whose end may have been meant to come: its
// record is marked with partial=true. The stream may go on behind it.
func (l *Lines) FinishPartial(dst []byte, off []uint32, p []byte) ([]byte, []uint32) {
	return l.finish(dst, off, p, true)
}

func (l *Lines) finish(dst []byte, off []uint32, p []byte, partial bool) ([]byte, []uint32) {
	l.seen = 0
	if l.long == nil && len(p) == 0 {
		return dst, off
	}
	off = append(off, uint32(len(dst)))
	if l.long != nil {
		l.miss(p)
		dst = l.flush(dst, partial)
	} else {
		dst = l.cut(dst, trimCR(p), l.Offset, partial)
	}
	l.Offset += int64(len(p))
	return dst, off
}

// Expire makes no record: a line is complete with its end alone.
func (l *Lines) Expire(dst []byte, off []uint32, _ []byte) ([]byte, []uint32, int) {
	return dst, off, 0
}

// Waiting is false: see Expire.
func (l *Lines) Waiting([]byte) bool { return false }

// skip looks for the end of the line over the limit, and appends its record
// when it is there.
func (l *Lines) skip(dst []byte, off []uint32, p []byte) ([]byte, []uint32, int) {
	n := bytes.IndexByte(p, '\n')
	if n < 0 {
		l.miss(p)
		l.Offset += int64(len(p))
		return dst, off, len(p)
	}
	l.miss(p[:n])
	l.Offset += int64(n + 1)
	off = append(off, uint32(len(dst)))
	return l.flush(dst, false), off, n + 1
}

// miss counts p as part of the line over the limit.
func (l *Lines) miss(p []byte) {
	if len(p) > 0 {
		l.missing += int64(len(p))
		l.cr = p[len(p)-1] == '\r'
	}
}

// flush appends the record of the line over the limit that is held.
func (l *Lines) flush(dst []byte, partial bool) []byte {
	if l.cr {
		l.missing--
	}
	dst = l.marked(dst, l.long, l.missing, l.longAt, partial)
	l.long, l.cr = nil, false
	return dst
}
