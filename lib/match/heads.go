package match

import "heka/lib/msg"

// heads is what headers of the last message of a state began with, and their sizes.
// Most come again: so that the processor goes on with where the next header stands
// before it has read this one.
type heads [msg.Hostname + 1]struct{ first, size byte }

// skip is msg.Skip for header k at b[i:].
func (h *heads) skip(b []byte, i int, k msg.Header) int {
	p := &h[k]
	if c := b[i]; c != p.first || p.size == 0 {
		next := msg.Skip(b, i)
		p.first, p.size = c, 0
		if fixedSize(c) {
			p.size = byte(next - i)
		}
		return next
	}
	return i + int(p.size)
}

// fixedSize reports whether the first byte of a value alone tells its size.
func fixedSize(c byte) bool {
	return c < msg.WireFixMap || c >= msg.WireFixStr && c < msg.WireBin8 ||
		c >= msg.WireFloat32 && c < msg.WireStr8 || c >= msg.WireNegFix
}

// textAt returns where the text of a header of the current message starts and ends:
// of Type, or of one behind it.
func (s *Set) textAt(b []byte, k msg.Header) (from, to int) {
	switch {
	case k == msg.Type:
		return msg.TextAt(b, msg.TypeAt)
	case k == msg.Logger:
		_, at := msg.TextAt(b, msg.TypeAt)
		return msg.TextAt(b, at)
	}
	s.walkHeads(b)
	return msg.TextAt(b, int(s.ats[k]))
}

// walkHeads finds where each header of the current message stands, and the fields.
func (s *Set) walkHeads(b []byte) {
	if s.ends != 0 {
		return
	}
	h, at := &s.cur.heads, &s.ats
	i := h.skip(b, msg.TypeAt, msg.Type)
	at[msg.Logger] = int32(i)
	i = h.skip(b, i, msg.Logger)
	at[msg.Severity] = int32(i)
	i = h.skip(b, i, msg.Severity)
	at[msg.Payload] = int32(i)
	i = msg.Skip(b, i)
	at[msg.EnvVersion] = int32(i)
	i = h.skip(b, i, msg.EnvVersion)
	at[msg.Pid] = int32(i)
	i = h.skip(b, i, msg.Pid)
	at[msg.Hostname] = int32(i)
	s.ends = int32(h.skip(b, i, msg.Hostname))
}
