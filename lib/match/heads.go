package match

import "heka/lib/msg"

// heads is what headers of the last message of a state began with. Most come again: so
// that the processor goes on with where the next one stands before it has read this one.
type heads [msg.Hostname + 1]head

// head is the first byte of a value, plus one, and the size that it tells; all 0 if it
// tells none.
type head struct{ first, size uint16 }

// skip is msg.Skip for b[i:].
func (h *head) skip(b []byte, i int) int {
	if uint16(b[i])+1 == h.first {
		return i + int(h.size)
	}
	return h.other(b, i)
}

func (h *head) other(b []byte, i int) int {
	next, c := msg.Skip(b, i), b[i]
	*h = head{}
	if fixedSize(c) {
		*h = head{uint16(c) + 1, uint16(next - i)}
	}
	return next
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
	i := h[msg.Type].skip(b, msg.TypeAt)
	at[msg.Logger] = int32(i)
	i = h[msg.Logger].skip(b, i)
	at[msg.Severity] = int32(i)
	i = h[msg.Severity].skip(b, i)
	at[msg.Payload] = int32(i)
	if b[i] == msg.WireStr8 { // as most are, of those that are there
		i += 2 + int(b[i+1])
	} else {
		i = msg.Skip(b, i)
	}
	at[msg.EnvVersion] = int32(i)
	i = h[msg.EnvVersion].skip(b, i)
	at[msg.Pid] = int32(i)
	i = h[msg.Pid].skip(b, i)
	at[msg.Hostname] = int32(i)
	s.ends = int32(h[msg.Hostname].skip(b, i))
}
