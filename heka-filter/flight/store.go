package flight

// chunkSize is how many bytes of a record stand together.
const chunkSize = 256

// chunkCost is what a chunk takes: its bytes, its link, and a record's own data.
const chunkCost = chunkSize + 4 + 24

// slabChunks is how many chunks memory is taken for at a time.
const slabChunks = 1024

const none = -1

// store holds copies of records within a bound of bytes: in lists, one a key, and in the
// order in which they came in, whatever their list. A record is a chain of chunks, so that
// memory is never in pieces of the wrong size, and once it is there nothing is allocated.
// It is for one goroutine.
type store struct {
	maxChunks int32
	slabs     [][]byte
	next      []int32 // of a chunk, in its chain or among the free
	free      int32
	nfree     int32

	records []record
	unused  int32 // a list by next
	oldest  int32
	newest  int32
	lists   []list
}

// list is the records of a key, the oldest first.
type list struct {
	first, last int32
	n           int32
}

// record is where a record is, and its neighbours.
type record struct {
	chunk  int32
	size   int32
	list   int32
	next   int32 // in its list
	before int32 // of all
	after  int32
}

func newStore(bytes int) *store {
	return &store{maxChunks: int32(max(bytes/chunkCost, 1)), free: none, unused: none,
		oldest: none, newest: none}
}

// newList returns the number of another list, which is empty.
func (s *store) newList() int32 {
	s.lists = append(s.lists, list{first: none, last: none})
	return int32(len(s.lists) - 1)
}

// push adds a copy of rec to a list. It returns how many records were given up for it,
// the oldest of all first, or rec itself, if it is larger than all that may be held.
func (s *store) push(to int32, rec []byte) (lost int) {
	want := int32((len(rec) + chunkSize - 1) / chunkSize)
	if want > s.maxChunks {
		return 1
	}
	for s.nfree+s.maxChunks-int32(len(s.next)) < want {
		s.shift(s.records[s.oldest].list)
		lost++
	}
	i := s.newRecord()
	s.records[i] = record{size: int32(len(rec)), list: to, next: none, before: s.newest,
		after: none, chunk: s.copyIn(rec)}
	if s.newest == none {
		s.oldest = i
	} else {
		s.records[s.newest].after = i
	}
	s.newest = i
	l := &s.lists[to]
	if l.n == 0 {
		l.first = i
	} else {
		s.records[l.last].next = i
	}
	l.last = i
	l.n++
	return lost
}

func (s *store) newRecord() int32 {
	if i := s.unused; i != none {
		s.unused = s.records[i].next
		return i
	}
	s.records = append(s.records, record{})
	return int32(len(s.records) - 1)
}

// copyIn copies rec into chunks, of which there are enough, and returns the first.
func (s *store) copyIn(rec []byte) int32 {
	first, last := int32(none), int32(none)
	for len(rec) > 0 {
		c := s.newChunk()
		n := copy(s.bytes(c), rec)
		rec = rec[n:]
		if last == none {
			first = c
		} else {
			s.next[last] = c
		}
		last = c
	}
	return first
}

func (s *store) newChunk() int32 {
	c := s.free
	if c != none {
		s.free = s.next[c]
		s.nfree--
		s.next[c] = none
		return c
	}
	c = int32(len(s.next))
	if c%slabChunks == 0 {
		s.slabs = append(s.slabs, make([]byte, slabChunks*chunkSize))
	}
	s.next = append(s.next, none)
	return c
}

func (s *store) bytes(c int32) []byte {
	at := c % slabChunks * chunkSize
	return s.slabs[c/slabChunks][at : at+chunkSize]
}

// shift takes the first record of a list away; there must be one.
func (s *store) shift(from int32) {
	l := &s.lists[from]
	i := l.first
	r := s.records[i]
	l.first = r.next
	l.n--
	if r.before == none {
		s.oldest = r.after
	} else {
		s.records[r.before].after = r.after
	}
	if r.after == none {
		s.newest = r.before
	} else {
		s.records[r.after].before = r.before
	}
	for c := r.chunk; c != none; {
		next := s.next[c]
		s.next[c] = s.free
		s.free = c
		s.nfree++
		c = next
	}
	s.records[i].next = s.unused
	s.unused = i
}

// first appends the first record of a list to dst.
func (s *store) first(dst []byte, of int32) []byte {
	r := s.records[s.lists[of].first]
	left := int(r.size)
	for c := r.chunk; left > 0; c = s.next[c] {
		n := min(left, chunkSize)
		dst = append(dst, s.bytes(c)[:n]...)
		left -= n
	}
	return dst
}

// len returns how many records a list has.
func (s *store) len(of int32) int { return int(s.lists[of].n) }
