package source

import (
	"bytes"
	"math"
	"time"

	"golang.org/x/sys/unix"
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
// came between. Such a place is left for wait, for it to be filled; as long as nothing
// stands behind it, for ever. Then it counts as text, or, where the file system has
// nothing stored and a line would start, as nothing at all: a file that was truncated
// and is written on to where it ended before begins so.
type holes struct {
	wait  time.Duration            // 0: what is there is there
	empty func(offset int64) int64 // how many bytes are not stored from offset on; nil: none
	open  bool                     // there is more, but it is not written yet
	at    int64                    // where that is
	since time.Time
	until int64 // NULs before this offset were waited for
	lost  int64 // bytes passed over that nobody wrote
	over  bool  // the place that was passed over has ended
}

// cut says how much of p, which stands at offset, may be taken now, and how many
// bytes behind that are to be passed over. fresh says that p starts a line, last that
// nothing is behind p.
func (h *holes) cut(p []byte, offset int64, fresh, last bool) (n, skip int) {
	if bytes.IndexByte(p, 0) < 0 {
		h.over = h.lost > 0 && len(p) > 0
		return len(p), 0
	}
	if h.wait > 0 {
		p = p[:h.written(p, offset, last)]
	}
	if fresh {
		if k := h.missing(p, offset); k > 0 {
			h.lost += int64(k)
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

// missing returns how many bytes p, the start of a line, starts with that are not
// stored, if they are many.
func (h *holes) missing(p []byte, offset int64) int {
	k := zeros(p)
	if h.empty == nil || k < minSkip && h.lost == 0 {
		return 0
	}
	if k = int(min(h.empty(offset), int64(k))); k < minSkip && h.lost == 0 {
		return 0
	}
	return k
}

// written returns how much of p is written, or was waited for.
func (h *holes) written(p []byte, offset int64, last bool) int {
	from := min(max(h.until-offset, 0), int64(len(p)))
	i := bytes.Index(p[from:], hole)
	if i < 0 {
		return len(p)
	}
	at := offset + from + int64(i)
	if last && zeros(p[from+int64(i):]) == len(p)-int(from)-i {
		h.open = true
		return int(from) + i
	}
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

// emptyAt returns how many bytes of the file are not stored from offset on.
func emptyAt(fd int, offset int64) int64 {
	at, err := unix.Seek(fd, offset, unix.SEEK_DATA)
	switch {
	case err == unix.ENXIO: // to its end
		return math.MaxInt64
	case err != nil:
		return 0
	}
	return at - offset
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
