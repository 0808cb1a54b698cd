package file

import (
	"cmp"
	"slices"
	"time"

	"heka/heka-tail/internal/rotation"
	"heka/heka-tail/internal/source"
	"heka/lib/position"
)

// member is a file of a stream: an inode, whatever its names. The first part is the
// census's, which fills it in under its lock; the second the reader's, which decides
// what it is.
type member struct {
	sight
	last    int   // the look that saw it last
	round   int   // the same, the round
	fd      int   // held for the reader; -1: none
	untaken bool  // it could not be held yet
	top     int64 // the largest size that was seen of its content
	peak    int64 // the same of what was there before it became shorter
	fresh   bool  // something changed since the reader looked

	v      sight // what the reader knows of it
	news   bool  // something of that is new
	file   *source.File
	rec    *position.Record // its position, if it has no File yet
	ending source.Ending    // of its content when that was reserved
	gen    uint32           // how often it was truncated before it has its first File
	known  verdict
	why    string    // for people: the reason of that
	behind bool      // what comes before it is not known yet: it is not begun
	twin   *member   // what it was packed as before it was read, if it is gone
	moving time.Time // when its name was seen to be that of another file
	looked uint32    // its File's Gen and shrunk when copies were looked for last before it was read
	retry  bool      // it could not be opened when it was to be
	quiet  time.Time // since when nothing came from it
	turn   uint64    // when it was read last

	settling   time.Time // since when it has this size
	settleSize int64
}

// sight is what was seen of a file.
type sight struct {
	finding
	st   source.Status
	seen int  // the look that found it; 0: the first, it was there before
	came int  // the look before which it was not there; 0: nobody knows
	gone bool // it has no name that we know

	shrunk uint32 // how often it became shorter

	aside int // the first round that found it under another name than that in use
	inUse int // the last round that found it under that

	born  int64     // when its content was begun, nanoseconds since 1970 UTC; 0: unknown
	at    time.Time // when it was found
	since time.Time // since when it is gone
}

// untouched reports whether the file is as it was when rec was saved, and read to its
// end.
func (s *sight) untouched(rec *position.Record) bool {
	return !s.gone && rec.Size == s.st.Size && rec.Mtime == s.st.Mtime &&
		(rec.Packed || max(rec.Offset, rec.Seen) == rec.Size)
}

// verdict is what the reader makes of a member.
type verdict uint8

const (
	unknown verdict = iota // not looked at, or can't be told yet
	bound                  // its content is known: it is read, or was
	retired                // read to its end, and closed
	passed                 // it is none of ours: older than what was read, or a copy of it
)

// stream is one log: its file in use, and those that were before it.
type stream struct {
	name    string
	members map[source.Key]*member
	base    source.Key // of the file in use
	changed bool       // members came, went or were renamed since the reader planned
	listed  bool       // what may be rotations was looked at
	round   int        // the last in which its directory was looked through
	unsure  bool       // there may be more than the present look saw
	queued  bool

	// the reader's
	active  []*member // those that are read, or may grow, the oldest first
	records []position.Record
	planned bool
	missing []position.Record // if nothing is to be read: those that nothing has any more
	waiting bool              // a member's content can't be told yet
	doubt   bool              // the same, until the file in use was read
}

// view is a member as the reader sees it.
type view struct {
	*member
	sight
	plain bool
}

// views returns the members in their order, the oldest first.
func (s *stream) views() []view {
	list := make([]view, 0, len(s.members))
	for _, m := range s.members {
		m.v = m.sight
		list = append(list, view{member: m, sight: m.v, plain: !m.v.name.Packed})
	}
	sortViews(list)
	return list
}

// sortViews puts list in order, the oldest first.
func sortViews(list []view) {
	ages := make([]rotation.Age, len(list))
	for i := range list {
		ages[i] = list[i].age()
	}
	rising := rotation.Rising(ages)
	slices.SortFunc(list, func(a, b view) int { return compare(a, b, rising) })
}

func compare(a, b view, rising bool) int {
	if a.order != nil && b.order != nil {
		if c := slices.Compare(a.order, b.order); c != 0 {
			return c
		}
	}
	switch {
	case a.twin == b.member:
		return -1
	case b.twin == a.member:
		return 1
	}
	return cmp.Or(rotation.Compare(a.age(), b.age(), rising), cmp.Compare(a.path, b.path))
}

// age returns what tells how old v is. A name that it does not have any more does not,
// but that of what it was packed as.
func (v *view) age() rotation.Age {
	name := v.name
	if v.gone {
		name.Number, name.Date = -1, ""
		if v.twin != nil {
			name = v.twin.v.name
		}
	}
	return rotation.Age{
		Name: name, Base: v.base && !v.gone, Born: v.born, Mtime: v.st.Mtime,
		Unpacked: v.plain, FirstSeen: v.came, Aside: v.aside, InUse: v.inUse,
	}
}
