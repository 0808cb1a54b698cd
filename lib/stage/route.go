package stage

// Route is what of a batch goes to one target.
type Route struct {
	Spans []Span // in the order of the batch; no two of them touch
	Count int    // records in them
	Bytes int
}

// Span is a stretch of a batch's Buf: whole records end to end.
type Span struct{ From, To uint32 }

// Add adds the record at buf[from:to]; nothing if it was added just before.
func (r *Route) Add(from, to uint32) {
	n := len(r.Spans)
	if n > 0 && r.Spans[n-1].To == to {
		return
	}
	r.Count++
	r.Bytes += int(to - from)
	if n > 0 && r.Spans[n-1].To == from {
		r.Spans[n-1].To = to
		return
	}
	r.Spans = append(r.Spans, Span{from, to})
}

// Split returns a batch of none of the records of b yet that shares b's bytes,
// with n empty routes. It takes the caller's reference to b over; b may be read
// while the new batch is held. Who fills its Off and Routes does so before anyone
// else sees it.
func (b *Batch) Split(n int) *Batch {
	s := b.Select(nil)
	for cap(s.Routes) < n {
		s.Routes = append(s.Routes[:cap(s.Routes)], Route{})
	}
	s.Routes = s.Routes[:n]
	for i := range s.Routes {
		r := &s.Routes[i]
		r.Spans, r.Count, r.Bytes = r.Spans[:0], 0, 0
	}
	return s
}

// Gather returns what goes to route i, end to end: in place if it is one span,
// else copied to scratch, which it returns as well for the next time.
func (b *Batch) Gather(i int, scratch []byte) (p, again []byte) {
	r := &b.Routes[i]
	if len(r.Spans) == 1 {
		return b.Buf[r.Spans[0].From:r.Spans[0].To], scratch
	}
	scratch = scratch[:0]
	for _, s := range r.Spans {
		scratch = append(scratch, b.Buf[s.From:s.To]...)
	}
	return scratch, scratch
}
