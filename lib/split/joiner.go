package split

// reachBack is how far behind the line at hand a part may stand that still waits for
// the next. The rest of a line follows its parts closely; a part whose writer died
// must not keep the stream from getting done.
const reachBack = 4 << 20

// keep is the size of the longest line whose room is kept for the next.
const keep = 256 << 10

// joiner makes one line of the parts of a line, as container runtimes write long
// ones. Lines of different streams may stand between them. A line that is no part,
// or none of its format, is a record as it stands.
type joiner struct {
	parse func(line []byte) (part, bool)
	held  [3]joint // by stream
}

// part is what a line of a container's log says. What the line before it and the
// texts of parts make up is line[:end], text for text; line[end:] stands behind it.
type part struct {
	stream     int // stdout, stderr, or none of them
	start, end int // of the text in the line
	more       bool
	tag        int  // where in the line stands whether more follows, if positive
	escaped    bool // text is that of a JSON string
}

// joint is a line as far as its parts are there.
type joint struct {
	held    bool
	at      int64
	front   []byte // the first part to the end of its text, and the texts behind it
	back    []byte // what stands behind the text in the first part
	tag     int
	missing int64 // bytes of text that went over the limit
}

func (j *joiner) line(s *spans, dst []byte, off []uint32, line []byte) ([]byte, []uint32) {
	if p, ok := j.parse(line); ok {
		held := &j.held[p.stream]
		switch {
		case held.held:
			held.add(line, p, s.max)
			if p.more {
				return dst, off
			}
			if held.tag > 0 {
				held.front[held.tag] = line[p.tag]
			}
			return held.put(s, dst, off, false)
		case p.more:
			held.start(line, p, s.Offset)
			return dst, off
		}
	}
	off = append(off, uint32(len(dst)))
	return s.template.Append(dst, s.Hi, s.low(s.Offset), s.Timestamp, line), off
}

// flush appends what waits for too long, or all that is held, marked as partial, in
// the order of the stream.
func (j *joiner) flush(s *spans, dst []byte, off []uint32, all bool) ([]byte, []uint32) {
	for j.holds() && (all || s.Offset-j.first().at > reachBack) {
		dst, off = j.first().put(s, dst, off, true)
	}
	return dst, off
}

func (j *joiner) holds() bool { return j.held[0].held || j.held[1].held || j.held[2].held }

// first returns the joint that started first.
func (j *joiner) first() *joint {
	var first *joint
	for i := range j.held {
		if h := &j.held[i]; h.held && (first == nil || h.at < first.at) {
			first = h
		}
	}
	return first
}

// oldest returns where the first joint starts, or done if none is held.
func (j *joiner) oldest(done int64) int64 {
	if f := j.first(); f != nil {
		return f.at
	}
	return done
}

func (h *joint) start(line []byte, p part, at int64) {
	h.front = append(h.front[:0], line[:p.end]...)
	h.back = append(h.back[:0], line[p.end:]...)
	h.held, h.at, h.tag, h.missing = true, at, p.tag, 0
}

// add puts the text of a further part behind those held, as far as max allows.
func (h *joint) add(line []byte, p part, max int) {
	text := line[p.start:p.end]
	room := max - len(h.front) - len(h.back)
	switch {
	case h.missing > 0:
		room = 0
	case len(text) <= room:
		room = len(text)
	case p.escaped:
		room = cutEscaped(text, room)
	}
	h.front = append(h.front, text[:room]...)
	h.missing += int64(len(text) - room)
}

func (h *joint) put(s *spans, dst []byte, off []uint32, partial bool) ([]byte, []uint32) {
	line := append(h.front, h.back...)
	h.held = false
	if h.front = line; cap(line) > keep {
		h.front = nil
	}
	off = append(off, uint32(len(dst)))
	if h.missing == 0 && !partial {
		return s.template.Append(dst, s.Hi, s.low(h.at), s.Timestamp, line), off
	}
	return s.marked(dst, line, h.missing, h.at, partial), off
}

const (
	stdout = iota
	stderr
	noStream
)

func streamOf(name []byte) int {
	switch string(name) {
	case "stdout":
		return stdout
	case "stderr":
		return stderr
	}
	return noStream
}
