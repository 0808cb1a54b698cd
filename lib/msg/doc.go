// Package msg is the vocabulary of Heka: the message, and its bytes.
//
// A message has an envelope (uuid, timestamp, type, logger, severity, payload,
// env_version, pid, hostname) and named fields, in order, of which a name may
// stand more than once. As bytes it is the body of an 'M' record: a msgpack
// array of ten or eleven elements, described in heka-frame(5).
//
// Three types give access to it:
//
//   - [View] reads an encoded message in place. It allocates nothing, and it
//     may be used on a body that [Check] has accepted, and on no other.
//   - [Builder] encodes a message, appending a whole record to a buffer.
//   - [Message] is the message as a Go value, for tests and for tools that
//     handle few of them. Nothing on a hot path uses it.
//
// Bytes from outside go through [Check] once, where they come in; everything
// behind that point trusts them. Check is bounded: it allocates nothing and
// looks at each byte at most once, whatever lengths the bytes claim.
package msg
