package split

import "heka/lib/msg"

// DefaultMaxLine is the length of the longest record that is kept whole, in bytes.
const DefaultMaxLine = 1 << 20

// Fields that mark what is no whole record. Of one longer than allowed, truncated is
// true and truncated_bytes says how many of its bytes are missing behind the
// payload; of one whose end never came, partial is true.
var (
	keyTruncated = msg.NewKey("truncated")
	keyMissing   = msg.NewKey("truncated_bytes")
	keyPartial   = msg.NewKey("partial")
)

// Stream is what the records of one stream have in common, and where in it its
// splitter stands.
type Stream struct {
	// Hi is the first half of each uuid, version bits included; the second half is
	// the offset of the record plus Base, cut to 62 bits, under the variant bits.
	Hi, Base uint64

	// Timestamp of the records, nanoseconds since 1970 UTC.
	Timestamp int64

	// Offset of the next byte that Append is given, from the start of the stream.
	Offset int64

	envelope msg.Builder
	template *msg.Template
	max      int
	long     []byte // head of a record over max whose end was not seen yet
	longAt   int64
}

func newStream(b *msg.Builder, max int, offset int64) Stream {
	if max <= 0 {
		max = DefaultMaxLine
	}
	return Stream{envelope: *b, template: msg.NewTemplate(b), max: max, Offset: offset}
}

const (
	variant = 1 << 63
	idMask  = 1<<62 - 1
)

func (s *Stream) low(offset int64) uint64 { return variant | (s.Base+uint64(offset))&idMask }

// Identify sets Hi.
func (s *Stream) Identify(hi uint64) { s.Hi = hi }

// At sets Timestamp.
func (s *Stream) At(timestamp int64) { s.Timestamp = timestamp }

// Pending reports whether the start of a record over the limit is held.
func (s *Stream) Pending() bool { return s.long != nil }

// Done returns the offset up to which the stream stands in records: Offset, or
// where the record over the limit starts of which the end was not seen yet.
func (s *Stream) Done() int64 {
	if s.long != nil {
		return s.longAt
	}
	return s.Offset
}

// cut appends a record that may be over the limit.
func (s *Stream) cut(dst, text []byte, at int64, partial bool) []byte {
	head := text[:min(len(text), s.max)]
	return s.marked(dst, head, int64(len(text)-len(head)), at, partial)
}

// marked appends a record, or the head of one that lacks bytes.
func (s *Stream) marked(dst, head []byte, missing, at int64, partial bool) []byte {
	b := &s.envelope
	msg.PutUuid(&b.Uuid, s.Hi, s.low(at))
	b.Timestamp, b.Payload = s.Timestamp, head
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
