package frame

import (
	"math/rand/v2"

	"heka/lib/split"
)

// readText takes the next lines of the stream as payloads of messages.
func (r *Reader) readText(buf []byte, off []uint32) ([]byte, []uint32, error) {
	if r.lines == nil {
		r.lines = split.NewLines(&r.opt.Envelope, r.opt.MaxLine)
		r.lines.Base = rand.Uint64()
	}
	r.stamp()
	full := batchFull
	for {
		var used int
		if r.at < len(r.raw) {
			buf, off, used = r.lines.Append(buf, off, r.raw[r.at:], full)
			r.at += used
		}
		if len(buf) > full || len(off) > 0 && !r.ready() {
			return buf, off, nil
		}
		if err := r.fill(0); err != nil {
			if err != ErrCut && (r.at < len(r.raw) || r.lines.Pending()) {
				buf, off = r.lines.Finish(buf, off, r.raw[r.at:])
				r.at = len(r.raw)
			}
			return buf, off, eofBehind(off, err)
		}
		if len(off) == 0 {
			r.stamp()
		}
	}
}

// stamp gives the next records the time of now, and uuids of version 7: the
// milliseconds, and random bits that go on counting from the stream's own.
func (r *Reader) stamp() {
	now := r.opt.Now()
	r.lines.Timestamp = now
	r.lines.Hi = uint64(now/1e6)<<16 | 7<<12 | rand.Uint64()&0xfff
}
