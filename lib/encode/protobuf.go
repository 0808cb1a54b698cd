package encode

import (
	"heka/lib/frame"
	"heka/lib/msg"
)

// Protobuf writes messages in Mozilla Heka's own stream framing, as its protobuf
// messages, unsigned: what a Heka of 2016 reads. See frame.AppendHeka for what it
// can't hold.
type Protobuf struct{}

// Append appends the framed message of v to dst.
func (Protobuf) Append(dst []byte, v *msg.View) []byte { return frame.AppendHeka(dst, v, nil) }
