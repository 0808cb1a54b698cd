package msg

import "encoding/binary"

// Template writes records that differ in uuid, timestamp and payload alone: what
// a reader of lines makes. NewTemplate makes one; it does not change after, and
// may serve many goroutines.
type Template struct {
	front []byte // header to severity
	back  []byte // env_version to the empty map of fields
}

// NewTemplate returns the template of records with the envelope of b.
func NewTemplate(b *Builder) *Template {
	front := append([]byte{Sep, KindMessage, 0, Version, 0, 0, 0, 0, WireFixArray + elements, WireBin8, 16},
		make([]byte, 16+1+8)...)
	front[HeaderSize+TimestampAt-1] = WireInt64
	front = appendStr(front, b.Type)
	front = appendStr(front, b.Logger)
	front = appendInt(front, b.Severity)
	back := appendStr(nil, b.EnvVersion)
	back = appendInt(back, b.Pid)
	back = appendStr(back, b.Hostname)
	return &Template{front: front, back: append(back, WireFixMap)}
}

// Append appends the record of this uuid, timestamp and payload to dst.
func (t *Template) Append(dst []byte, hi, lo uint64, timestamp int64, payload []byte) []byte {
	at := len(dst)
	dst = append(dst, t.front...)
	dst = appendStr(dst, payload)
	dst = append(dst, t.back...)
	head := dst[at : at+HeaderSize+TypeAt]
	binary.BigEndian.PutUint32(head[4:], uint32(len(dst)-at-HeaderSize))
	binary.BigEndian.PutUint64(head[HeaderSize+UuidAt:], hi)
	binary.BigEndian.PutUint64(head[HeaderSize+UuidAt+8:], lo)
	binary.BigEndian.PutUint64(head[HeaderSize+TimestampAt:], uint64(timestamp))
	return dst
}
