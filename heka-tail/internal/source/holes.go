package source

import (
	"bytes"
	"time"
)

// Sizes of runs of NUL bytes: from which on they may be a place that is not written
// yet; from which on, at the start of a line, one that never was; and how much of a
// line is read again for the NULs in it.
const (
	minHole  = 16
	minSkip  = 4096
	maxAgain = 64 << 10
)

// holes finds the places in a growing file that hold NULs because nobody has written
// there yet: a writer that does not append made the file longer first, or a crash
// came between. Such a place is left for wait, for it to be filled. Then it counts
// as text, or, where it is long and starts a line, as nothing at all.
type holes struct {
	wait  time.Duration // 0: what is there is there
	open  bool          // there is more, but it is not written yet
	at    int64         // where that is
	since time.Time
	until int64 // NULs before this offset were waited for
	lost  int64 // bytes passed over that nobody wrote
	over  bool  // the place that was passed over has ended
}

// cut says how much of p, which stands at offset, may be taken now, and how many
// bytes behind that are to be passed over. fresh says that p starts a line.
func (h *holes) cut(p []byte, offset int64, fresh bool) (n, skip int) {
	if bytes.IndexByte(p, 0) < 0 {
		h.over = h.lost > 0 && len(p) > 0
		return len(p), 0
	}
	if h.wait > 0 {
		p = p[:h.written(p, offset)]
	}
	if fresh {
		if k := zeros(p); k >= minSkip || k > 0 && h.lost > 0 {
			h.lost += int64(k)
			h.over = k < len(p)
			return 0, k
		}
	}
	h.over = h.lost > 0 && len(p) > 0
	for i := 0; ; {
		k := bytes.Index(p[i:], lineHole)
		if k < 0 {
			return len(p), 0
		}
		i += k + 1
		if z := zeros(p[i:]); z >= minSkip {
			return i, 0 // and what follows is the start of a line, at the next call
		}
	}
}

var lineHole = []byte("\n\x00\x00\x00\x00\x00\x00\x00\x00")

// written returns how much of p is written, or was waited for.
func (h *holes) written(p []byte, offset int64) int {
	from := min(max(h.until-offset, 0), int64(len(p)))
	i := bytes.Index(p[from:], hole)
	if i < 0 {
		return len(p)
	}
	at := offset + from + int64(i)
	now := time.Now()
	if h.since.IsZero() || h.at != at {
		h.at, h.since = at, now
	}
	if now.Sub(h.since) >= h.wait {
		h.until, h.since = offset+int64(len(p)), time.Time{}
		return len(p)
	}
	h.open = true
	return int(from) + i
}

var hole = make([]byte, minHole)

// unwritten returns how many bytes at the end of rest, the start of a line, are to be
// read again because they hold NULs.
func (h *holes) unwritten(rest []byte) int {
	if h.wait == 0 {
		return 0
	}
	i := bytes.IndexByte(rest, 0)
	if i < 0 || len(rest)-i > maxAgain {
		return 0
	}
	return len(rest) - i
}

// ended returns how many bytes were passed over, once the place has ended.
func (h *holes) ended() int64 {
	if !h.over {
		return 0
	}
	lost := h.lost
	h.lost, h.over = 0, false
	return lost
}

// zeros returns how many NULs p starts with.
func zeros(p []byte) int {
	for i, c := range p {
		if c != 0 {
			return i
		}
	}
	return len(p)
}
