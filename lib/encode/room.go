package encode

import "slices"

// slack is the room that a writer by index may count on after room: enough for
// a short key, the longest rendering of a string of shortMax bytes, any number,
// and the eight bytes that a store may write too far.
const (
	slack    = 2048
	shortMax = 255
)

// room returns buf, or a longer copy of buf[:j], with n bytes free from j on.
// buf is as long as its capacity: the hot path writes by index, and looks once
// a value rather than once a byte whether there is space.
func room(buf []byte, j, n int) []byte {
	if len(buf)-j >= n {
		return buf
	}
	return grow(buf, j, n)
}

func grow(buf []byte, j, n int) []byte {
	buf = slices.Grow(buf[:j], n)
	return buf[:cap(buf)]
}
