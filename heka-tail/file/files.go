package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"heka/heka-tail/internal/source"
)

// file is one that is known: it has a name that is followed, or had one.
type file struct {
	*source.File
	names int       // that stand for it
	quiet time.Time // without names: since when it has not grown
	turn  uint64    // when it was read last
}

// files are those that are known. Of them, at most budget are open at a time; the
// one that was read longest ago is closed for the next, and opened again by its
// name when it has grown.
type files struct {
	f       *follower
	buf     source.Buffer
	known   map[source.Key]*file
	orphans []*file // those without names, the oldest first
	open    int
	budget  int
	turn    uint64
}

// Descriptors: those that are left to others, and the most that are used.
const (
	reserved  = 40
	maxBudget = 16 << 10
)

func newFiles(f *follower) files {
	s := files{f: f, known: map[source.Key]*file{}, budget: f.tail.budget}
	if s.budget > 0 {
		return s
	}
	s.budget = maxBudget
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err == nil {
		n := int(min(l.Cur, 1<<20))
		s.budget = min(max(n/4, n-2*reserved, 4), maxBudget)
	}
	return s
}

// find returns the file that path names: a known one, or a new one at its start.
func (s *files) find(path string, start source.Start) (*file, error) {
	if err := s.makeRoom(); err != nil {
		return nil, err
	}
	nf, err := source.NewFile(s.f.sink, path, start)
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		if err := s.evict(); err != nil {
			return nil, err
		}
		nf, err = source.NewFile(s.f.sink, path, start)
	}
	if err != nil {
		return nil, err
	}
	if known := s.known[nf.Key]; known != nil {
		nf.Close()
		return known, nil
	}
	fl := &file{File: nf}
	s.known[nf.Key] = fl
	s.open++
	return fl, nil
}

// named notes that one more name stands for fl.
func (s *files) named(fl *file) {
	if fl.names++; fl.names == 1 {
		s.orphans = slices.DeleteFunc(s.orphans, func(o *file) bool { return o == fl })
	}
}

// unnamed notes that a name stands for fl no more. The last one gone, it is kept
// for a while, since its writer may go on.
func (s *files) unnamed(fl *file) error {
	if fl.names--; fl.names > 0 {
		return nil
	}
	if !fl.IsOpen() && !s.reopen(fl) {
		return s.drop(fl)
	}
	fl.quiet = time.Now()
	s.orphans = append(s.orphans, fl)
	if len(s.orphans) > s.budget/2 {
		return s.dropOldest()
	}
	return fl.Leave()
}

// read reads what is new in fl.
func (s *files) read(fl *file) (more bool, err error) {
	s.turn++
	fl.turn = s.turn
	if !fl.IsOpen() {
		if err := s.makeRoom(); err != nil || !s.reopen(fl) {
			return false, err
		}
	}
	st, err := fl.Status()
	var changed bool
	if err == nil {
		more, changed, err = fl.Read(&s.buf, st)
	}
	var pe *os.PathError
	if errors.As(err, &pe) {
		s.f.log().Error(err.Error())
		return false, nil
	}
	if changed {
		s.f.log().Info(fl.Path() + " was truncated; reading it from its start")
	}
	return more, err
}

// reopen opens fl again, by its name or whatever other its directory has for it.
func (s *files) reopen(fl *file) bool {
	st, err := fl.Open()
	if err == nil && st.Key == fl.Key {
		s.open++
		return true
	}
	fl.Close()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.f.log().Error(err.Error())
		return false
	}
	dir := filepath.Dir(fl.Path())
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if st, err := source.Stat(path); err != nil || st.Key != fl.Key {
			continue
		}
		if st, err := fl.OpenAs(path); err == nil && st.Key == fl.Key {
			s.open++
			return true
		}
		fl.Close()
	}
	return false
}

// makeRoom closes files until one more may be open.
func (s *files) makeRoom() error {
	for s.open >= s.budget {
		if err := s.evict(); err != nil {
			return err
		}
	}
	return nil
}

// evict closes the file with a name that was read longest ago, or gives up the one
// that lost its name longest ago.
func (s *files) evict() error {
	var old *file
	for _, fl := range s.known {
		if fl.names > 0 && fl.IsOpen() && (old == nil || fl.turn < old.turn) {
			old = fl
		}
	}
	if old == nil {
		if len(s.orphans) == 0 {
			s.open = 0
			return nil
		}
		return s.dropOldest()
	}
	s.close(old)
	return nil
}

func (s *files) close(fl *file) {
	if fl.IsOpen() {
		fl.Close()
		s.open--
	}
}

// readOrphans reads on in the files without names.
func (s *files) readOrphans() error {
	for _, fl := range s.orphans {
		st, err := fl.Status()
		if err == nil && !fl.Unread(st) {
			continue
		}
		fl.quiet = time.Now()
		for more := true; more; {
			if more, err = s.read(fl); err != nil {
				return err
			}
		}
	}
	return nil
}

// expire reads on in the files without names, and gives up those that have not
// grown for long; a deleted one sooner, since it takes up the disk.
func (s *files) expire(now time.Time) error {
	if err := s.readOrphans(); err != nil {
		return err
	}
	for _, fl := range slices.Clone(s.orphans) {
		wait := s.f.tail.pace.linger
		if st, err := fl.Status(); err != nil || st.Links == 0 {
			wait = s.f.tail.pace.deleted
		}
		if now.Sub(fl.quiet) < wait {
			continue
		}
		if err := s.drop(fl); err != nil {
			return err
		}
	}
	return nil
}

// dropOldest reads what is left in the file without a name that lost it first, and
// gives it up.
func (s *files) dropOldest() error {
	if err := s.readOrphans(); err != nil {
		return err
	}
	return s.drop(s.orphans[0])
}

// drop gives fl up. Its last line is written, whole or not.
func (s *files) drop(fl *file) error {
	s.orphans = slices.DeleteFunc(s.orphans, func(o *file) bool { return o == fl })
	if s.known[fl.Key] == fl {
		delete(s.known, fl.Key)
	}
	s.close(fl)
	return fl.Leave()
}

// leaveAll writes the last lines of all files, whole or not.
func (s *files) leaveAll() error {
	for _, fl := range s.known {
		if err := fl.Leave(); err != nil {
			return err
		}
	}
	return nil
}

// closeAll gives all descriptors back.
func (s *files) closeAll() {
	for _, fl := range s.known {
		fl.Close()
	}
}
