package file

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"heka/heka-tail/internal/source"
	"heka/lib/position"
)

// plan decides what the members of s are that came since it was last asked, and which
// are to be read.
//
// The members stand in their order, the oldest first. The newest of those that were
// opened, now or in an earlier run, is the anchor: up to there the stream has been read. What the
// sources name is read, wherever it stands; a file that only looks like a rotation of
// theirs is read if it is newer than the anchor: it was the file in use for a time, and
// we did not see it. What is a copy of a content that is known is not read again.
func (r *reader) plan(s *stream) error {
	r.census.mu.Lock()
	changed := s.changed
	s.changed = false
	r.census.mu.Unlock()
	if !changed && !s.waiting {
		return nil
	}
	if !s.planned {
		if err := r.recall(s); err != nil {
			return err
		}
	}
	s.waiting = false
	list := r.views(s)
	r.pair(list)
	anchor := -1
	for i, v := range list {
		if v.file != nil && v.file.Offset() > 0 || v.rec != nil && v.rec.Offset > 0 {
			anchor = i
		}
	}
	for i := range list {
		v := &list[i]
		v.behind = false
		if v.known == unknown && !v.plain && v.seen > 0 {
			r.unsettled(v.member, v.st.Size) // all of them settle at once
		}
	}
	for i := range list {
		v := &list[i]
		if v.known != bound && v.gone && time.Since(v.sight.since) > forgetAfter {
			if v.file != nil {
				v.file.Done()
			}
			r.census.forget(s, v.member)
			continue
		}
		if v.known != unknown {
			continue
		}
		r.recollect(v)
		r.needed = nil
		if err := r.judge(s, list, i, anchor); err != nil {
			return err
		}
		if v.known == bound && r.starts.of == &list[0] {
			r.addStart(list, i)
		}
		if s.waiting {
			for j := i + 1; j < len(list); j++ {
				list[j].behind = list[j].member != r.needed
			}
			break
		}
	}
	s.active = s.active[:0]
	for _, v := range list {
		if v.base && !v.gone && v.st.Regular() && r.pipes != nil {
			r.pipes.replaced(v.path, v.st.Key)
		}
		if v.file != nil && !v.gone && v.file.Path() != v.path {
			v.file.Rename(v.path)
		}
		if v.known == bound || v.known == retired {
			s.active = append(s.active, v.member)
		}
	}
	if s.planned && anchor >= 0 && len(s.active) > 0 && s.active[len(s.active)-1] != list[anchor].member {
		r.tail.env.Stats.Rotations.Add(1)
	}
	s.planned = true
	return nil
}

// pair finds out what the members of list were packed as that are gone and were not
// read yet. Their age is that of their twins, and they come before these.
func (r *reader) pair(list []view) {
	found := false
	for i := range list {
		w := &list[i]
		if !w.gone || !w.plain || w.known != unknown || w.twin != nil || r.census.holds(w.member) < 0 {
			continue
		}
		for j := range list {
			v := &list[j]
			if v.plain || v.gone || v.known != unknown || v.seen < w.seen {
				continue
			}
			if r.peek(v, func(o source.Origin) bool {
				return r.peek(w, func(of source.Origin) bool { return source.PackedOf(o, of) })
			}) {
				w.member.twin, found = v.member, true
				break
			}
		}
	}
	if found {
		sortViews(list)
	}
}

// views returns what the census knows of s.
func (r *reader) views(s *stream) []view {
	r.census.mu.Lock()
	defer r.census.mu.Unlock()
	return s.views()
}

// list is views after a look at what may be rotations of s.
func (r *reader) list(s *stream) []view {
	r.census.list(s, false)
	return r.views(s)
}

// bind says that m is to be read.
func (r *reader) bind(s *stream, m *member) {
	m.known = bound
	s.waiting = s.waiting || !s.planned
	r.census.mu.Lock()
	s.changed = true
	r.census.mu.Unlock()
}

// judge decides what list[i] is.
func (r *reader) judge(s *stream, list []view, i, anchor int) error {
	v := &list[i]
	switch {
	case v.gone && v.rec == nil && r.census.holds(v.member) < 0:
		return nil // it may come back
	case !v.st.Regular():
		return r.special(s, v)
	case v.rec != nil:
		v.known = bound
		return nil
	case !v.named && !r.follows(s, list, i, anchor) && !r.cameSince(s, list, i):
		v.why = "it is not named, and what is older than the file in use is left alone"
		return nil // asked again when the stream has gone on
	case !v.named:
		v.why = "it was the file in use after what was read last"
	default:
		v.why = "it was not read before"
	}
	if v.base {
		return r.begin(s, v)
	}
	if r.live && v.seen > 0 && v.plain && v.st.Size == 0 {
		return nil // it may become a copy; there is nothing to read before
	}
	if r.packing(v) {
		return nil // what it is made of is read
	}
	copied, wait := r.copied(list, i, anchor)
	switch {
	case wait:
		s.waiting = true
	case copied:
		v.known, v.why = passed, "a copy of what is known, or older than what was read"
	default:
		return r.begin(s, v)
	}
	return nil
}

// cameSince reports whether list[i], which the sources do not name, was written since
// the stream was read last and has nothing that is known. Either the file in use was
// copied and truncated before anything of it was seen, or it was in use between two
// looks. Whether what is compressed is known is asked when it is whole.
func (r *reader) cameSince(s *stream, list []view, i int) bool {
	v := &list[i]
	since := r.began
	for _, rec := range s.records {
		since = min(since, rec.Time)
	}
	if !r.live || v.gone || v.st.Size == 0 || min(v.st.Key.Born, v.st.Mtime) < since {
		return false
	}
	if !v.plain {
		return v.seen > 0
	}
	for j := range list {
		if w := &list[j]; j != i && r.recognises(v, w) {
			s.doubt = s.doubt || w.base && w.file == nil
			return false
		}
	}
	return true
}

// follows reports whether list[i], which the sources do not name, was the file in use
// after the anchor.
func (r *reader) follows(s *stream, list []view, i, anchor int) bool {
	if anchor >= 0 {
		return i > anchor
	}
	newest := int64(0)
	for _, rec := range s.records {
		newest = max(newest, rec.Mtime)
	}
	if st := &list[i].st; newest == 0 { // it came and went between two looks
		return r.live && cmp.Or(st.Key.Born, st.Mtime) >= r.began
	}
	return list[i].st.Mtime >= newest
}

// copied reports whether list[i], which is not the file in use, has a content that is
// known; wait, that this can't be told yet.
func (r *reader) copied(list []view, i, anchor int) (copied, wait bool) {
	v := &list[i]
	if v.seen > 0 && !v.plain && r.unsettled(v.member, v.st.Size) {
		known := slices.ContainsFunc(r.alike(list, v), func(j int) bool {
			w := &list[j]
			return j != i && w.file != nil && (!w.gone || w.file.IsOpen()) && r.recognises(v, w)
		})
		return known, !known
	}
	if v.plain {
		if v.seen == 0 {
			return false, false
		}
		for j := range list { // its original may be truncated in a moment
			if w := &list[j]; j != i && w.base && r.recognises(v, w) {
				r.needed = w.member
				return false, r.unsettled(v.member, v.st.Size)
			}
		}
		return false, false
	}
	for _, j := range r.alike(list, v) {
		w := &list[j]
		if j == i || !r.recognises(v, w) {
			continue
		}
		if w.file == nil && w.rec != nil && w.known == bound { // it was not read
			if w.gone {
				v.member.rec, w.member.rec, w.member.known = w.rec, nil, passed
			}
			if r.needed = w.member; w.gone {
				return false, false
			}
			return false, true
		}
		if w.file == nil || !w.gone || w.file.IsOpen() {
			return true, false
		}
		if r.moveTo(v.member, w.file) {
			w.member.file, w.member.known = nil, passed
		}
		return v.known == unknown, false
	}
	if !v.plain && anchor >= 0 && v.seen == 0 && v.st.Mtime < list[anchor].st.Mtime {
		return true, false
	}
	return false, false
}

// starts are the members of a list, by what their contents start with.
type starts struct {
	of    *view // the first of the list
	bySum map[position.Sum][]int
	lens  map[uint32]bool
}

// addStart notes how list[j] starts, if that is known.
func (r *reader) addStart(list []view, j int) {
	w := &list[j]
	if w.known == bound && w.file == nil && w.rec == nil {
		r.reserve(w.stream, w) // it was empty when it was decided upon
	}
	var sum position.Sum
	switch {
	case w.file != nil:
		sum = w.file.Start()
	case w.rec != nil:
		sum = w.rec.Head
	}
	if sum.Len > 0 {
		r.starts.bySum[sum] = append(r.starts.bySum[sum], j)
		r.starts.lens[sum.Len] = true
	}
}

// alike returns which of list are known to start as v does.
func (r *reader) alike(list []view, v *view) (all []int) {
	if r.starts.of != &list[0] {
		r.starts = starts{&list[0], map[position.Sum][]int{}, map[uint32]bool{}}
		for j := range list {
			r.addStart(list, j)
		}
	}
	if len(r.starts.lens) == 0 {
		return nil
	}
	for _, sum := range r.heads(v, r.starts.lens) {
		all = append(all, r.starts.bySum[sum]...)
	}
	return all
}

// recognises reports whether v has the content of w, as far as that was read.
func (r *reader) recognises(v, w *view) bool {
	switch {
	case w.file != nil && w.base:
		return r.peek(v, w.file.MayBecome)
	case w.file != nil:
		return r.peek(v, w.file.Recognises)
	case w.rec != nil && w.rec.Offset == 0 && w.base && !w.gone && v.plain && w.plain:
		return r.peek(v, func(o source.Origin) bool { // equal heads are not enough
			return source.Has(o, *w.rec) && r.peek(w, func(all source.Origin) bool { return source.StartsAs(all, o) })
		})
	case w.rec != nil:
		return r.peek(v, func(o source.Origin) bool { return source.Has(o, *w.rec) })
	}
	return false
}

// packing reports whether v is being made: what it is made of is still there.
func (r *reader) packing(v *view) bool {
	if v.plain {
		return false
	}
	r.census.mu.Lock()
	defer r.census.mu.Unlock()
	m := r.census.byPath[strings.TrimSuffix(v.path, filepath.Ext(v.path))]
	return m != nil && m.stream == v.stream && !m.name.Packed && !m.gone && !m.base
}

// unsettled reports whether a file of this size has been there for so short, or changed
// so lately, that what it is may turn out yet.
func (r *reader) unsettled(m *member, size int64) bool {
	if !r.live {
		return false
	}
	now := time.Now()
	if m.settling.IsZero() || m.settleSize != size {
		m.settling, m.settleSize = now, size
	}
	return now.Sub(m.settling) < r.pace.settle
}

// begin makes the File of v, which is new to us, at the place where the options say.
func (r *reader) begin(s *stream, v *view) error {
	m := v.member
	start := source.Start{}
	if v.seen == 0 {
		start = r.tail.start()
	}
	if start == (source.Start{}) || r.dry {
		m.known = bound // its File is made when it is its turn
		r.reserve(s.name, v)
		return nil
	}
	fd, err := r.descriptor(m)
	if err != nil || fd < 0 {
		return err
	}
	o := source.Origin{Name: s.name, Path: m.v.path, FD: fd, Stat: m.v.st}
	if m.file, err = source.NewFile(r.sink, o, start); err != nil {
		m.file = nil
		m.known = passed
		r.failed(m, err)
		return nil
	}
	r.begun(m)
	if m.known = bound; start.FromEnd && start.Lines == 0 && m.file.Packed() {
		r.shut(m)
		m.known = passed
	}
	return nil
}

// reserve notes how v starts, and that it is to be read, in case it is another or
// elsewhere when its turn comes, in this run or the next.
func (r *reader) reserve(stream string, v *view) {
	if r.dry || !v.plain || v.st.Size == 0 && r.sink.Store == nil {
		return
	}
	r.peek(v, func(o source.Origin) bool {
		o.Name, o.Gen = stream, v.gen
		rec, ok := source.Begin(o)
		if ok {
			v.member.rec, v.member.ending = &rec, source.EndingOf(o)
			r.keep(rec)
		}
		return ok
	})
}

// special deals with what has no offsets.
func (r *reader) special(s *stream, v *view) error {
	v.known, v.why = passed, "it is a directory, or another thing that has no lines"
	if v.st.Dir() {
		if v.named && !r.dry {
			r.failed(v.member, errDir(v.path))
		}
		return nil
	}
	if !v.named || r.dry {
		return nil
	}
	r.pipes.start(v.path, v.st.Key)
	return nil
}

// recall finds the members that the store has positions of. A position whose file is
// not found under the names of the stream is looked for where it was last; then
// among files that have its content, by another name, compressed, or copied.
func (r *reader) recall(s *stream) error {
	if r.tail.positions == nil {
		return nil
	}
	s.records = r.tail.positions[s.name]
	left := r.byKey(s.records)
	if len(left) > 0 {
		r.census.remember(s, left)
		left = r.byKey(left)
	}
	if len(left) > 0 || len(s.records) > 0 && r.renewed(s) {
		r.census.list(s, true)
		left = r.byKey(left)
	}
	for i := 1; i < maxListings && len(left) > 0 && r.live; i++ {
		r.census.list(s, true) // a file that is renamed meanwhile may be in no listing
		left = r.byKey(left)
	}
	for _, rec := range r.byContent(s, left) {
		if err := r.missed(s, rec, "the file is gone"); err != nil {
			return err
		}
	}
	return nil
}

// maxListings is how often a folder is listed for a file that is nowhere in it.
const maxListings = 4

// renewed reports whether the file in use is another than in the earlier run, so that
// there may be more between the two.
func (r *reader) renewed(s *stream) bool {
	r.census.mu.Lock()
	m := s.members[s.base]
	r.census.mu.Unlock()
	return m == nil || m.rec == nil
}

// byKey returns the records of which no file is there, or one that has another content
// by now.
func (r *reader) byKey(records []position.Record) (left []position.Record) {
	for _, rec := range records {
		key := keyOf(rec)
		p := r.tail.places[key]
		if p.rec.ID != rec.ID {
			left = append(left, rec) // the file had this content before
			continue
		}
		if !p.asked {
			r.census.mu.Lock()
			m := r.census.byKey[key]
			r.census.mu.Unlock()
			if m != nil {
				r.take(m, p)
			}
		}
		if !p.asked || p.changed {
			left = append(left, rec)
		}
	}
	return left
}

// recollect gives v its position, if there is one, of whatever stream it was.
func (r *reader) recollect(v *view) {
	if p := r.tail.places[v.st.Key]; p != nil && !p.asked && v.rec == nil && v.file == nil {
		r.take(v.member, p)
	}
}

// take gives m the position that its file has, unless that has another content by now.
func (r *reader) take(m *member, p *place) {
	r.census.mu.Lock()
	v := view{member: m, sight: m.sight}
	r.census.mu.Unlock()
	p.asked = true
	if v.sight.untouched(&p.rec) || p.rec.Head.Len == 0 && p.rec.Seen <= v.st.Size || v.gone ||
		r.peek(&v, func(o source.Origin) bool { return source.Has(o, p.rec) }) {
		rec := p.rec
		m.rec, m.why = &rec, "known by its inode"
		return
	}
	p.changed = true
	m.gen, m.why = p.rec.Gen+1, "it has another content than was read: truncated or replaced"
}

// byContent is byKey for what stands elsewhere now: under a name that the stream does
// not have, copied, or compressed.
func (r *reader) byContent(s *stream, records []position.Record) (left []position.Record) {
	if len(records) == 0 {
		return nil
	}
	list := r.views(s)
	heads := map[position.Sum][]int{}
	lens := map[uint32]bool{}
	for _, rec := range records {
		lens[rec.Head.Len] = rec.Head.Len > 0
	}
	for i := range list {
		if v := &list[i]; v.rec == nil && v.st.Regular() && !(v.base && v.plain) {
			for _, sum := range r.heads(v, lens) {
				heads[sum] = append(heads[sum], i)
			}
		}
	}
	newest := slices.MaxFunc(s.records, func(a, b position.Record) int { return cmp.Compare(a.Time, b.Time) })
	for _, rec := range records {
		i := slices.IndexFunc(heads[rec.Head], func(i int) bool {
			return list[i].rec == nil && r.peek(&list[i], func(o source.Origin) bool { return source.Has(o, rec) })
		})
		if i < 0 {
			left = append(left, rec)
			continue
		}
		v := &list[heads[rec.Head][i]]
		was := rec.Path
		whole := v.plain || rec.Packed || rec.ID != newest.ID && rec.Offset >= rec.Size &&
			r.peek(v, func(o source.Origin) bool { return source.UnpacksTo(o, rec.Offset) })
		rec.Dev, rec.Ino, rec.Born = v.st.Key.Dev, v.st.Key.Ino, v.st.Key.Born
		rec.Path, rec.Packed, rec.Size, rec.Mtime = v.path, !v.plain, v.st.Size, v.st.Mtime
		if !whole {
			rec.Size = -1 // there may be more than was read
		}
		if !r.dry {
			r.keep(rec)
		}
		v.rec, v.why = &rec, "it has what was in "+was
	}
	return left
}

// heads returns the sums of the first bytes of v, of each of these lengths.
func (r *reader) heads(v *view, lens map[uint32]bool) (sums []position.Sum) {
	r.peek(v, func(o source.Origin) bool {
		sums = source.Heads(o, lens)
		return true
	})
	return sums
}

// keepGone is how long the position of a file is kept that is not there any more: it
// may come back, compressed, or from elsewhere.
const keepGone = 30 * 24 * time.Hour

// missed tells what is lost of a content that nothing has any more.
func (r *reader) missed(s *stream, rec position.Record, why string) error {
	at := max(rec.Offset, rec.Seen)
	lost := rec.Size - at
	if r.dry {
		s.missing = append(s.missing, rec)
		return nil
	}
	if time.Now().UnixNano()-rec.Time > int64(keepGone) {
		r.sink.Store.Delete(rec.ID)
	}
	if rec.Packed || lost <= 0 {
		return nil
	}
	rec.Size = at // so that it is not told again
	r.keep(rec)
	return r.sink.Lost(cmp.Or(rec.Path, rec.Stream), at, lost, why)
}

// keep puts rec into the store.
func (r *reader) keep(rec position.Record) {
	if r.sink.Store != nil {
		r.sink.Store.Put(rec)
	}
}
