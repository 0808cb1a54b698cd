package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"heka/heka-tail/internal/rotation"
	"heka/heka-tail/internal/source"
	"heka/heka-tail/internal/watch"
	"heka/lib/position"
)

// census knows which files there are, under which names, and how large they were
// when last looked at. It looks when told that something may have changed, at single
// files or at all; it never reads them and never waits for those who do. So it sees a
// file that exists for a moment, between two rotations, while the reader is held up
// by a slow consumer, and takes a descriptor of it, which stays until it is read.
type census struct {
	layout layout
	log    *logOnce
	hold   func() bool // whether one more descriptor may be held
	quiet  bool        // what can't be looked at is said by others
	wake   chan struct{}

	mu      sync.Mutex
	look    int // number of the present one; 0: the first, before which nothing is new
	round   int // of all looks
	streams map[string]*stream
	order   []*stream
	byKey   map[source.Key]*member
	byPath  map[string]*member
	queue   []*stream
	events  eventNames
	held    int // descriptors
}

func newCensus(l layout, log *logOnce) *census {
	return &census{
		layout: l, log: log, wake: make(chan struct{}, 1),
		hold:    func() bool { return false },
		streams: map[string]*stream{}, byKey: map[source.Key]*member{},
		byPath: map[string]*member{}, events: newEventNames(),
	}
}

// all looks at everything.
func (c *census) all() {
	found, errs := c.layout.named()
	for _, err := range errs {
		c.log.say(err.Error(), err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range c.layout.waited() {
		c.stream(name)
	}
	c.round++
	before := map[*stream]source.Key{}
	for _, s := range c.order {
		before[s], s.base = s.base, source.Key{}
	}
	for _, f := range found {
		c.see(c.stream(f.stream), f)
	}
	for _, s := range c.order {
		replaced := before[s] != s.base && (before[s] != (source.Key{}) || c.look > 0)
		s.unsure = s.unsure || replaced
		s.round = c.round
	}
	c.settle(c.order...)
	for _, s := range c.order {
		c.vanish(s)
	}
	c.look++
}

// maxRounds is how often directories are looked through in one look, at most.
const maxRounds = 8

// settle looks at those of streams again of which the present look may have seen one
// half before a rotation, and the other after it, until there is nothing new in them.
// The reader knows nothing of them meanwhile: else it would begin with what is newer.
func (c *census) settle(streams ...*stream) {
	for range maxRounds {
		var unsure []*stream
		var names []string
		for _, s := range streams {
			if c.unseen(s) || s.unsure {
				unsure, names = append(unsure, s), append(names, s.name)
			}
		}
		if len(names) == 0 {
			return
		}
		c.round++
		for _, s := range unsure {
			s.unsure, s.round, s.base = false, c.round, source.Key{}
		}
		c.siblings(c.layout.again(names...))
	}
}

// stream returns the stream of this name.
func (c *census) stream(name string) *stream {
	s := c.streams[name]
	if s == nil {
		s = &stream{name: name, members: map[source.Key]*member{}, changed: true}
		c.streams[name] = s
		c.order = append(c.order, s)
		c.enqueue(s)
	}
	return s
}

// unseen reports whether a member of s was not found in the last round, and does not
// have the name that it had.
func (c *census) unseen(s *stream) (lost bool) {
	for _, m := range s.members {
		if m.round != s.round && !m.gone && !c.still(s, m) {
			lost = true
		}
	}
	return lost
}

// still looks at m under its name.
func (c *census) still(s *stream, m *member) bool {
	st, err := source.Stat(m.path)
	if err != nil || st.Key != m.st.Key {
		return false
	}
	c.see(s, m.finding)
	return true
}

// vanish notes which members of s have none of their names any more.
func (c *census) vanish(s *stream) {
	for _, m := range s.members {
		if m.round == s.round || m.gone {
			continue
		}
		m.gone, m.fresh, m.since = true, true, time.Now()
		if m.fd >= 0 {
			if st, err := source.StatFd(m.fd); err == nil { // as it was left
				m.st.Size, m.st.Mtime = st.Size, st.Mtime
			}
		}
		if c.byPath[m.path] == m {
			delete(c.byPath, m.path)
		}
		s.changed = true
		c.enqueue(s)
	}
}

// list looks at what may be rotations of s. before says that what is found was there
// before there were looks to compare with.
func (c *census) list(s *stream, before bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if look := c.look; before {
		c.look = 0
		defer func() { c.look = look }()
	}
	c.round++
	s.round = c.round
	c.siblings(c.layout.rotations(s.name))
	s.listed = true
	c.settle(s)
}

// siblings looks at what may be rotations. What the first such look finds of a stream
// may have been there for long.
func (c *census) siblings(found []finding) {
	for _, f := range found {
		s := c.stream(f.stream)
		m := c.see(s, f)
		if m != nil && !s.listed && !m.named && !m.base {
			m.came = 0
		}
	}
	for _, f := range found {
		c.streams[f.stream].listed = true
	}
}

// see notes that f is there, as m; nil if it is not.
func (c *census) see(s *stream, f finding) *member {
	st, err := source.Stat(f.path)
	if err != nil {
		if !c.quiet && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			c.log.say(f.path, &os.PathError{Op: "stat", Path: f.path, Err: err})
		}
		s.unsure = s.unsure || f.listed && !exists(f.path)
		return nil
	}
	m := c.byKey[st.Key]
	if m != nil && c.streams[m.stream] != s { // it belongs to another stream already
		if m.last == c.look {
			return nil
		}
		f.stream, f.base = m.stream, false
		s = c.streams[m.stream]
	}
	if m == nil {
		m = &member{sight: sight{finding: f, seen: c.look, came: c.look, at: time.Now()}, fd: -1}
		m.st, m.born = st, st.Key.Born
		c.byKey[st.Key] = m
		s.members[st.Key] = m
		m.untaken = c.look > 0
		s.unsure = s.unsure || c.look > 0
		s.changed = true
	}
	if m.untaken { // again if the name was another's by the time that it was opened
		m.untaken = !c.take(f.path, m)
	}
	switch {
	case f.base:
		s.base, m.inUse = st.Key, c.round
	case m.aside == 0:
		m.aside = c.round
	}
	shrunk := st.Size < m.st.Size
	if shrunk {
		m.peak, m.top, s.unsure = max(m.peak, m.top), 0, true
		m.shrunk++
		m.came, m.born = c.look+1, time.Now().UnixNano() // another content, newer than a copy of it
	}
	m.top = max(m.top, st.Size)
	c.rename(s, m, f)
	s.changed = s.changed || m.st.Size == 0 && st.Size > 0
	if m.gone || shrunk || st.Size != m.st.Size || st.Mtime != m.st.Mtime {
		m.fresh = true
		c.enqueue(s)
	}
	m.st, m.gone, m.last, m.round = st, false, c.look, c.round
	return m
}

// exists reports whether there is such a name, whatever it leads to.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// rename notes the name of m.
func (c *census) rename(s *stream, m *member, f finding) {
	if m.path == f.path && m.base == f.base && m.named == f.named && c.byPath[f.path] == m {
		return
	}
	if c.byPath[m.path] == m {
		delete(c.byPath, m.path)
	}
	if m.path != f.path && m.last == c.look && c.look > 0 {
		st, err := source.Stat(m.path)
		s.unsure = s.unsure || err != nil || st.Key != m.st.Key // renamed under us
	}
	m.finding = f
	c.byPath[f.path] = m
	c.events.add(f.path)
	s.changed = true
	c.enqueue(s)
}

// take holds a descriptor of m, which has this path, so that it can be read whatever
// happens to its name. False: it was renamed meanwhile.
func (c *census) take(path string, m *member) bool {
	if !m.st.Regular() || !c.hold() {
		return true
	}
	fd, st, err := source.OpenFd(path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) // the reader will say so
	}
	if st.Key != m.st.Key {
		source.CloseFd(fd)
		return false
	}
	m.fd = fd
	c.held++
	return true
}

// give hands the descriptor that is held of m to the reader; -1 if there is none.
func (c *census) give(m *member) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	fd := m.fd
	if fd >= 0 {
		m.fd = -1
		c.held--
	}
	return fd
}

// holds returns the descriptor that is held of m; -1 if none is. Only the reader
// takes it away.
func (c *census) holds(m *member) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return m.fd
}

// renamed looks for m, which does not have its name any more, and returns the name
// that it has now.
func (c *census) renamed(m *member) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.siblings(c.layout.rotations(m.stream))
	return m.path
}

// streamOf returns the stream of m.
func (c *census) streamOf(m *member) *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streams[m.stream]
}

// anew makes m a file that came just now.
func (c *census) anew(m *member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m.seen, m.came, m.at = max(c.look, 1), max(c.look, 1), time.Now()
}

// replan makes the reader plan s anew.
func (c *census) replan(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.changed = true
}

// enqueue tells the reader of s.
func (c *census) enqueue(s *stream) {
	if !s.queued {
		s.queued = true
		c.queue = append(c.queue, s)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// again puts s into the queue once more.
func (c *census) again(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enqueue(s)
}

// next takes the first stream off the queue; nil if it is empty.
func (c *census) next() *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return nil
	}
	s := c.queue[0]
	c.queue = c.queue[1:]
	s.queued = false
	return s
}

// allStreams returns the streams, in the order in which they were found.
func (c *census) allStreams() []*stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order[:len(c.order):len(c.order)]
}

// remember looks at the files that positions of s are of, where they were last.
func (c *census) remember(s *stream, records []position.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, rec := range records {
		st, err := source.Stat(rec.Path)
		if err != nil || c.byKey[st.Key] != nil || st.Key != keyOf(rec) {
			continue
		}
		_, file := filepath.Split(rec.Path)
		c.see(s, finding{path: rec.Path, stream: s.name, name: rotation.Of(file)})
	}
}

func keyOf(rec position.Record) source.Key {
	return source.Key{Dev: rec.Dev, Ino: rec.Ino, Born: rec.Born}
}

// forget drops a member that has gone and is of no use any more.
func (c *census) forget(s *stream, m *member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !m.gone {
		return
	}
	if c.byKey[m.st.Key] == m {
		delete(c.byKey, m.st.Key)
	}
	delete(s.members, m.st.Key)
	if m.fd >= 0 {
		source.CloseFd(m.fd)
		m.fd = -1
		c.held--
	}
}

// close gives back all descriptors that are held.
func (c *census) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.byKey {
		if m.fd >= 0 {
			source.CloseFd(m.fd)
			m.fd = -1
		}
	}
	c.held = 0
}

// changed looks at what a watch has told of. It reports whether that was not enough:
// names came or went, so that all should be looked at.
func (c *census) changed(keys []string, all bool) (more bool) {
	if all {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		paths := c.events.paths(key)
		if len(paths) == 0 {
			more = more || c.layout.concerns(filepath.Base(key))
			continue
		}
		for _, path := range paths {
			more = !c.grown(path) || more
		}
	}
	return more
}

// grown looks at a file that has most likely grown. False: the name stands for
// another one, or for none.
func (c *census) grown(path string) bool {
	m := c.byPath[path]
	st, err := source.Stat(path)
	if err != nil || m == nil || st.Key != m.st.Key || st.Size < m.st.Size {
		return false
	}
	s := c.streams[m.stream]
	s.changed = s.changed || m.st.Size == 0 && st.Size > 0
	m.st, m.fresh = st, true
	c.enqueue(s)
	return true
}

// watchAll makes w watch all directories.
func (c *census) watchAll(w *watch.Watcher) (err error) {
	for _, dir := range c.layout.dirs() {
		err = errors.Join(err, c.events.watch(w, dir))
	}
	return err
}

// watchLinks makes w watch the directories that symbolic links lead to.
func (c *census) watchLinks(w *watch.Watcher) (err error) {
	for _, dir := range c.events.links() {
		err = errors.Join(err, c.events.watch(w, dir))
	}
	return err
}
