package encode

import "heka/lib/msg"

// Text renders a message as its payload and a newline; one that ends in a
// newline gets no second. A message without payload is rendered as the
// logfmt of its fields, so that decoded messages show as something; without
// either, it is an empty line. Nothing in the payload is escaped.
type Text struct{ fields *Logfmt }

// NewText returns an encoder of text.
func NewText() *Text { return &Text{fields: NewLogfmt(true)} }

// Append appends the payload of v to dst.
func (t *Text) Append(dst []byte, v *msg.View) []byte {
	p := v.Payload()
	if len(p) == 0 {
		return t.fields.Append(dst, v)
	}
	return endLine(append(dst, p...))
}

// Payload renders a message as its payload, byte for byte: for what an encoder in
// Lua has made, which sees to its newlines itself.
type Payload struct{}

// Append appends the payload of v to dst.
func (Payload) Append(dst []byte, v *msg.View) []byte { return append(dst, v.Payload()...) }

// endLine appends a newline unless there is one.
func endLine(dst []byte) []byte {
	if n := len(dst); n > 0 && dst[n-1] == '\n' {
		return dst
	}
	return append(dst, '\n')
}
