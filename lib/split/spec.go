package split

import (
	"heka/lib/msg"
)

// Spec says how a stream is cut. Parse makes one; it does not change after, and may
// serve many streams and goroutines. The zero Spec makes a record of each line.
type Spec struct {
	make func(s Stream) Splitter
}

// Parse reads how a stream is cut: split is the value of --split, multiline that of
// --multiline; an empty one is left out. The error says what is wrong with them, for
// the one who typed it.
func Parse(split, multiline string) (Spec, error) {
	return Spec{}, nil
}

// New returns the Splitter of a stream whose next byte stands at offset. Its
// records have the envelope of b and at most max bytes of payload, DefaultMaxLine if
// max is 0.
func (s Spec) New(b *msg.Builder, max int, offset int64) Splitter {
	stream := newStream(b, max, offset)
	if s.make == nil {
		return &Lines{Stream: stream}
	}
	return s.make(stream)
}
