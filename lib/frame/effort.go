package frame

import "heka/lib/msg"

// effort bounds what damage costs. To find out that a record is none takes time that
// grows with the length that it claims; a stream that is full of such claims, one
// inside the other, would cost the square of its length. Once what was looked at in
// vain exceeds a multiple of what was read, only short records are believed.
type effort struct {
	read int64 // bytes of the stream so far
	vain int64 // bytes of records that turned out to be none
}

// Limits of vain effort: free bytes, bytes for each byte read, and the size of
// records that are looked at whatever was spent.
const (
	vainFree   = 1 << 30
	vainFactor = 64
	vainSmall  = 4 << 10
)

// allows reports whether a record of this size may be looked at.
func (e *effort) allows(size int) bool {
	return size <= vainSmall || e.vain+int64(size) <= vainFree+vainFactor*e.read
}

// check is msg.Check, within what is allowed.
func (e *effort) check(body []byte) error {
	if !e.allows(len(body)) {
		return ErrDamaged
	}
	err := msg.Check(body)
	if err != nil && err != msg.ErrNotCanonical {
		e.vain += int64(len(body))
	}
	return err
}

// good returns the size of the message's record at the start of b; 0 if there is
// none that Check passes.
func (e *effort) good(b []byte, maxRecord int) int {
	kind, size, err := next(b, maxRecord)
	if err != nil || kind != KindMessage || e.check(b[msg.HeaderSize:size]) != nil {
		return 0
	}
	return size
}
