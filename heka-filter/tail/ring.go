package tail

// ring is a queue of at most max copied records. Their memory is used again, so
// that a ring which is full allocates only for records larger than those before.
type ring struct {
	max     int
	records [][]byte
	first   int
	n       int
	bytes   int // that the records hold
}

func (r *ring) len() int { return r.n }

// at returns record i; 0 is the oldest.
func (r *ring) at(i int) []byte { return r.records[(r.first+i)%len(r.records)] }

// push appends a copy of record. If the ring is full, the oldest goes.
func (r *ring) push(record []byte) {
	if r.n == r.max {
		r.bytes -= cap(r.records[r.first])
		r.first = (r.first + 1) % len(r.records)
		r.n--
	} else if r.n == len(r.records) {
		r.grow()
	}
	p := &r.records[(r.first+r.n)%len(r.records)]
	if cap(*p) > 2*len(record)+1024 {
		*p = nil // what is held is bounded, not what is used
	}
	*p = append((*p)[:0], record...)
	r.n++
	r.bytes += cap(*p)
}

// drop takes the oldest record away, and its memory.
func (r *ring) drop() {
	r.bytes -= cap(r.records[r.first])
	r.records[r.first] = nil
	r.first = (r.first + 1) % len(r.records)
	r.n--
}

func (r *ring) grow() {
	records := make([][]byte, min(max(16, 2*len(r.records)), r.max))
	for i := range r.n {
		records[i] = r.at(i)
	}
	r.records, r.first = records, 0
}
