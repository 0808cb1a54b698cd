package position

import (
	"fmt"
	"io/fs"
	"os"
)

// Save writes the store if anything has changed since it was written, and returns
// once it is safe on disk; the first Save of a fresh store writes in any case. If it
// fails, what was saved before is still there, and the next Save tries again. It
// holds no lock that Put needs while it writes. Errors name the file and what
// the system said (ENOSPC, EROFS, EIO ...); *BusyError if somebody deleted the lock
// and another process has the store by now.
func (s *Store) Save() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	if s.lock == nil {
		return failed("write positions", s.path(currentName), os.ErrClosed)
	}
	return s.save()
}

// save is Save for one who holds saving.
func (s *Store) save() error {
	s.mu.Lock()
	changes := s.changes
	if changes != s.saved {
		s.snapshot = append(s.snapshot[:0], s.records...)
	}
	s.mu.Unlock()
	if changes == s.saved {
		return nil
	}
	if err := s.keepLock(); err != nil {
		return err
	}
	sortByID(s.snapshot)
	s.generation++
	data := s.enc.file(s.generation, s.snapshot)
	clear(s.snapshot)
	if len(data) > maxFile {
		err := fmt.Errorf("%d bytes are more than the limit of %d", len(data), maxFile)
		return failed("write positions", s.path(currentName), err)
	}
	if err := s.write(data); err != nil {
		return err
	}
	s.saved = changes
	s.mark()
	return nil
}

// mark has the lock say that a store was saved here.
func (s *Store) mark() {
	if !s.marked {
		s.marked = true
		writeLock(s.lock, true)
	}
}

// keepLock makes sure that the lock file is the one that we hold. If it was deleted,
// with the folder perhaps, it takes the lock anew, and makes sure that what we
// write counts as newer than what somebody else may have written meanwhile.
func (s *Store) keepLock() error {
	held, err := s.lock.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Stat(s.path(lockName)); err == nil && os.SameFile(held, there) {
			return nil
		}
	}
	s.log.Warn("lock of positions was removed: taking it anew", "path", s.path(lockName))
	if err := makeFolders(s.dir); err != nil {
		return failed("make folder of positions", s.dir, err)
	}
	lock, saved, err := takeLock(s.dir)
	if err != nil {
		return err
	}
	for _, name := range []string{currentName, oldName, newName} {
		c, err := s.readCopy(name)
		if err != nil {
			lock.Close()
			return err
		}
		s.generation = max(s.generation, c.generation)
	}
	s.lock.Close()
	s.lock, s.marked = lock, saved
	return nil
}
