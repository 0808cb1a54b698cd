package source

import (
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/position"
	"heka/lib/split"
	"heka/lib/stage"
)

// ErrLimit says that as many records were delivered as were asked for.
var ErrLimit = errors.New("the limit is reached")

// Sink is where the sources of one command put their batches, and where the
// acknowledgements of these come back.
type Sink struct {
	Env   *stage.Env
	Out   stage.Writer
	Spec  split.Spec
	Name  string          // Logger of all messages; empty: each source's own
	Store *position.Store // nil: no positions are kept

	mu   sync.Mutex // held while Out takes its time
	left int64      // of the limit; -1: there is none

	desk    sync.Mutex         // held for a moment only: acknowledgements must not wait for Out
	tickets map[uint32]*ticket // those of which something may be acknowledged yet
	number  uint32             // of the ticket that was given out last
}

// NewSink returns a Sink that writes to out. It gives env a Pool if it has none.
func NewSink(env *stage.Env, out stage.Writer) *Sink {
	if env.Pool == nil {
		env.Pool = stage.NewPool(8)
	}
	s := &Sink{Env: env, Out: out, left: -1}
	if env.Limit > 0 {
		s.left = env.Limit
	}
	return s
}

// Logger returns the Logger of the messages of a stream.
func (s *Sink) Logger(name string) string {
	if s.Name != "" {
		return s.Name
	}
	return name
}

// Write counts b and passes it on. It may be called by many goroutines.
func (s *Sink) Write(b *stage.Batch) error {
	s.Env.Stats.In.Add(int64(len(b.Off)))
	s.Env.Stats.InBytes.Add(int64(len(b.Buf)))
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Out.Write(b)
}

// cut takes the records of b from the limit, and leaves in b what that allows: if
// not all, to becomes the offset of the first that it does not. It reports whether
// the limit is reached.
func (s *Sink) cut(b *stage.Batch, to *int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left < 0 {
		return false
	}
	n := int64(len(b.Off))
	if n > s.left {
		var v msg.View
		b.View(int(s.left), &v)
		u := v.Uuid()
		*to = int64(binary.BigEndian.Uint64(u[8:]) & (1<<62 - 1))
		b.Off = b.Off[:s.left]
		n = s.left
	}
	s.left -= n
	return s.left == 0
}

// Lost tells that bytes of a source, from offset on, are known to be lost: in the
// log, in a heka.gap message, and as a gap in the stream.
func (s *Sink) Lost(path string, offset, bytes int64, reason string) error {
	e := s.Env
	e.Stats.Gaps.Add(1)
	e.Stats.GapBytes.Add(bytes)
	e.Logger().Error(path+": bytes are lost: "+reason, "offset", offset, "bytes", bytes)
	var m msg.Builder
	m.Reset()
	m.Timestamp = time.Now().UnixNano()
	m.Type, m.Logger = []byte("heka.gap"), []byte(s.Logger(path))
	m.Hostname = []byte(e.Hostname)
	m.Severity = 3
	m.Payload = []byte(reason)
	for _, f := range []struct {
		key msg.Key
		n   int64
	}{{keyOffset, offset}, {keyBytes, bytes}} {
		m.Key(f.key)
		m.Int(f.n)
	}
	m.Key(keyFile)
	m.String(path)
	c := stage.NewCollector(e, s)
	c.NewUuid(&m)
	if err := c.Add(&m); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	g := e.Pool.Gap(&frame.Gap{Source: path, Offset: offset, Bytes: bytes, Reason: reason})
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Out.Write(g)
}

var (
	keyOffset = msg.NewKey("offset")
	keyBytes  = msg.NewKey("bytes")
	keyFile   = msg.NewKey("file")
)

// ticket returns a new ticket.
func (s *Sink) ticket(stream string, offset int64) *ticket {
	t := &ticket{store: s.Store}
	t.rec.Stream, t.rec.Offset = stream, offset
	t.tracker.Start(offset)
	s.desk.Lock()
	defer s.desk.Unlock()
	s.number++
	if t.number = s.number; s.Store != nil {
		if s.tickets == nil {
			s.tickets = map[uint32]*ticket{}
		}
		s.tickets[t.number] = t
	}
	return t
}

// done forgets t, unless something of it is under way.
func (s *Sink) done(t *ticket) {
	t.mu.Lock()
	all := t.store == nil || t.tracker.At() == t.tracker.End()
	t.mu.Unlock()
	if all {
		s.desk.Lock()
		delete(s.tickets, t.number)
		s.desk.Unlock()
	}
}

// Acked takes an acknowledgement back. It may be called while others read.
func (s *Sink) Acked(r stage.Range) {
	s.desk.Lock()
	t := s.tickets[r.Source]
	s.desk.Unlock()
	if t != nil {
		t.acked(r)
	}
}

// Waiting returns how many contents there are of which something may be acknowledged.
func (s *Sink) Waiting() int {
	s.desk.Lock()
	defer s.desk.Unlock()
	return len(s.tickets)
}

// mark is by what a content is known again that was read up to at.
type mark struct {
	at   int64
	tail position.Sum
	head position.Sum
	seen bool // what goes up to at is an unfinished line
}

// place is where a content is.
type place struct {
	path   string
	st     Status
	gen    uint32
	packed bool
	head   []byte
}

// ticket is what stands between the reader of a content and its position in the
// store. Its methods may be called at once.
type ticket struct {
	number uint32
	store  *position.Store // nil: no positions are kept

	mu      sync.Mutex
	rec     position.Record
	tracker position.Tracker[mark]
	begun   bool // it is in the store

	packed bool  // of the file it is known only at the end how large it is
	end    int64 // what is compressed ends here
	size   int64 // of its file; 0: the end is not known
}

// sent notes what was written.
func (t *ticket) sent(from, to int64, m mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store == nil {
		return
	}
	t.tracker.Sent(from, to, m)
}

// acked moves the position.
func (t *ticket) acked(r stage.Range) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store == nil {
		return
	}
	at, m, moved := t.tracker.Acked(r.From, r.To)
	if !moved {
		return
	}
	if m.seen {
		t.rec.Seen = at
	} else {
		t.rec.Offset, t.rec.Tail, t.rec.Head, t.rec.Seen = at, m.tail, m.head, 0
	}
	t.rec.Time = time.Now().UnixNano()
	t.begun = true
	t.whole()
	t.store.Put(t.rec)
}

// whole notes the size of what is compressed when all of it came through: a record
// with it says that there is nothing more to read.
func (t *ticket) whole() {
	switch {
	case !t.packed:
	case t.size > 0 && t.tracker.At() >= t.end:
		t.rec.Size = t.size
	default:
		t.rec.Size = -1
	}
}

// ended says that all of what is compressed was sent; its file has this size.
func (t *ticket) ended(size int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store == nil || !t.packed {
		return
	}
	old := t.rec
	t.end, t.size = t.tracker.End(), size
	t.whole()
	t.put(old)
}

// update changes the record by f, also in the store, if it is there.
func (t *ticket) update(f func(*position.Record)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store == nil {
		return
	}
	old := t.rec
	f(&t.rec)
	t.put(old)
}

// put brings a record into the store that was old before.
func (t *ticket) put(old position.Record) {
	if t.rec == old || !t.begun {
		return
	}
	if old.ID != t.rec.ID && old.ID != 0 {
		t.store.Delete(old.ID)
	}
	t.store.Put(t.rec)
}

// forget drops the position for good.
func (t *ticket) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store == nil {
		return
	}
	t.store.Delete(t.rec.ID)
	t.begun, t.store = false, nil
}

// place notes where the content is.
func (t *ticket) place(p *place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store != nil {
		old := t.rec
		p.set(&t.rec)
		if t.packed = p.packed; t.packed {
			t.whole()
		}
		t.put(old)
	}
}

// settle makes the position that of all of the file at p.
func (t *ticket) settle(p place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store == nil {
		return
	}
	p.set(&t.rec)
	t.rec.Seen = 0
	if !p.packed {
		t.rec.Offset, t.rec.Tail = p.st.Size, position.Sum{}
	}
	if t.begun {
		t.store.Put(t.rec)
	}
	t.store = nil
}

func (t *ticket) identify(id Identity) {
	t.update(func(r *position.Record) { r.ID = uint64(id) })
}

// set notes where the content is.
func (p *place) set(r *position.Record) {
	r.Path, r.Gen, r.Packed = p.path, p.gen, p.packed
	r.Dev, r.Ino, r.Born = p.st.Key.Dev, p.st.Key.Ino, p.st.Key.Born
	r.Size, r.Mtime = p.st.Size, p.st.Mtime
}

// begin puts a position into the store that is the start of reading.
func (f *Framer) begin(p place, tail position.Sum) {
	f.sum.head = p.sum(f.from)
	head := f.sum.head
	f.ticket.mu.Lock()
	f.ticket.begun = true
	f.ticket.mu.Unlock()
	f.ticket.update(func(r *position.Record) {
		p.set(r)
		r.Head, r.Tail, r.Time = head, tail, time.Now().UnixNano()
	})
}

// resume takes the position up that was in the store.
func (f *Framer) resume(p place, rec position.Record) {
	f.sum.head = rec.Head
	if p.packed != rec.Packed || int(rec.Head.Len) < headSize {
		f.sum.head = p.sum(rec.Offset)
	}
	f.ticket.mu.Lock()
	stream := f.ticket.rec.Stream
	f.ticket.rec, f.ticket.begun = rec, true
	f.ticket.rec.Stream = stream
	f.ticket.mu.Unlock()
	f.move(p)
}

// move notes that the content is in another file, or was found where it was.
func (f *Framer) move(p place) { f.ticket.place(&p) }

func (f *Framer) rename(path string) {
	f.ticket.update(func(r *position.Record) { r.Path = path })
}

// here notes how the file was when it was read.
func (f *Framer) here(p place) {
	f.ticket.place(&p)
}

// sum returns what the start of the content is known again by, given that so many
// bytes of it were read.
func (p place) sum(read int64) position.Sum {
	return position.NewSum(p.head[:min(int64(len(p.head)), headSize, read)])
}

// Record returns the position of the content as far as it was read. Without a store
// it is all that is known; with one, what is there may be behind.
func (s *File) Record() position.Record {
	t := s.framer.ticket
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rec
}

// mark returns that of the batch written last.
func (f *Framer) mark() mark { return f.sum }
