// Package split cuts streams of bytes into records.
//
// Parse reads how a stream is to be cut, as it is typed; Spec.New makes a Splitter
// of it, for one stream. The Splitter's caller reads bytes in whatever portions
// they come, gives them to Append, and keeps those that Append did not use in
// front of the next portion. What records come out does not depend on the portions.
//
// Lines is the Splitter of plain text: a record a line. Readers that know no other
// kind use it directly.
package split

// Splitter makes records of one stream of bytes. It is for one goroutine, and
// allocates in the steady state only to grow dst and off, unless its kind uses
// regular expressions.
//
// The uuid of a record is made of what Identify was given and of the offset of the
// record's first byte, so that the same stream read again gives the same uuids. A
// record longer than allowed is cut and marked with truncated=true and
// truncated_bytes; one whose end never came is marked with partial=true.
type Splitter interface {
	// Identify sets the first half of the uuids of the records made from now on,
	// version bits included.
	Identify(hi uint64)

	// At sets the timestamp of the records made from now on, nanoseconds since 1970
	// UTC.
	At(timestamp int64)

	// Append appends a record to dst for each that is whole in p, and where each of
	// them starts to off, until dst is longer than full. It returns both, and how many
	// bytes of p it used: the rest must come again in front of what is read next. The
	// rest is never much longer than the longest record.
	Append(dst []byte, off []uint32, p []byte, full int) ([]byte, []uint32, int)

	// Expire is called when nothing came behind p, the rest that Append left, for as
	// long as one cares to wait. It appends what is complete unless more of it comes,
	// such as an event of several lines; a last line without its end stays. It returns
	// what Append does.
	Expire(dst []byte, off []uint32, p []byte) ([]byte, []uint32, int)

	// Waiting reports whether Expire has something to do, as to make a record, given p,
	// the rest that Append left. Only then a timer is needed.
	Waiting(p []byte) bool

	// Finish appends records for p, the last bytes of the stream, and for all that is
	// held.
	Finish(dst []byte, off []uint32, p []byte) ([]byte, []uint32)

	// FinishPartial is Finish for a stream whose end may have been meant to come: a
	// record without its end is marked with partial=true. The stream may go on behind
	// it.
	FinishPartial(dst []byte, off []uint32, p []byte) ([]byte, []uint32)

	// Pending reports whether something is held besides the caller's rest: the head of
	// a record over the limit, or parts that wait for others. Finish must be called at
	// the end then even if there is no rest.
	Pending() bool

	// Done returns the offset up to which the stream stands in records: read again
	// from there, nothing is missing.
	Done() int64
}
