package file

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"heka/heka-tail/internal/source"
	"heka/lib/position"
)

// reader reads the members of streams, those of one stream oldest first: the next is
// begun when the one before it is read to its end. It is one goroutine. What it does
// not read itself it learns from the census.
type reader struct {
	tail   *tail
	census *census
	sink   *source.Sink
	buf    source.Buffer
	log    *logOnce
	live   bool  // files are followed
	began  int64 // when they were looked at first, as the clock of a file system tells it
	dry    bool  // it is only to be told what would be read
	pace   pace
	budget int // descriptors that may be open
	open   int // descriptors of Files
	turn   uint64
	pipes  *pipes  // for what has no offsets
	needed *member // has to be read before what is judged can be told
	starts starts  // of the list that was looked through last
}

// Descriptors: those that are left to others, and the most that are used.
const (
	reserved  = 40
	maxBudget = 16 << 10
)

// descriptors returns how many files may be open.
func descriptors() int {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return maxBudget
	}
	n := int(min(l.Cur, 1<<20))
	return min(max(n/4, n-2*reserved, 4), maxBudget)
}

// step goes on with s. more says that there is more to read at once.
func (r *reader) step(s *stream) (more bool, err error) {
	if err := r.plan(s); err != nil {
		return false, err
	}
	r.news(s)
	for i := 0; i < len(s.active); i++ {
		m := s.active[i]
		if m.behind && (m.file == nil || m.file.Offset() == 0) {
			return false, nil
		}
		last := i == len(s.active)-1 && !m.v.gone
		done, more, err := r.advance(s, m, last)
		if err == errReplan {
			r.census.replan(s)
			return true, nil
		}
		if err != nil || more {
			return more, err
		}
		if !done {
			return false, nil
		}
	}
	r.tidy(s)
	if s.doubt && !slices.ContainsFunc(s.active, func(m *member) bool { return m.v.base && m.file == nil }) {
		s.doubt = false
		r.census.replan(s)
		return true, nil
	}
	return false, nil
}

// errReplan says that the members of a stream are others than were thought.
var errReplan = errors.New("plan again")

// advance reads on in m. done says that the members behind it may be read: it is
// read to its end.
func (r *reader) advance(s *stream, m *member, last bool) (done, more bool, err error) {
	fresh := m.news
	if m.news = false; m.known == retired && !fresh {
		return true, false, nil
	}
	if m.file == nil || !m.file.IsOpen() {
		if ready, err := r.ready(s, m, fresh); err != nil || !ready {
			return !r.elusive(m), false, err
		}
	}
	m.known = bound
	st, err := m.file.Status()
	if err != nil {
		r.log.say(m.v.path, err)
		return true, false, nil
	}
	r.turn++
	m.turn = r.turn
	if r.live && st.Size > 0 && m.file.Gen()+m.v.shrunk > m.looked && m.file.Offset() == 0 && m.v.base {
		if some, err := m.file.Look(); err != nil || !some {
			return true, false, r.unreadable(m, err)
		}
		m.looked = m.file.Gen() + m.v.shrunk // it may have been copied and truncated once more meanwhile
		r.census.list(s, false)
		return false, false, errReplan
	}
	if m.file.Unread(st) {
		m.quiet = time.Now()
		more, err = m.file.Read(&r.buf, st)
		switch {
		case err == source.ErrChanged:
			return false, false, r.changed(s, m, st)
		case err != nil:
			return true, false, r.unreadable(m, err)
		case more:
			return false, true, nil
		case r.live:
			r.log.well(m.v.path)
			if err := m.file.FlushLast(); err != nil {
				return false, false, err
			}
		}
	}
	if r.live && m.file.Gathering() && time.Since(m.quiet) >= time.Duration(r.tail.opt.multilineWait) {
		if err := m.file.Expire(); err != nil {
			return false, false, err
		}
	}
	if last || !m.file.Partial() {
		return true, false, nil
	}
	if r.live && time.Since(r.replaced(s, m)) < r.pace.grace {
		return false, false, nil
	}
	if m.file.Final() {
		return false, true, nil
	}
	return true, false, m.file.Leave(false)
}

// replaced returns when m, which is not the last of s that is read, ceased to be the
// file in use.
func (r *reader) replaced(s *stream, m *member) time.Time {
	if i := slices.Index(s.active, m); i < len(s.active)-1 {
		return s.active[i+1].v.at
	}
	return m.v.since
}

// unreadable deals with an error of reading m: others go on. What is compressed is
// done with then, unless it is still being written; other files are tried again.
func (r *reader) unreadable(m *member, err error) error {
	var pe *os.PathError
	if err == nil || !errors.As(err, &pe) {
		return err
	}
	r.shut(m)
	if r.live && (m.file == nil || !m.file.Packed() || r.unsettled(m, m.v.st.Size)) {
		if m.file == nil || !m.file.Packed() {
			r.failed(m, err)
		}
		return nil
	}
	r.failed(m, err)
	m.known = passed
	if m.file != nil {
		return m.file.Leave(false)
	}
	return nil
}

// failed reports an error of m.
func (r *reader) failed(m *member, err error) {
	if r.live {
		r.log.say(m.v.path, err)
		return
	}
	r.tail.failures.note(err, m.file != nil && m.file.Offset() > 0)
}

// news takes over what the census saw of the members that s reads.
func (r *reader) news(s *stream) {
	r.census.mu.Lock()
	defer r.census.mu.Unlock()
	for _, m := range s.active {
		if m.fresh {
			m.fresh, m.news, m.v = false, true, m.sight
		}
	}
}

// ready makes m's File, if there is none yet, and opens it. False: it can't be read
// now, or has nothing new.
func (r *reader) ready(s *stream, m *member, fresh bool) (bool, error) {
	if !fresh && m.file == nil && m.rec != nil && r.untouched(m) {
		m.known = retired
		return false, nil
	}
	fd, err := r.descriptor(m)
	if err != nil || fd < 0 {
		return false, err
	}
	if m.file != nil {
		m.file.Take(fd)
		r.open++
		return true, nil
	}
	o := source.Origin{Name: s.name, Path: m.v.path, FD: fd, Stat: m.v.st, Gen: m.gen}
	switch {
	case m.rec == nil:
		m.file, err = source.NewFile(r.sink, o, source.Start{})
	case m.rec.Offset == 0 && !m.ending.In(o):
		source.CloseFd(fd)
		err = source.ErrChanged
	default:
		m.file, err = source.Resume(r.sink, o, *m.rec)
	}
	switch {
	case err == source.ErrChanged:
		return false, r.displaced(s, m)
	case err != nil:
		m.known = passed
		r.failed(m, err)
		return false, nil
	}
	r.begun(m)
	return true, nil
}

// begun counts a File that was made.
func (r *reader) begun(m *member) {
	r.open++
	m.rec = nil
	m.file.Follow(r.live, r.pace.hole)
	r.tail.env.Stats.Files.Add(1)
}

// untouched reports whether the file of m is as it was when its position was saved,
// and read to its end.
func (r *reader) untouched(m *member) bool {
	return m.v.untouched(m.rec)
}

// descriptor returns a descriptor of m's file: the one that was held for it, or a new
// one by its name. -1: there is none to be had now.
func (r *reader) descriptor(m *member) (int, error) {
	if fd := r.census.give(m); fd >= 0 {
		return fd, nil
	}
	if m.v.gone {
		if r.elusive(m) {
			return -1, nil
		}
		return -1, r.gone(m)
	}
	r.makeRoom()
	fd, st, err := source.OpenFd(m.v.path)
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		r.evict()
		fd, st, err = source.OpenFd(m.v.path)
	}
	switch m.retry = err != nil; {
	case errors.Is(err, fs.ErrNotExist):
		m.moving = time.Now() // the census will see where to
		return -1, nil
	case err != nil:
		r.failed(m, err)
		return -1, nil
	}
	if st.Key != m.v.st.Key {
		source.CloseFd(fd)
		m.moving = time.Now()
		return -1, nil
	}
	return fd, nil
}

// elusive reports whether m may have another name in a moment: it was seen to be
// renamed, and where to is not known yet.
func (r *reader) elusive(m *member) bool {
	return r.live && (time.Since(m.moving) < missingFor || m.v.gone && time.Since(m.v.since) < missingFor)
}

// missingFor is how long a file has no name, at least, until it counts as gone.
const missingFor = time.Second

// gone deals with a member that has no name any more and was not open: what it had
// that was not read is lost.
func (r *reader) gone(m *member) error {
	m.known = passed
	if r.elsewhere(m) {
		return errReplan
	}
	at, lost := int64(0), m.v.st.Size
	switch {
	case m.file != nil:
		at, lost = m.file.Offset(), m.file.Missing(m.v.st.Size)
	case m.rec != nil && m.rec.Packed:
		lost = 0
	case m.rec != nil:
		at = max(m.rec.Offset, m.rec.Seen)
		lost = max(m.rec.Size, m.v.st.Size) - at
	}
	if lost <= 0 {
		return nil
	}
	if m.rec != nil {
		r.drop(*m.rec) // told once
	}
	return r.sink.Lost(m.v.path, at, lost, "the file was removed before it was read")
}

// drop takes rec out of the store.
func (r *reader) drop(rec position.Record) {
	if r.sink.Store != nil {
		r.sink.Store.Delete(rec.ID)
	}
}

// elsewhere reports whether a file that was not judged yet has the content of m, which
// is gone, and makes that one take its place.
func (r *reader) elsewhere(m *member) bool {
	s := r.census.streamOf(m)
	list := r.list(s)
	for i := range list {
		v := &list[i]
		switch {
		case v.member == m || v.known != unknown:
		case m.file != nil && r.peek(v, m.file.Recognises):
			if r.moveTo(v.member, m.file) {
				m.file = nil
				r.census.replan(s)
				return true
			}
		case m.rec != nil && m.file == nil && r.peek(v, func(o source.Origin) bool { return source.Has(o, *m.rec) }):
			v.member.rec, m.rec = m.rec, nil
			r.bind(s, v.member)
			return true
		}
	}
	return false
}

// changed deals with a file whose content is another one than was read: it was
// truncated, and perhaps copied before. What the copy has that was not read comes
// first; then what is there now, from its first byte.
func (r *reader) changed(s *stream, m *member, st source.Status) error {
	r.tail.env.Stats.Rotations.Add(1)
	old := m.file
	fd := old.Detach()
	r.open--
	size := max(old.Size(), r.peak(m))
	var err error
	if !r.move(s, m, old) {
		if lost := old.Missing(size); lost > 0 {
			err = r.sink.Lost(old.Path(), old.Offset(), lost, "the file was truncated before it was read")
		}
		if lerr := old.Leave(false); err == nil {
			err = lerr
		}
		old.Forget()
	}
	if err != nil {
		source.CloseFd(fd)
		return err
	}
	if !m.v.base && r.tail.tree == nil { // a rotated file, written over: perhaps by another copy
		source.CloseFd(fd)
		m.file, m.known, m.gen = nil, unknown, old.Gen()+1
		r.census.anew(m)
		return errReplan
	}
	r.log.log.Info(m.v.path + " was truncated; reading it from its start")
	o := source.Origin{Name: s.name, Path: m.v.path, FD: fd, Stat: st, Gen: old.Gen() + 1}
	if m.file, err = source.NewFile(r.sink, o, source.Start{}); err != nil {
		m.file = nil
		return r.unreadable(m, err)
	}
	r.begun(m)
	return errReplan
}

// peak returns how large the file of m was seen to be before it became shorter. If the
// census has not seen that yet, what it saw of the old content is not held against the
// new one.
func (r *reader) peak(m *member) int64 {
	r.census.mu.Lock()
	defer r.census.mu.Unlock()
	n := m.peak
	if m.peak = 0; n == 0 {
		m.top = 0
	}
	return n
}

// move looks for a member that has the content of old, which the file of m does not
// have any more, and makes old go on there. Members between the two hold what m had
// in the meantime.
func (r *reader) move(s *stream, m *member, old *source.File) bool {
	at := -1
	list := r.list(s)
	for i := range list {
		v := &list[i]
		if v.member == m || v.known != unknown {
			continue
		}
		if r.peek(v, old.Recognises) {
			at = i
			break
		}
	}
	if at < 0 {
		return false
	}
	if v := &list[at]; r.peek(v, old.Shorter) {
		v.known, v.why = passed, "a copy of what was read"
		r.settle(v, old)
	} else if !r.moveTo(v.member, old) {
		return false
	}
	for i := at + 1; i < len(list); i++ {
		v := &list[i]
		if v.member == m || v.known != unknown || r.isIn(v, list, m) {
			continue
		}
		if copied, wait := r.copied(list, i, at); !copied && !wait {
			r.bind(s, v.member)
		}
	}
	return true
}

// isIn reports whether v is stored as it is and has what the file of m begins with: it
// was copied, and that was not truncated yet.
func (r *reader) isIn(v *view, list []view, m *member) bool {
	i := slices.IndexFunc(list, func(w view) bool { return w.member == m })
	return i >= 0 && v.plain && r.peek(v, func(o source.Origin) bool {
		return r.peek(&list[i], func(all source.Origin) bool { return source.StartsAs(all, o) })
	})
}

// settle gives up old, of which v has a copy that lacks the last lines that were read.
func (r *reader) settle(v *view, old *source.File) {
	if err := old.Leave(false); err != nil {
		r.failed(v.member, err)
	}
	r.peek(v, func(o source.Origin) bool {
		old.Settle(o)
		return true
	})
	old.Close()
}

// moveTo makes old, which is closed, go on in the file of m, if that can be opened.
func (r *reader) moveTo(m *member, old *source.File) bool {
	fd, err := r.descriptor(m)
	for range 3 {
		if err != nil || fd >= 0 || !r.live {
			break
		}
		r.census.renamed(m) // while we looked
		r.census.mu.Lock()
		m.v = m.sight
		r.census.mu.Unlock()
		fd, err = r.descriptor(m)
	}
	if err == nil && fd >= 0 {
		err = old.Move(source.Origin{Path: m.v.path, FD: fd, Stat: m.v.st})
	}
	if err != nil {
		old.Close()
		if err != errReplan {
			r.failed(m, err)
		}
	}
	if err != nil || fd < 0 {
		return false
	}
	r.open++
	m.file, m.known, m.quiet = old, bound, time.Now()
	return true
}

// displaced is changed for a file that was not read yet in this run: its position is
// of a content that it does not have any more.
func (r *reader) displaced(s *stream, m *member) error {
	rec := *m.rec
	m.rec = nil
	r.tail.env.Stats.Rotations.Add(1)
	list := r.list(s)
	found := false
	for i := range list {
		v := &list[i]
		fresh := v.known == unknown && v.rec == nil
		switch {
		case v.member == m:
		case found && fresh: // what m had in the meantime
			if !r.isIn(v, list, m) {
				r.bind(s, v.member)
			}
		case !found && r.peek(v, func(o source.Origin) bool { return source.Has(o, rec) }):
			if found = true; fresh {
				v.member.rec = &rec
				r.bind(s, v.member)
			} else {
				r.drop(rec) // its lines come from there
			}
		}
	}
	if !found {
		if err := r.missed(s, rec, "the file was truncated before it was read"); err != nil {
			return err
		}
	}
	r.log.log.Info(m.v.path + " is not the file that was read; reading it from its start")
	fd, err := r.descriptor(m)
	if err != nil || fd < 0 {
		return err
	}
	gen := uint32(0)
	if rec.Ino == m.v.st.Key.Ino && rec.Born == m.v.st.Key.Born {
		gen = rec.Gen + 1
	}
	o := source.Origin{Name: s.name, Path: m.v.path, FD: fd, Stat: m.v.st, Gen: gen}
	if m.file, err = source.NewFile(r.sink, o, source.Start{}); err != nil {
		m.file = nil
		return r.unreadable(m, err)
	}
	r.begun(m)
	return errReplan
}

// peek opens the file of v for a moment and asks of it.
func (r *reader) peek(v *view, ask func(source.Origin) bool) bool {
	if fd := r.census.holds(v.member); fd >= 0 {
		return ask(source.Origin{Path: v.path, FD: fd, Stat: v.st})
	}
	path := v.path
	for range 3 {
		fd, st, err := source.OpenFd(path)
		if err == nil && st.Key == v.st.Key {
			defer source.CloseFd(fd)
			return ask(source.Origin{Path: path, FD: fd, Stat: st})
		}
		if err == nil {
			source.CloseFd(fd)
		}
		if !r.live || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
		path = r.census.renamed(v.member) // while we looked
	}
	return false
}

// tidy gives up what has been read and is not likely to grow, and finds out whether
// the stream has to be looked at again soon.
func (r *reader) tidy(s *stream) {
	if !r.live {
		return
	}
	now := time.Now()
	for i, m := range s.active {
		if i == len(s.active)-1 && !m.v.gone || m.known != bound ||
			m.file == nil || !m.file.IsOpen() {
			continue
		}
		wait := r.pace.linger
		if st, err := m.file.Status(); err != nil || st.Links == 0 {
			wait = r.pace.deleted
		}
		if len(s.active)-i > maxLate {
			wait = 0
		}
		if now.Sub(m.quiet) >= wait {
			r.retire(m)
		}
	}
	s.active = slices.DeleteFunc(s.active, func(m *member) bool { return m.known == passed })
}

// forgetAfter is how long a file that is gone and read is still known.
const forgetAfter = time.Minute

// maxLate is how many files of a stream are kept open beside that in use, for writers
// that have not noticed yet that they were renamed.
const maxLate = 16

// retire closes m, which is read to its end.
func (r *reader) retire(m *member) {
	r.leave(m)
	r.shut(m)
	if fd := r.census.give(m); fd >= 0 {
		source.CloseFd(fd)
	}
	m.known = retired
}

func (r *reader) leave(m *member) {
	err := r.rest(m)
	if err == nil {
		err = m.file.Leave(false)
	}
	if err != nil {
		r.log.say(m.v.path, err)
	}
}

// rest reads what of m was left to be written yet.
func (r *reader) rest(m *member) error {
	if !m.file.Final() || !m.file.IsOpen() {
		return nil
	}
	for more := true; more; {
		st, err := m.file.Status()
		if err == nil {
			more, err = m.file.Read(&r.buf, st)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// shut closes the File of m.
func (r *reader) shut(m *member) {
	if m.file != nil && m.file.IsOpen() {
		m.file.Close()
		r.open--
	}
}

// makeRoom closes files until one more may be open.
func (r *reader) makeRoom() {
	for r.open >= r.budget && r.evict() {
	}
}

// pending is added to the turns of files that have more to read: they are closed last.
const pending = 1 << 62

// evict closes the file that was read longest ago, of those that have been read to
// their ends, if there are such.
func (r *reader) evict() bool {
	var old *member
	least := uint64(math.MaxUint64)
	for _, s := range r.census.allStreams() {
		for _, m := range s.active {
			if m.file == nil || !m.file.IsOpen() || m.v.gone {
				continue
			}
			turn := m.turn
			if !m.file.AtEnd() {
				turn += pending
			}
			if turn < least {
				old, least = m, turn
			}
		}
	}
	if old == nil {
		return false
	}
	r.shut(old)
	return true
}
