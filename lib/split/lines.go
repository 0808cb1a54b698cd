// Package split cuts streams of bytes into records.
//
// Lines is the splitter of text: a record a line. Its caller reads bytes in
// whatever portions they come, gives them to Append, and keeps those that Append
// did not use in front of the next portion.
package split

import (
	"bytes"

	"heka/lib/msg"
)

// DefaultMaxLine is the length of the longest line that is kept whole, in bytes.
const DefaultMaxLine = 1 << 20

// Fields that mark what is no whole line. Of one longer than allowed, truncated is
// true and truncated_bytes says how many of its bytes are missing behind the
// payload; of one whose end never came, partial is true.
var (
	keyTruncated = msg.NewKey("truncated")
	keyMissing   = msg.NewKey("truncated_bytes")
	keyPartial   = msg.NewKey("partial")
)

// Lines makes a record of each line, without its end ("\n" or "\r\n"). The uuid
// of a record is made of Hi and of the offset of its line in the stream, so that
// the same stream read again gives the same uuids. A Lines is for one stream and
// one goroutine.
type Lines struct {
	// Hi is the first half of each uuid, version bits included; the second half is
	// the offset of the line plus Base, cut to 62 bits, under the variant bits.
	Hi, Base uint64

	// Timestamp of the records, nanoseconds since 1970 UTC.
	Timestamp int64

	// Offset of the next byte that Append is given, from the start of the stream.
	Offset int64

	envelope msg.Builder
	template *msg.Template
	max      int
	seen     int    // bytes at the front of what comes next that hold no newline
	long     []byte // head of a line over max whose end was not seen yet
	missing  int64  // bytes of that line beyond its head
	longAt   int64
	cr       bool // the last of those bytes is a "\r"
}

// NewLines returns a Lines whose records have the envelope of b and whose lines
// have at most max bytes, DefaultMaxLine if max is 0; what a line has beyond is
// cut away, and the record is marked.
func NewLines(b *msg.Builder, max int) *Lines {
	if max <= 0 {
		max = DefaultMaxLine
	}
	return &Lines{envelope: *b, template: msg.NewTemplate(b), max: max}
}

const (
	variant = 1 << 63
	idMask  = 1<<62 - 1
)

func (l *Lines) low(offset int64) uint64 { return variant | (l.Base+uint64(offset))&idMask }

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

// Pending reports whether the start of a line over the limit is held.
func (l *Lines) Pending() bool { return l.long != nil }

// Done returns the offset up to which the stream stands in records: Offset, or
// where the line over the limit starts of which the end was not seen yet.
func (l *Lines) Done() int64 {
	if l.long != nil {
		return l.longAt
	}
	return l.Offset
}

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

// cut appends the record of a line that may be over the limit.
func (l *Lines) cut(dst, line []byte, at int64, partial bool) []byte {
	head := line[:min(len(line), l.max)]
	return l.marked(dst, head, int64(len(line)-len(head)), at, partial)
}

// marked appends the record of a line, or of the head of one that lacks bytes.
func (l *Lines) marked(dst, head []byte, missing, at int64, partial bool) []byte {
	b := &l.envelope
	msg.PutUuid(&b.Uuid, l.Hi, l.low(at))
	b.Timestamp, b.Payload = l.Timestamp, head
	if missing > 0 {
		b.Key(keyTruncated)
		b.Bool(true)
		b.Key(keyMissing)
		b.Int(missing)
	}
	if partial {
		b.Key(keyPartial)
		b.Bool(true)
	}
	return b.Append(dst)
}

func trimCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}
