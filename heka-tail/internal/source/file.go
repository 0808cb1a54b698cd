package source

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"heka/heka-tail/internal/packed"
	"heka/lib/position"
)

// Sizes: of a read; how much of a content a Read of a File takes at most before
// others have their turn; and how many bytes at its start and before the offset
// tell it from another.
const (
	readSize = 256 << 10
	turnSize = 4 << 20
	onceSize = 3 * readSize
	headSize = 1024
	tailSize = 500
)

// ErrChanged says that a file does not have the content any more that was read: it
// was truncated or written over.
var ErrChanged = errors.New("the content is another one")

// File is one content that is read by offset, and where it was found last. It is for
// one goroutine.
//
// The life of a log. A content grows at its end. Its file is renamed while a process
// still writes to it; the File has it open and reads on. Its bytes are moved to
// another file: copied, before the first is truncated, or compressed; Move makes the
// File go on there. The file is truncated, and what is written next is another
// content, which stands at offset 0 again: in a size below the offset, or, when it
// has grown beyond it before we look, in other bytes before the offset or at the
// start than those we read. Read tells by ErrChanged, having read nothing of it.
type File struct {
	Key Key

	path   string
	sink   *Sink
	framer *Framer
	fd     int // -1 while closed
	form   form
	unsure bool     // that is to be found out again, when there is more
	dec    *decoder // of what is decoded, while open

	gen    uint32
	offset int64  // of the next byte to read
	rest   []byte // bytes before offset that are no whole line yet
	head   []byte // start of the content, as last seen
	tail   []byte // bytes before offset
	marks  marks
	size   int64 // of the file, when last read
	mtime  int64
	seen   int64 // the unfinished line behind the position was delivered up to here
	turn   int   // how much a Read takes
	ended  bool  // the last one came to the end
	holes  holes
	wanted *position.Sum // of the bytes before the offset, to be checked once they are decoded
}

// Start says where to start reading: at the last Lines lines, or behind the first. Of
// a file that is followed, the last 0 lines start where a line does that is not whole
// yet, so that it comes whole.
type Start struct {
	FromEnd bool
	Lines   int64
	Follow  bool
}

// Origin is an open file that a File is made of. The File takes FD over, also if
// making it fails.
type Origin struct {
	Name string // Logger of the messages
	Path string
	FD   int
	Stat Status
	Gen  uint32 // how often it was truncated before
}

// NewFile returns the File of a content that is read from where start says. Errors
// are of *os.PathError; ErrSpecial says that o is no regular file.
func NewFile(sink *Sink, o Origin, start Start) (*File, error) {
	s, err := newFile(sink, o, 0)
	if err != nil {
		return nil, err
	}
	at := int64(0)
	atEnd := start.FromEnd && !s.form.decoded()
	switch {
	case !atEnd:
	case start.Lines == 0 && !start.Follow:
		at = o.Stat.Size
	default:
		at, err = lastLines(s.fd, o.Stat.Size, start.Lines)
	}
	if err == nil {
		err = s.seek(at)
	}
	if err != nil {
		s.Close()
		return nil, s.failed("read", err)
	}
	s.framer = NewFramer(sink, o.Name, at)
	s.identify()
	switch {
	case atEnd:
		s.framer.begin(s.place(o.Stat), position.NewSum(s.tail))
	case start.FromEnd:
		s.framer.Last(start.Lines)
	default:
		s.framer.Skip(start.Lines)
	}
	return s, nil
}

// Resume returns the File of the content that rec is the position of, which o has
// now. ErrChanged says that o has another content.
func Resume(sink *Sink, o Origin, rec position.Record) (*File, error) {
	s, err := newFile(sink, o, rec.Offset)
	if err != nil {
		return nil, err
	}
	s.gen, s.seen = rec.Gen, rec.Seen
	if err = s.has(rec.Head); err == nil {
		err = s.goTo(rec.Offset, rec.Tail, o.Stat)
	}
	if err != nil {
		s.Close()
		return nil, s.failed("read", err)
	}
	s.framer = NewFramer(sink, o.Name, rec.Offset)
	if rec.Offset == 0 && rec.Seen == 0 { // its first line may have been cut short
		s.framer.resume(s.place(o.Stat), rec)
		s.identify()
		return s, nil
	}
	s.framer.Identify(Identity(rec.ID), true)
	s.framer.resume(s.place(o.Stat), rec)
	return s, nil
}

// Begin returns the position of the content of o, which stays the caller's, before
// anything of it was read; false if that can't be told, or if it is compressed.
func Begin(o Origin) (position.Record, bool) {
	s := &File{Key: o.Stat.Key, path: o.Path, fd: o.FD, gen: o.Gen}
	if !o.Stat.Regular() || s.readForm() != nil || s.Packed() {
		return position.Record{}, false
	}
	rec := position.Record{
		Stream: o.Name, ID: uint64(NewIdentity(s.Key, s.gen, s.head)), Head: position.NewSum(s.head), Tail: position.NewSum(nil),
		Time: time.Now().UnixNano(),
	}
	p := s.place(o.Stat)
	p.set(&rec)
	return rec, true
}

// ErrSpecial says that a file is no regular one, so that it has no offsets.
var ErrSpecial = errors.New("no regular file")

// newFile returns the File of o, of which so much was read before.
func newFile(sink *Sink, o Origin, read int64) (*File, error) {
	s := &File{Key: o.Stat.Key, path: o.Path, sink: sink, fd: o.FD, gen: o.Gen, offset: read, size: -1, turn: onceSize}
	err := ErrSpecial
	switch {
	case o.Stat.Dir():
		err = s.failed("read", unix.EISDIR)
	case o.Stat.Regular():
		err = s.failed("read", s.readForm())
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// readForm finds out how the content is stored and how it starts.
func (s *File) readForm() (err error) {
	var sure bool
	if s.form, sure, err = detect(s.fd); err != nil {
		return err
	}
	s.unsure = !sure
	if s.holes.empty = nil; !s.form.decoded() {
		s.holes.empty = func(offset int64) int64 { return emptyAt(s.fd, offset) }
	}
	head, err := headOf(s.fd, s.form, headSize)
	s.setHead(head)
	if s.form.decoded() {
		err = nil // Read meets it again, behind what can be read
	}
	return err
}

// has reports by ErrChanged that the content does not start as head says.
func (s *File) has(head position.Sum) error {
	n := int(head.Len)
	if n > len(s.head) || n > 0 && position.NewSum(s.head[:n]) != head {
		return ErrChanged
	}
	return nil
}

// goTo makes offset that of the next byte, if the bytes before it are as tail says.
func (s *File) goTo(offset int64, tail position.Sum, st Status) error {
	if s.form.decoded() {
		s.offset, s.wanted = offset, &tail
		return nil
	}
	if st.Size < offset {
		return ErrChanged
	}
	if err := s.seek(offset); err != nil {
		return err
	}
	if n := int(tail.Len); n > len(s.tail) || n > 0 && position.NewSum(s.tail[len(s.tail)-n:]) != tail {
		return ErrChanged
	}
	return nil
}

// seek makes offset that of the next byte of content that is not decoded.
func (s *File) seek(offset int64) error {
	s.offset = offset
	if s.form.decoded() {
		return nil
	}
	var b [tailSize]byte
	from := max(0, offset-tailSize)
	n, err := pread(s.fd, b[:offset-from], from)
	s.tail = append(s.tail[:0], b[:n]...)
	if err == nil && n < int(offset-from) {
		err = ErrChanged
	}
	return err
}

// Move makes s go on in another file that has the same content, which Recognises
// has found. s takes o.FD over.
func (s *File) Move(o Origin) error {
	s.Close()
	tail := position.NewSum(s.tail)
	s.Key, s.path, s.fd, s.size = o.Stat.Key, o.Path, o.FD, -1
	if err := s.readForm(); err != nil {
		return s.failed("read", err)
	}
	if s.form.decoded() {
		s.wanted = &tail
	}
	s.framer.move(s.place(o.Stat))
	return nil
}

// Open opens the file by its name, if it is closed, and returns its status. The
// caller compares the Key: by now the name may stand for another.
func (s *File) Open() (Status, error) { return s.OpenAs(s.path) }

// OpenAs is Open by another name than the file was found under.
func (s *File) OpenAs(path string) (st Status, err error) {
	if s.fd < 0 {
		s.fd, st, err = OpenFd(path)
		return st, err
	}
	return s.Status()
}

// Take gives s the descriptor fd of its file, if it has none.
func (s *File) Take(fd int) {
	if s.fd >= 0 {
		CloseFd(fd)
		return
	}
	s.fd = fd
}

// Close gives the descriptor back. The File stays at its place.
func (s *File) Close() {
	if s.dec != nil {
		s.dec.close()
		if s.wanted == nil {
			tail := position.NewSum(s.tail)
			s.wanted = &tail
		}
		s.dec = nil
	}
	if s.fd >= 0 {
		CloseFd(s.fd)
		s.fd = -1
	}
}

// IsOpen reports whether s holds a descriptor.
func (s *File) IsOpen() bool { return s.fd >= 0 }

// Status returns the status of the open file.
func (s *File) Status() (Status, error) {
	st, err := fstat(s.fd)
	st.Key = s.Key
	return st, s.failed("stat", err)
}

// Path returns the name that s was found under last.
func (s *File) Path() string { return s.path }

// Rename notes that the file has another name now.
func (s *File) Rename(path string) {
	if s.path != path {
		s.path = path
		s.framer.rename(path)
	}
}

// Gen returns how often the file was truncated before this content.
func (s *File) Gen() uint32 { return s.gen }

// Packed reports whether the content is compressed.
func (s *File) Packed() bool { return s.form.format != packed.Plain }

// Offset returns how far the content was read.
func (s *File) Offset() int64 { return s.offset }

// Missing returns how many bytes a file of this status has behind what was read;
// 0 if that can't be told.
func (s *File) Missing(size int64) int64 {
	if s.form.decoded() {
		return 0
	}
	return max(0, size-s.offset)
}

// Look notes how the content of the open file starts, if nothing was read of it yet, so
// that Read says ErrChanged if it is another by then. It reports whether there is any.
func (s *File) Look() (bool, error) {
	var b [1]byte
	n, err := pread(s.fd, b[:], 0)
	if n > 0 && s.offset == 0 {
		err = s.readForm()
	}
	return n > 0, s.failed("read", err)
}

// Start returns the sum of the first bytes of the content, as far as they are known.
func (s *File) Start() position.Sum { return position.NewSum(s.head) }

// Size returns how large the file was when it was read last; -1 if it was not.
func (s *File) Size() int64 { return s.size }

// AtEnd reports whether the last Read came to the end of what was there.
func (s *File) AtEnd() bool { return s.ended }

// Unread reports whether a file of this status has something that s did not see.
func (s *File) Unread(st Status) bool {
	return st.Size != s.size || st.Mtime != s.mtime || s.holes.open
}

// Follow says that the file may grow. Places in it that are not written yet are left
// for so long.
func (s *File) Follow(live bool, wait time.Duration) {
	if !live {
		return
	}
	if s.turn = turnSize; !s.form.decoded() {
		s.holes.wait = wait
	}
}

// FlushLast delivers the last lines that NewFile was asked for, if they had to be held
// back for that. What is read behind them comes at once.
func (s *File) FlushLast() error { return s.framer.FlushLast() }

// Detach is Close, but returns the descriptor, which is the caller's then.
func (s *File) Detach() int {
	fd := s.fd
	s.fd = -1
	s.Close()
	return fd
}

// Forget drops the position: nothing has the content any more.
func (s *File) Forget() {
	s.framer.ticket.forget()
	s.Done()
}

// Done says that s is not used any more. Its position stays.
func (s *File) Done() { s.sink.done(s.framer.ticket) }

// Settle makes the position that of all of another file, which has what was read, or
// less. The file of s has another content.
func (s *File) Settle(o Origin) {
	f, _, _ := detect(o.FD)
	s.framer.ticket.settle(place{
		path: o.Path, st: o.Stat, gen: s.gen, packed: f.format != packed.Plain, head: s.head,
	})
}

// Raw returns how many bytes of the file were read; those of the content if it is
// stored as it is.
func (s *File) Raw() int64 {
	if s.dec != nil {
		return s.dec.raw.at
	}
	return s.offset
}

// Final says that nothing is waited for any more: what is there is all there is. It
// reports whether that makes more to Read.
func (s *File) Final() bool {
	if s.holes.wait == 0 || !s.holes.open {
		return false
	}
	s.holes.wait = 0
	return true
}

// Partial reports whether the start of a line is held whose end is not there.
func (s *File) Partial() bool {
	return len(s.rest) > 0 && s.offset != s.seen || s.framer.Held()
}

// Waits reports whether s is to be looked at soon, whether it grows or not.
func (s *File) Waits() bool { return s.Partial() || s.holes.open || s.Gathering() }

// Drop gives back what was not written.
func (s *File) Drop() { s.framer.Drop() }

// Gathering reports whether lines are held that may be a whole record, if nothing
// follows that belongs to it; Expire delivers them then.
func (s *File) Gathering() bool { return s.framer.Waiting(s.rest) }

// Expire delivers what Gathering tells of.
func (s *File) Expire() error {
	rest, err := s.framer.Expire(s.rest)
	s.rest = s.rest[:copy(s.rest, rest)]
	return err
}

// Read reads the open file, which has status st, to its end and writes batches of
// its lines; what stands behind the last newline is kept. more says that it
// stopped short of the end, for the sake of others. ErrChanged says that the content
// is another one, of which nothing was read.
func (s *File) Read(buf *Buffer, st Status) (more bool, err error) {
	if s.unsure && s.offset == 0 && st.Size > 0 {
		if err := s.readForm(); err != nil {
			return false, s.failed("read", err)
		}
		if s.unsure && s.holes.wait > 0 { // one byte, say, of a mark of UTF-16
			s.size, s.mtime, s.ended = st.Size, st.Mtime, true
			return false, nil
		}
	}
	if err := s.same(buf, st); err != nil {
		return false, s.failed("read", err)
	}
	s.holes.open, s.ended = false, false
	for n := 0; n < s.turn; n += readSize {
		b, front, short, err := s.fill(buf)
		if err != nil {
			s.framer.text = nil // it was read over
			if ferr := s.flush(st); ferr != nil {
				return false, ferr
			}
			return false, s.failed("read", err)
		}
		if err := s.feed(b, front, short); err != nil {
			return false, err
		}
		if short || s.holes.open {
			s.size, s.mtime, s.ended = st.Size, st.Mtime, true
			err := s.flush(st)
			if err == nil {
				s.whole()
			}
			return false, err
		}
	}
	return true, s.flush(st)
}

func (s *File) flush(st Status) error {
	err := s.framer.Flush()
	s.framer.here(s.place(st))
	s.marks.add(s.framer.mark())
	return err
}

// fill reads the next bytes behind those that are held or were read before, which
// take up b[:front]. short says that there were fewer than asked for.
func (s *File) fill(buf *Buffer) (b []byte, front int, short bool, err error) {
	if s.form.decoded() {
		if err := s.decode(buf); err != nil {
			return nil, 0, true, err
		}
	}
	k := len(s.tail)
	front = max(k, len(s.rest))
	b = buf.grown(front, readSize)
	n := 0
	if s.form.decoded() {
		copy(b[front-k:], s.tail)
		if n, err = s.dec.read(b[front:]); err == io.EOF || n > 0 {
			short, err = err == io.EOF, nil // another error comes again
		}
		copy(b[front-len(s.rest):front], s.rest)
		return b[:front+n], front, short, err
	}
	if n, err = pread(s.fd, b[front-k:], s.offset-int64(k)); err == nil {
		if n < k || !bytes.Equal(b[front-k:front], s.tail) {
			return nil, 0, true, ErrChanged
		}
		n -= k
	}
	copy(b[front-len(s.rest):front], s.rest)
	return b[:front+n], front, n < readSize, err
}

// decode makes the decoder give the byte at the offset next.
func (s *File) decode(buf *Buffer) error {
	if s.dec == nil {
		s.dec = newDecoder(s.fd, s.form.format, s.form.encoding)
	}
	if s.dec.offset == s.offset {
		return nil
	}
	b := buf.grown(tailSize, readSize)
	k := 0
	for s.dec.offset < s.offset {
		n, err := s.dec.read(b[k:min(int64(len(b)), int64(k)+s.offset-s.dec.offset)])
		if n == 0 {
			if err == io.EOF {
				err = ErrChanged
			}
			return err
		}
		k = copy(b, b[max(0, k+n-tailSize):k+n])
	}
	s.tail = append(s.tail[:0], b[:k]...)
	w := s.wanted
	if s.wanted = nil; w == nil {
		return nil
	}
	if n := int(w.Len); n > k || n > 0 && position.NewSum(b[k-n:k]) != *w {
		return ErrChanged
	}
	return nil
}

// feed frames b, of which b[:front] was read before; last says that nothing is behind
// it. What is not written yet is left to be read again.
func (s *File) feed(b []byte, front int, last bool) error {
	for front < len(b) && !s.holes.open {
		n, skip := s.holes.cut(b[front:], s.offset, len(s.rest) == 0, last)
		if lost := s.holes.ended(); lost > 0 {
			if err := s.hole(s.offset-lost, lost); err != nil {
				return err
			}
		}
		end := front + n
		if err := s.frame(b[:end], front); err != nil {
			return err
		}
		if s.holes.open {
			break
		}
		front = end + skip
		if skip > 0 {
			s.advance(b[:front], skip)
			s.framer.SeekTo(s.offset)
		}
	}
	return nil
}

// hole tells of bytes before the offset that nobody wrote, behind the lines before it.
func (s *File) hole(at, bytes int64) error {
	if err := s.framer.Flush(); err != nil {
		return err
	}
	return s.sink.Lost(s.path, at, bytes, "a hole in the file: never written")
}

// advance moves the offset by the last n bytes of b.
func (s *File) advance(b []byte, n int) {
	s.offset += int64(n)
	s.tail = append(s.tail[:0], b[max(0, len(b)-tailSize):]...)
}

// frame makes records of b, of which b[:front] was read before, and of what is held.
func (s *File) frame(b []byte, front int) error {
	if len(b) == front {
		return nil
	}
	held := len(s.rest)
	s.advance(b, len(b)-front)
	s.identify() // by what is read, before there is a record of it
	s.framer.head = s.head
	rest, err := s.framer.Feed(b, front-held, s.offset)
	if n := s.holes.unwritten(rest); n > 0 {
		b, rest = b[:len(b)-n], rest[:len(rest)-n]
		s.advance(b, 0)
		s.offset -= int64(n)
		s.holes.open = true
	}
	s.rest = append(s.rest[:0], rest...)
	if len(rest) == 0 && cap(s.rest) > readSize {
		s.rest = nil
	}
	return err
}

// identify gives the framer the identity, until the first line is whole.
func (s *File) identify() {
	if s.framer.final {
		return
	}
	if !s.form.decoded() && len(s.head) < headSize {
		var b [headSize]byte
		if n, err := pread(s.fd, b[:], 0); err == nil {
			s.setHead(b[:n])
		}
	}
	_, whole := firstLine(s.head)
	s.framer.Identify(NewIdentity(s.Key, s.gen, s.head), whole)
}

// Leave gives up the last line, whose end never came: it is written, marked as
// partial unless ended says that no end was to come. Reading may go on behind it.
func (s *File) Leave(ended bool) error {
	if !s.Partial() {
		return s.Expire()
	}
	err := s.framer.Finish(s.rest, !ended)
	s.rest = s.rest[:0]
	s.whole()
	return err
}

// Keep is Leave for a run that ends while the position is kept: the unfinished line
// is written, and the position stays before it, so that the line comes whole when its
// end is there. If nothing is added to it, it does not come again.
func (s *File) Keep() error {
	if !s.Partial() {
		return s.Expire()
	}
	err := s.framer.FinishSeen(s.rest)
	s.rest = s.rest[:0]
	s.whole()
	return err
}

// same reports by ErrChanged that a file of status st does not have the content that
// was read, as far as its size and its start tell.
func (s *File) same(buf *Buffer, st Status) error {
	if s.form.decoded() {
		if !s.Packed() && st.Size < s.size {
			return ErrChanged
		}
		return nil
	}
	if st.Size < s.offset {
		return ErrChanged
	}
	if s.offset == 0 && len(s.head) == 0 {
		return nil
	}
	b := buf.grown(0, headSize)
	n, err := pread(s.fd, b, 0)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(b[:n], s.head) {
		return ErrChanged
	}
	if n > len(s.head) {
		s.setHead(b[:n])
	}
	return nil
}

// setHead notes how the content starts. NULs that were not read yet may still be
// written over.
func (s *File) setHead(b []byte) {
	if read := min(s.offset, int64(len(b))); !s.form.decoded() {
		if i := bytes.IndexByte(b[read:], 0); i >= 0 {
			b = b[:int(read)+i]
		}
	}
	s.head = append(s.head[:0], b...)
}

// whole says of what is compressed that all of it was read.
func (s *File) whole() {
	if s.ended && len(s.rest) == 0 && s.Packed() {
		s.framer.ticket.ended(s.size)
	}
}

// place is where the content is.
func (s *File) place(st Status) place {
	return place{
		path: s.path, st: st, gen: s.gen, packed: s.Packed(), head: s.head,
	}
}

// failed names the file in err.
func (s *File) failed(op string, err error) error {
	if err == nil || err == ErrChanged {
		return err
	}
	var pe *os.PathError
	if errors.As(err, &pe) {
		return err
	}
	if s.form.format != packed.Plain {
		op = "unpack"
	}
	return &os.PathError{Op: op, Path: s.path, Err: err}
}
