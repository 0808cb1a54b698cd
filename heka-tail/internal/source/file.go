package source

import (
	"bytes"
	"os"

	"golang.org/x/sys/unix"
)

// Sizes of reads: of one, how much of it a Read of a File takes at most before
// other files have their turn, and how many bytes before the offset are kept to
// tell that the content has changed.
const (
	readSize = 256 << 10
	turnSize = 4 << 20
	tailSize = 64
)

// File is a regular file that is followed: one generation of content after
// another, read by offset. It is for one goroutine.
//
// The life of a log file. It grows. It is renamed, while a process still writes
// to it; the File has it open and reads on. It is truncated, and what is written
// next stands at offset 0 again: in a size below the offset, or, when it has
// grown beyond it before we look, in other bytes before the offset or at the
// start than those we read. Then what is there is new from its first byte on.
type File struct {
	Key Key

	path   string
	sink   *Sink
	framer *Framer
	fd     int // -1 while closed

	offset int64  // of the next byte to read
	rest   []byte // bytes before offset that are no whole line yet
	head   []byte // start of the content, as last seen
	tail   []byte // bytes before offset
	size   int64  // when last read
	mtime  int64
	final  bool // the identity is what it will remain
}

// Start says where to start reading: at the last Lines lines, or behind the first.
type Start struct {
	FromEnd bool
	Lines   int64
}

// NewFile opens path and returns the File at its start. ErrPacked says that it is
// compressed, ErrSpecial that it is no regular file.
func NewFile(sink *Sink, path string, start Start) (*File, error) {
	s := &File{path: path, sink: sink, fd: -1}
	st, err := s.Open()
	if err != nil {
		return nil, err
	}
	if err := s.start(st, start); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *File) start(st Status, start Start) error {
	if st.Dir() {
		return s.failed("read", unix.EISDIR)
	}
	if !st.Regular() {
		return ErrSpecial
	}
	s.Key = st.Key
	if err := s.readHead(); err != nil {
		return s.failed("read", err)
	}
	if packing(s.head) != plain {
		return ErrPacked
	}
	if start.FromEnd {
		at, err := lastLines(s.fd, st.Size, start.Lines)
		if err != nil {
			return s.failed("read", err)
		}
		var b [tailSize]byte
		from := max(0, at-tailSize)
		n, err := pread(s.fd, b[:at-from], from)
		if err != nil {
			return s.failed("read", err)
		}
		s.offset, s.tail = from+int64(n), append(s.tail, b[:n]...)
	}
	s.framer = NewFramer(s.sink, s.path, s.offset)
	if !start.FromEnd {
		s.framer.Skip(start.Lines)
	}
	return nil
}

// Open opens the file by its name, if it is closed, and returns its status. The
// caller compares the Key: by now the name may stand for another.
func (s *File) Open() (Status, error) { return s.OpenAs(s.path) }

// OpenAs is Open by another name than the file was found under.
func (s *File) OpenAs(path string) (st Status, err error) {
	if s.fd < 0 {
		if s.fd, err = openFd(path); err != nil {
			return st, err
		}
	}
	st, err = statFd(uintptr(s.fd))
	return st, s.failed("stat", err)
}

// Close gives the descriptor back. The File stays at its place.
func (s *File) Close() {
	if s.fd >= 0 {
		unix.Close(s.fd)
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

// Path returns the name that s was found under.
func (s *File) Path() string { return s.path }

// Unread reports whether a file of this status has something that s did not see.
func (s *File) Unread(st Status) bool {
	return st.Size != s.offset || st.Size != s.size || st.Mtime != s.mtime
}

// Partial reports whether the start of a line is held whose end is not there.
func (s *File) Partial() bool { return len(s.rest) > 0 || s.framer.Held() }

// Read reads the open file, which has status st, to its end and writes batches of
// its lines; what stands behind the last newline is kept. more says that it
// stopped short of the end, for the sake of others. changed says that the content
// was found to be another one, which is read from its start.
func (s *File) Read(buf *Buffer, st Status) (more, changed bool, err error) {
	same, err := s.sameHead(buf, st)
	if err != nil {
		return false, false, s.failed("read", err)
	}
	for n := 0; n < turnSize; {
		if !same {
			if changed {
				break // it is being written over; the next look will tell
			}
			changed = true
			if err := s.restart(); err != nil {
				return false, true, err
			}
		}
		var p []byte
		var short bool
		if p, short, same, err = s.fill(buf); err != nil {
			return false, changed, s.failed("read", err)
		}
		if !same {
			continue
		}
		n += readSize
		if err := s.feed(p); err != nil {
			return false, changed, err
		}
		if short {
			s.size, s.mtime = st.Size, st.Mtime
			return false, changed, s.framer.Flush()
		}
	}
	return true, changed, s.framer.Flush()
}

// fill reads the next bytes behind what is held of the last line. short says that
// there were fewer than asked for. The bytes before the offset are read along;
// same is false if they are not those that were read before.
func (s *File) fill(buf *Buffer) (p []byte, short, same bool, err error) {
	k := len(s.tail)
	front := max(k, len(s.rest))
	b := buf.grown(front, readSize)
	n, err := pread(s.fd, b[front-k:], s.offset-int64(k))
	if err != nil {
		return nil, false, false, err
	}
	if n < k || !bytes.Equal(b[front-k:front], s.tail) {
		return nil, false, false, nil
	}
	n -= k
	copy(b[front-len(s.rest):], s.rest)
	b = b[:front+n]
	s.offset += int64(n)
	s.tail = append(s.tail[:0], b[max(0, len(b)-tailSize):]...)
	return b[front-len(s.rest):], n < readSize, true, nil
}

// feed frames p, which starts with what was held.
func (s *File) feed(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if err := s.identify(); err != nil {
		return s.failed("read", err)
	}
	rest, err := s.framer.Feed(p)
	s.rest = append(s.rest[:0], rest...)
	if len(rest) == 0 && cap(s.rest) > readSize {
		s.rest = nil
	}
	return err
}

// identify gives the framer the identity, until the first line is whole.
func (s *File) identify() error {
	if s.final {
		return nil
	}
	if err := s.readHead(); err != nil {
		return err
	}
	s.framer.Identify(NewIdentity(s.Key, s.head))
	s.final = len(s.head) == headSize || bytes.IndexByte(s.head, '\n') >= 0
	return nil
}

// Leave gives up the last line, whose end never came: it is written and marked as
// partial. Reading may go on behind it.
func (s *File) Leave() error {
	if !s.Partial() {
		return nil
	}
	err := s.framer.Finish(s.rest, true)
	s.rest = s.rest[:0]
	return err
}

// restart starts with new content, from its first byte.
func (s *File) restart() error {
	if err := s.Leave(); err != nil {
		return err
	}
	s.offset, s.head, s.tail, s.final = 0, s.head[:0], s.tail[:0], false
	s.framer = NewFramer(s.sink, s.path, 0)
	return nil
}

// sameHead reports whether a file of status st still has the content that was
// read, as far as its size and its start tell.
func (s *File) sameHead(buf *Buffer, st Status) (bool, error) {
	if st.Size < s.offset {
		return false, nil
	}
	if s.offset == 0 {
		return true, nil
	}
	b := buf.grown(0, headSize)
	n, err := pread(s.fd, b, 0)
	if err != nil || !bytes.HasPrefix(b[:n], s.head) {
		return false, err
	}
	s.head = append(s.head[:0], b[:n]...)
	return true, nil
}

func (s *File) readHead() error {
	var b [headSize]byte
	n, err := pread(s.fd, b[:], 0)
	s.head = append(s.head[:0], b[:n]...)
	return err
}

// failed names the file in err.
func (s *File) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	return &os.PathError{Op: op, Path: s.path, Err: err}
}
