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

// Fields that mark a line longer than allowed: truncated is true, and
// truncated_bytes says how many of its bytes are missing behind the payload.
var (
	keyTruncated = msg.NewKey("truncated")
	keyMissing   = msg.NewKey("truncated_bytes")
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
	long     []byte // head of a line over max whose end was not seen yet
	missing  int64  // bytes of that line beyond its head
	longAt   int64
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
	start := l.Offset - int64(used)
	for len(dst) <= full {
		n := bytes.IndexByte(p[used:], '\n')
		if n < 0 {
			break
		}
		line := p[used : used+n]
		at := start + int64(used)
		used += n + 1
		if n > l.max {
			dst, off = l.cut(dst, off, trimCR(line), at)
			continue
		}
		off = append(off, uint32(len(dst)))
		dst = l.template.Append(dst, l.Hi, l.low(at), l.Timestamp, trimCR(line))
	}
	if rest := p[used:]; len(rest) > l.max && len(dst) <= full {
		l.long, l.longAt = append([]byte{}, rest[:l.max]...), start+int64(used)
		l.missing = int64(len(rest) - l.max)
		used = len(p)
	}
	l.Offset = start + int64(used)
	return dst, off, used
}

// Finish appends a record for p, the last bytes of the stream, which no newline
// ends; for the rest of a line over the limit also when p is empty.
func (l *Lines) Finish(dst []byte, off []uint32, p []byte) ([]byte, []uint32) {
	switch {
	case l.long != nil:
		l.missing += int64(len(p))
		dst, off = l.flush(dst, off)
	case len(p) > l.max:
		dst, off = l.cut(dst, off, p, l.Offset)
	case len(p) > 0:
		off = append(off, uint32(len(dst)))
		dst = l.template.Append(dst, l.Hi, l.low(l.Offset), l.Timestamp, trimCR(p))
	}
	l.Offset += int64(len(p))
	return dst, off
}

// Pending reports whether the start of a line over the limit is held.
func (l *Lines) Pending() bool { return l.long != nil }

// skip looks for the end of the line over the limit, and appends its record
// when it is there.
func (l *Lines) skip(dst []byte, off []uint32, p []byte) ([]byte, []uint32, int) {
	n := bytes.IndexByte(p, '\n')
	if n < 0 {
		l.missing += int64(len(p))
		l.Offset += int64(len(p))
		return dst, off, len(p)
	}
	l.missing += int64(len(trimCR(p[:n])))
	l.Offset += int64(n + 1)
	dst, off = l.flush(dst, off)
	return dst, off, n + 1
}

func (l *Lines) flush(dst []byte, off []uint32) ([]byte, []uint32) {
	off = append(off, uint32(len(dst)))
	dst = l.marked(dst, l.long, l.missing, l.longAt)
	l.long = nil
	return dst, off
}

// cut appends the record of a whole line that is over the limit.
func (l *Lines) cut(dst []byte, off []uint32, line []byte, at int64) ([]byte, []uint32) {
	if len(line) <= l.max { // it was the "\r" that was too much
		off = append(off, uint32(len(dst)))
		return l.template.Append(dst, l.Hi, l.low(at), l.Timestamp, line), off
	}
	off = append(off, uint32(len(dst)))
	return l.marked(dst, line[:l.max], int64(len(line)-l.max), at), off
}

// marked appends the record of the head of a line of which bytes are missing.
func (l *Lines) marked(dst, head []byte, missing, at int64) []byte {
	b := &l.envelope
	msg.PutUuid(&b.Uuid, l.Hi, l.low(at))
	b.Timestamp, b.Payload = l.Timestamp, head
	b.Key(keyTruncated)
	b.Bool(true)
	b.Key(keyMissing)
	b.Int(missing)
	return b.Append(dst)
}

func trimCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}
