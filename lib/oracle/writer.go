package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Writer appends lines to a file that is rotated. Its methods may be called by
// several goroutines at once: nothing comes between two lines of one Write.
type Writer struct {
	mu     sync.Mutex
	ledger *Ledger
	seed   uint64
	path   string
	cur    *stream
	late   *stream // goes on for a while in a file that was renamed
	left   int     // lines that late writes yet
	size   int64   // bytes written
	buf    []byte
	ends   []int
}

// lateLines is how many lines a late writer writes, one beside each Write.
const lateLines = 5

// stream is one source: what is written by one descriptor after another, in order.
type stream struct {
	src   uint32
	file  *os.File
	next  int64  // line to be made
	first int64  // line at which the content begins
	rest  []byte // what is to be written yet of a line that was begun: line next-1
}

// NewWriter returns a writer to path, which is made if it is not there, with a source
// of its own in l. A half line that another writer left there is ended first.
func NewWriter(l *Ledger, path string, seed uint64) (*Writer, error) {
	w := &Writer{ledger: l, seed: seed, path: path}
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err == nil && st.Size() > 0 {
		last := []byte{'\n'}
		f.ReadAt(last, st.Size()-1)
		if last[0] != '\n' {
			f.Write([]byte("\n"))
		}
	}
	w.cur = w.stream(f)
	return w, nil
}

func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
}

func (w *Writer) stream(f *os.File) *stream {
	return &stream{src: w.ledger.source(w.seed, filepath.Base(w.path)), file: f}
}

// Path returns the name of the file.
func (w *Writer) Path() string { return w.path }

// Size returns how many bytes of lines were written by Write.
func (w *Writer) Size() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size
}

// Src returns the number of the source that writes now.
func (w *Writer) Src() uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cur.src
}

// Write writes n whole lines by one write. After an error, which is that of the file,
// the next call goes on where it stopped; the lines that were not whole are not in the
// ledger before.
func (w *Writer) Write(n int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(n, 0)
}

// WriteBytes writes lines of at least size bytes in all.
func (w *Writer) WriteBytes(size int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(0, size)
}

func (w *Writer) write(n, size int) error {
	if w.late != nil && w.left > 0 {
		w.left--
		if err := w.lines(w.late, 1, 0); err != nil {
			return err
		}
	}
	return w.lines(w.cur, n, size)
}

// lines writes n lines, or lines of at least size bytes, behind what is due.
func (w *Writer) lines(s *stream, n, size int) error {
	if len(s.rest) > 0 {
		if err := w.finish(s); err != nil {
			return err
		}
	}
	buf, ends := w.buf[:0], w.ends[:0]
	for i := 0; i < n || len(buf) < size; i++ {
		buf = AppendLine(buf, w.seed, s.src, s.next+int64(i))
		ends = append(ends, len(buf))
	}
	w.buf, w.ends = buf, ends
	done, err := s.file.Write(buf)
	w.size += int64(done)
	whole, end := 0, 0
	for whole < len(ends) && ends[whole] <= done {
		end = ends[whole]
		whole++
	}
	w.ledger.wrote(s.src, s.next, s.next+int64(whole)-1)
	s.next += int64(whole)
	if err != nil && done > end {
		s.rest = append(s.rest[:0], buf[done:ends[whole]]...)
		s.next++
	}
	if err != nil {
		return fmt.Errorf("write lines: %w", err)
	}
	return nil
}

// Half writes the first half of a line. The next Write writes the rest of it first.
func (w *Writer) Half() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.half(w.cur)
}

// Rest writes the rest of a line that Half began.
func (w *Writer) Rest() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.finish(w.cur)
}

func (w *Writer) half(s *stream) error {
	if len(s.rest) > 0 {
		return nil
	}
	line := AppendLine(nil, w.seed, s.src, s.next)
	n, err := s.file.Write(line[:len(line)/2])
	if n > 0 {
		s.rest = line[n:]
		s.next++
	}
	return err
}

// finish writes the rest of the line that was begun, if one was.
func (w *Writer) finish(s *stream) error {
	n, err := s.file.Write(s.rest)
	s.rest = s.rest[n:]
	if err != nil {
		return fmt.Errorf("write the rest of a line: %w", err)
	}
	if n > 0 {
		w.ledger.wrote(s.src, s.next-1, s.next-1)
	}
	return nil
}

// abandon gives up the line that was begun: its rest will not be written.
func (w *Writer) abandon(s *stream) {
	if len(s.rest) > 0 {
		w.ledger.append("half %d %d", s.src, s.next-1)
		s.rest = nil
	}
}

// reopen goes on in another file, now at path; what of a line was begun stays behind.
func (w *Writer) reopen() error {
	f, err := open(w.path)
	if err != nil {
		return err
	}
	w.abandon(w.cur)
	w.cur.file.Close()
	w.cur.file, w.cur.first = f, w.cur.next
	return nil
}

// split leaves the source where it is, as a late writer, and begins a new one in the
// file that is now at path.
func (w *Writer) split() error {
	w.endLate()
	f, err := open(w.path)
	if err != nil {
		return err
	}
	w.late, w.left = w.cur, lateLines
	w.cur = w.stream(f)
	return nil
}

// endLate ends the late writer, if there is one.
func (w *Writer) endLate() error {
	if w.late == nil {
		return nil
	}
	err := w.lines(w.late, w.left, 0)
	w.end(w.late)
	w.late, w.left = nil, 0
	return err
}

func (w *Writer) end(s *stream) {
	w.abandon(s)
	s.file.Close()
	w.ledger.append("end %d", s.src)
}

// lose says that what stands in the file may be lost.
func (w *Writer) lose() {
	w.abandon(w.cur)
	w.ledger.lost(w.cur.src, w.cur.first, w.cur.next-1)
	w.cur.first = w.cur.next
}

// Close writes what is begun and ends the source.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.endLate()
	if len(w.cur.rest) > 0 {
		err = w.finish(w.cur)
	}
	w.end(w.cur)
	return err
}
